"""One injection: a run as a user starts it, a fault and a signal in the middle of it, and a look at what is left."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.faults import production, rules
from tests.faults.matrix import Fault, Injection, Phase, Signal
from tests.faults.rules import Armed, Effect
from tests.faults.site import KUBELET, NotReady, Site, settled

CHECKOUT = Path(__file__).parents[2]
RUN_SECONDS = 180.0
"""How long a run may take from its start to its end, whatever was done to it."""
_RESTORE_SECONDS = 180.0
# A kubelet that was killed takes some seconds to say again that its pods are ready, which no run can hasten.
_SETTLE_SECONDS = 20.0
_NODE_SECONDS = 60.0
_LOOK_SECONDS = 0.005
_BETWEEN_SIGNALS_SECONDS = 0.3
_NOT_RESTORED = 20
_MARK = "VLLM_QUALIFY_FAULT_RUN"
_PARTS = {Fault.ETCD: "etcd", Fault.KUBELET: KUBELET}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one injection.

    Attributes:
        injected: the signal reached a run in the phase that was meant.
        hits: how many requests the fault met, or how many processes it ended.
        exit_code: of the run; ``None`` when it never ended by itself.
        seconds: from the start of the run until production was looked at.
        problems: what was not as it must be; empty when production was restored.
        untidy: how the run ended that was not as a run ends, although production may be well.
        kept: where journal, output and objects of a failure are.
    """

    injection: Injection
    injected: bool
    hits: int = 0
    exit_code: int | None = None
    seconds: float = 0.0
    problems: tuple[str, ...] = ()
    untidy: tuple[str, ...] = ()
    kept: Path | None = None

    @property
    def restored(self) -> bool:
        """Production was as before."""
        return not self.problems

    @property
    def faulted(self) -> bool:
        """The fault that was meant to happen did."""
        return self.injection.fault is not Fault.NONE and self.hits > 0


def inject(site: Site, injection: Injection, *, keep: Path) -> Result:
    """Do one injection, and set production up anew if it was not restored.

    Args:
        site: where production serves.
        injection: what to do.
        keep: gets a folder with everything known about a failure.

    Raises:
        NotReady: the node does not come back.
    """
    if problems := settled(site.node_problems, seconds=_NODE_SECONDS):
        raise NotReady("; ".join(problems))
    began = time.monotonic()
    with tempfile.TemporaryDirectory(dir=site.folder, prefix="run-") as name, _started(site, Path(name)) as run:
        injected, hits = _disturb(site, run, injection)
        problems = [] if injected else [f"the run ended before the phase {injection.phase.value} was met"]
        problems += _see_out(site, run, injection)
        problems += settled(lambda: [*site.problems(), *run.left()], seconds=_SETTLE_SECONDS)
        untidy = list(_untidy(run, injection)) if injected else []
        result = Result(
            injection=injection,
            injected=injected,
            hits=hits(),
            exit_code=run.process.poll(),
            seconds=time.monotonic() - began,
            problems=tuple(problems),
            untidy=tuple(untidy),
            kept=_keep(site, run, keep / injection.slug, problems + untidy) if problems or untidy else None,
        )
    if problems:
        site.set_up()
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """A process of the harness, and where it leaves what it has to say."""

    process: subprocess.Popen[bytes]
    folder: Path
    mark: str

    def left(self) -> list[str]:
        """Processes of the run that are still there, whatever session they are in."""
        found = [f"process {one.pid} {' '.join(one.cmdline())[:200]}" for one in _marked(self.mark)]
        return [f"left behind: {each}" for each in found]


def _command(site: Site, reports: Path) -> list[str]:
    """A run with the fewest cases that deploy a candidate and ask it something."""
    what = ["suites/test_deploy.py", "-k", "starts or health", "-p", "no:cacheprovider"]
    where = ["--target", "kubernetes", "--config", str(site.settings), "--reports-dir", str(reports)]
    return [sys.executable, "-m", "pytest", *what, *where, "--image", production.CANDIDATE]


def _restore_command(site: Site) -> list[str]:
    return [sys.executable, "-m", "vllm_qualify", "restore", "--config", str(site.settings)]


@contextlib.contextmanager
def _started(site: Site, folder: Path) -> Iterator[_Run]:
    mark = uuid.uuid4().hex
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            _command(site, folder / "reports"),
            cwd=CHECKOUT,
            env=site.environment(**{_MARK: mark}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _Run(process=process, folder=folder, mark=mark)
    finally:
        site.proxy.disarm()
        for one in _marked(mark):
            with contextlib.suppress(psutil.Error):
                one.kill()
        process.wait()


def _disturb(site: Site, run: _Run, injection: Injection) -> tuple[bool, _Hits]:
    """Wait for the phase, arm the fault, send the signal."""
    if not _reached(run, injection.phase):
        return False, _Hits()
    time.sleep(injection.delay_seconds)
    hits = _Hits()
    if part := _PARTS.get(injection.fault):
        hits = _Hits(killed=site.kill(part))
    elif injection.fault is not Fault.NONE:
        hits = _Hits(armed=site.proxy.arm(rules.RULES[Effect(injection.fault.value)]))
    if run.process.poll() is not None:
        return False, hits
    _send(run.process, injection.signal)
    return True, hits


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hits:
    """How often a fault happened, as it is known when asked."""

    armed: Armed | None = None
    killed: bool = False

    def __call__(self) -> int:
        return self.armed.hits if self.armed else int(self.killed)


def _reached(run: _Run, phase: Phase) -> bool:
    """Whether the phase came before the run ended."""
    deadline = time.monotonic() + RUN_SECONDS
    while time.monotonic() < deadline:
        ended = run.process.poll() is not None
        if phase.value in phases(run.folder / "reports"):
            return True
        if ended:
            return False
        time.sleep(_LOOK_SECONDS)
    return False


def phases(reports: Path) -> list[str]:
    """The phases that the journal of a run names so far, each with its first step."""
    return list(dict.fromkeys(event["phase"] for event in _events(reports) if event.get("type") == "step"))


def _events(reports: Path) -> Iterator[dict[str, Any]]:
    for journal in reports.glob("2*/journal.jsonl"):
        for line in journal.read_bytes().split(b"\n")[:-1]:
            yield json.loads(line)


def _untidy(run: _Run, injection: Injection) -> Iterator[str]:
    """A run that was ended says so in its reports, and dies of no signal but SIGKILL."""
    exit_code = run.process.poll()
    if injection.signal is Signal.SIGKILL or exit_code is None:
        return
    if exit_code < 0:
        yield f"the run died of {signal.Signals(-exit_code).name}, expected an exit code"
    if not any(event["type"] == "run-finished" for event in _events(run.folder / "reports")):
        yield "the journal has no end, so the reports are missing"


def _send(process: subprocess.Popen[bytes], kind: Signal) -> None:
    """As terminals, operators and the kernel do: a terminal's signals reach kubectl as well."""
    with contextlib.suppress(ProcessLookupError):
        if kind in {Signal.SIGINT, Signal.SIGINT_TWICE}:
            os.killpg(process.pid, signal.SIGINT)
        if kind is Signal.SIGINT_TWICE:
            time.sleep(_BETWEEN_SIGNALS_SECONDS)
            os.killpg(process.pid, signal.SIGINT)
        if kind is Signal.SIGHUP:
            os.killpg(process.pid, signal.SIGHUP)
        if kind is Signal.SIGTERM:
            process.terminate()
        if kind is Signal.SIGKILL:
            process.kill()


def _see_out(site: Site, run: _Run, injection: Injection) -> list[str]:
    """Wait for the end of the run, and restore what a killed one left."""
    try:
        exit_code = run.process.wait(RUN_SECONDS)
    except subprocess.TimeoutExpired:
        return [f"the run did not end within {RUN_SECONDS:.0f} s"]
    if injection.signal is Signal.SIGKILL:
        return _restore(site, run)
    return [f"the run ended with {exit_code}: it could not restore"] if exit_code == _NOT_RESTORED else []


def _restore(site: Site, run: _Run) -> list[str]:
    with (run.folder / "restore.txt").open("wb") as output:
        environment = site.environment(**{_MARK: run.mark})
        try:
            done = subprocess.run(
                _restore_command(site),
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_RESTORE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return [f"restore did not end within {_RESTORE_SECONDS:.0f} s"]
    return [f"restore ended with {done.returncode}"] if done.returncode else []


def _marked(mark: str) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(_MARK) == mark:
                found.append(process)
    return found


def _keep(site: Site, run: _Run, folder: Path, problems: list[str]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run.folder, folder, symlinks=True)
    (folder / "problems.txt").write_text("\n".join(problems) + "\n")
    (folder / "snapshot.json").write_text(json.dumps(site.snapshot, indent=2))
    (folder / "objects.json").write_text(json.dumps(site.objects(), indent=2))
    return folder
