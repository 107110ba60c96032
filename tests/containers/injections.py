"""Does what ``fault_matrix`` lists to real runs, one after the other, and looks whether production is back."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from lab import machine
from tests.containers import engine_hosts, troubles
from tests.containers.fault_matrix import AWAY, Injection, Trouble
from tests.containers.gpu_box import TAG, VLLM, GpuBox
from tests.faults import holding
from tests.faults.holding import Hold
from tests.faults.matrix import Signal
from vllm_qualify.core.outcomes import EXIT_NOT_QUALIFIED

_RUN_SECONDS = 240.0
_LOOK_SECONDS = 0.02
_BETWEEN_SECONDS = 0.3
_SENT = {
    Signal.SIGINT: signal.SIGINT,
    Signal.SIGINT_TWICE: signal.SIGINT,
    Signal.SIGTERM: signal.SIGTERM,
    Signal.SIGHUP: signal.SIGHUP,
    Signal.SIGKILL: signal.SIGKILL,
}
_NOT_RESTORED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Injected:
    """What became of one injection.

    Attributes:
        injected: the run came to the step that was meant.
        exit_code: of the run; below zero, the signal that ended it.
        seconds: from its start until production was looked at.
        problems: what was not as it must be; empty when production was back.
    """

    injection: Injection
    injected: bool
    exit_code: int | None
    seconds: float
    problems: tuple[str, ...]

    def __str__(self) -> str:
        """One line for people."""
        outcome = f"NOT RESTORED: {'; '.join(self.problems)}" if self.problems else "restored"
        met = "" if self.injected else " (never came to it)"
        return f"{self.injection}{met}: exit {self.exit_code}, {self.seconds:.1f} s, {outcome}"


def do_all(chosen: Sequence[Injection], *, name: str, keep: Path = Path("reports/faults")) -> tuple[Injected, ...]:
    """Do injections, those of one engine after those of the other, with a line for each and one for all.

    Args:
        chosen: what to do.
        name: of the machines that are made for it.
        keep: gets what is known of each failure.
    """
    results: list[Injected] = []
    for program in sorted({one.program for one in chosen}):
        with contextlib.ExitStack() as stack:
            engine = engine_hosts.started(program, f"{name}-{program}", say=engine_hosts.say)
            stack.callback(machine.remove, engine.machine)
            box = prepared(engine)
            for injection in [one for one in chosen if one.program == program]:
                results.append(inject(box, injection, keep=keep))
                engine_hosts.say(f"[{len(results):>3}/{len(chosen)}] {results[-1]}")
    done = [one for one in results if one.injected]
    restored = sum(not one.problems for one in done)
    engine_hosts.say(f"injections {len(done)}, restored {restored}")
    return tuple(results)


def prepared(engine: engine_hosts.Engine) -> GpuBox:
    """Production on an engine, and one candidate that qualifies."""
    box = GpuBox(engine=engine, folder=engine.folder / "operator")
    box.configure({"container": VLLM})
    box.candidate(TAG)
    box.serve_production()
    return box


def inject(box: GpuBox, injection: Injection, *, keep: Path) -> Injected:
    """Do one injection; production is made anew if it is not as before."""
    began, before = time.monotonic(), box.snapshot()
    with tempfile.TemporaryDirectory(dir=box.folder, prefix="run-") as name:
        folder = Path(name)
        hold = Hold(folder / "hold")
        process = _started(box, folder, hold.at(injection.step.value))
        try:
            injected = _reached(process, hold)
            problems = list(_disturbed(box, injection, process, hold) if injected else _end(process))
        finally:
            _end_processes(process)
        problems += [*_wrong(box, before), *_blamed(process.returncode)]
        if problems:
            _keep(folder, keep / injection.slug, problems)
    if problems or injection.trouble is Trouble.PRODUCTION_REMOVED:
        _anew(box)
    return Injected(
        injection=injection,
        injected=injected,
        exit_code=process.returncode,
        seconds=time.monotonic() - began,
        problems=tuple(problems),
    )


def _blamed(exit_code: int | None) -> Iterator[str]:
    """The candidate is honest, so whatever else happens, it is not its image that fails."""
    if exit_code == EXIT_NOT_QUALIFIED:
        yield f"exit code {exit_code}: the image was blamed for what was done to it"
    if exit_code == pytest.ExitCode.INTERNAL_ERROR:
        yield f"exit code {exit_code}: the run ended in a traceback"


def _started(box: GpuBox, folder: Path, hold: str) -> subprocess.Popen[str]:
    (folder / "reports").mkdir()
    command = ("suites/test_deploy.py", "-k", "starts or health", "-p", "no:cacheprovider", "-p", holding.__name__)
    where = ("--target", "container", "--config", str(box.folder / "qualify.toml"), "--reports-dir")
    image = ("--image", f"vllm/vllm-openai:{TAG}")
    words = ("-m", "pytest", *command, *where, str(folder / "reports"), *image)
    return box.process(*words, output=folder / "output.txt", **holding.variable(hold))


def _reached(process: subprocess.Popen[str], hold: Hold) -> bool:
    """Whether the run comes to the step where it is held, before it ends."""
    deadline = time.monotonic() + _RUN_SECONDS
    while not hold.held:
        if process.poll() is not None or time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _disturbed(box: GpuBox, injection: Injection, process: subprocess.Popen[str], hold: Hold) -> Iterator[str]:
    """Let it happen, let the run go on, and see it out; gives what is wrong with how it ended."""
    if injection.trouble is Trouble.POWER_CUT:
        box.engine.reboot()
        process.wait()
        # The kernel of these machines goes on, so the run may seem to live in another place.
        yield from _restored(box, "--overwrite")
        return
    with troubles.happening(box, injection.trouble) as told:
        _send(box, process, injection.signal)
        hold.release()
        yield from _end(process)
    yield from told
    if injection.trouble is Trouble.PRODUCTION_REMOVED:
        yield from _mourned(box, process, injection)
    elif injection.signal is Signal.SIGKILL or process.returncode == _NOT_RESTORED:
        # Nobody but the operator can do more than a run that says so, once what kept it from it is over.
        yield from _restored(box)
    elif process.returncode is not None and process.returncode < 0:
        yield f"the run died of signal {-process.returncode}, expected an exit code"


def _send(box: GpuBox, process: subprocess.Popen[str], kind: Signal) -> None:
    with contextlib.suppress(psutil.Error):
        if kind is not Signal.NONE:
            box.inner(process).send_signal(_SENT[kind])
        if kind is Signal.SIGINT_TWICE:
            time.sleep(_BETWEEN_SECONDS)
            box.inner(process).send_signal(signal.SIGINT)


def _end(process: subprocess.Popen[str]) -> Iterator[str]:
    try:
        process.wait(_RUN_SECONDS)
    except subprocess.TimeoutExpired:
        yield f"the run did not end within {_RUN_SECONDS:.0f} s"


def _restored(box: GpuBox, *arguments: str) -> Iterator[str]:
    code, said = box.restore(*arguments)
    if code:
        yield f"restore ended with {code}: {said[-500:]}"


def _mourned(box: GpuBox, process: subprocess.Popen[str], injection: Injection) -> Iterator[str]:
    """Nobody brings back what was removed: the run says so, the operator makes it anew and closes the matter."""
    if injection.signal is Signal.SIGKILL:
        code, _ = box.restore()
    else:
        code = process.returncode
    if injection.step in AWAY and code != _NOT_RESTORED:
        yield f"production was removed, and the exit code is {code}"
    box.make_production()
    closed, said = box.restore("--keep")
    if closed:
        yield f"restore --keep ended with {closed}: {said[-500:]}"


def _wrong(box: GpuBox, before: dict[str, object]) -> Iterator[str]:
    """What of production is not as before; ids of a production that somebody removed are new."""
    with contextlib.suppress(AssertionError):
        box.await_production()
    if not box.production_answers():
        yield "production does not answer"
    try:
        now = box.snapshot()
    except engine_hosts.Refused as refused:
        yield str(refused)
        return
    for name, was in before.items():
        if now[name] != was and now[name]["id"] == was["id"]:  # type: ignore[index]  # As ``snapshot`` gives it.
            yield f"{name} was {was} and is {now[name]}"
    left = [*box.leftovers(), *box.volumes()]
    if left:
        yield f"left behind: {', '.join(left)}"


def _anew(box: GpuBox) -> None:
    box.engine.clear()
    box.serve_production()


def _end_processes(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(psutil.Error):
        for one in psutil.Process(process.pid).children(recursive=True):
            one.kill()
    if process.poll() is None:
        process.kill()
    process.wait()


def _keep(folder: Path, place: Path, problems: Sequence[str]) -> None:
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(folder, place, symlinks=True)
    (place / "problems.txt").write_text("\n".join(problems) + "\n")
