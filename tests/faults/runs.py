"""A run as a user starts it, and the command that restores; what they leave to be read. For whoever injects."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from tests.faults import holding, production
from tests.faults.holding import Hold
from tests.faults.matrix import Phase, Signal
from tests.faults.site import Site

CHECKOUT = Path(__file__).parents[2]
RUN_SECONDS = 180.0
"""How long a run may take from its start to its end, where nobody works against it."""
RESTORE_SECONDS = 180.0
NOT_RESTORED = 20
PLUGINS = ("-p", "no:cacheprovider", "--disable-plugin-autoload", "-p", "allure_pytest.plugin")
"""As where an operator installed it: what hypothesis and others bring for our own tests is a fifth of a run's start."""
_LOOK_SECONDS = 0.005
_BETWEEN_SIGNALS_SECONDS = 0.3
_MARK = "VLLM_QUALIFY_FAULT_RUN"

Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A process of the harness, and where it leaves what it has to say."""

    process: subprocess.Popen[bytes]
    folder: Path
    mark: str

    @property
    def hold(self) -> Hold:
        """Where it is held."""
        return Hold(self.folder)

    def left(self) -> list[str]:
        """Processes of the run that are still there, whatever session they are in."""
        found = [f"process {one.pid} {' '.join(one.cmdline())[:200]}" for one in marked(self.mark)]
        return [f"left behind: {each}" for each in found]

    def reached(self, *, seconds: float = RUN_SECONDS) -> bool:
        """Whether it comes to the phase where it is held, before it ends."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ended = self.process.poll() is not None
            if self.hold.held:
                return not ended
            if ended:
                return False
            time.sleep(_LOOK_SECONDS)
        return False

    def events(self) -> list[Event]:
        """What its journal holds so far; a line that is not whole yet is left for later."""
        found = []
        for journal in (self.folder / "reports").glob("2*/journal.jsonl"):
            found += [json.loads(line) for line in journal.read_bytes().split(b"\n")[:-1]]
        return found

    def send(self, kind: Signal) -> None:
        """As terminals, operators and the kernel do: a terminal's signals reach kubectl as well."""
        with contextlib.suppress(ProcessLookupError):
            if kind in {Signal.SIGINT, Signal.SIGINT_TWICE}:
                os.killpg(self.process.pid, signal.SIGINT)
            if kind is Signal.SIGINT_TWICE:
                time.sleep(_BETWEEN_SIGNALS_SECONDS)
                os.killpg(self.process.pid, signal.SIGINT)
            if kind is Signal.SIGHUP:
                os.killpg(self.process.pid, signal.SIGHUP)
            if kind is Signal.SIGTERM:
                self.process.terminate()
            if kind is Signal.SIGKILL:
                self.process.kill()

    def untidy(self) -> Iterator[str]:
        """A run that ended by itself says so in its reports, and dies of no signal."""
        exit_code = self.process.poll()
        if exit_code is None:
            return
        if exit_code < 0:
            yield f"the run died of {signal.Signals(-exit_code).name}, expected an exit code"
        if not any(event["type"] == "run-finished" for event in self.events()):
            yield "the journal has no end, so the reports are missing"


def command(site: Site, reports: Path) -> list[str]:
    """A run with the fewest cases that deploy a candidate and ask it something."""
    what = ["suites/test_deploy.py", "-k", "starts or health", *PLUGINS, "-p", "tests.faults.holding"]
    where = ["--target", "kubernetes", "--config", str(site.settings), "--reports-dir", str(reports)]
    return [sys.executable, "-m", "pytest", *what, *where, "--image", production.CANDIDATE]


def restore_command(site: Site) -> list[str]:
    """What finishes a run that was killed."""
    return [sys.executable, "-m", "tests.faults.holding", "restore", "--config", str(site.settings)]


@contextlib.contextmanager
def started(site: Site, folder: Path, *, phase: Phase, argv: Sequence[str] = (), **more: str) -> Iterator[Run]:
    """A run that will be held in a phase; none of its processes is left when the block is.

    Args:
        site: where production serves.
        folder: an empty one, of its own.
        phase: where it is held.
        argv: another command than a run.
        more: of its environment.
    """
    mark = uuid.uuid4().hex
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(
            argv or command(site, folder / "reports"),
            cwd=CHECKOUT,
            env=site.environment(**({_MARK: mark} | holding.variable(Hold(folder).at(phase.value)) | more)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield Run(process=process, folder=folder, mark=mark)
    finally:
        site.proxy.disarm()
        for one in marked(mark):
            with contextlib.suppress(psutil.Error):
                one.kill()
        process.wait()


def ended(run: Run, *, seconds: float = RUN_SECONDS) -> list[str]:
    """Wait for the end of a run; what is wrong with it if it does not come."""
    try:
        run.process.wait(seconds)
    except subprocess.TimeoutExpired:
        return [f"the run did not end within {seconds:.0f} s"]
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """How a restore ended.

    Attributes:
        exit_code: ``None`` when it did not end in time.
        said: everything that it printed.
    """

    exit_code: int | None
    said: str


def restore(site: Site, run: Run, *arguments: str) -> Restored:
    """Restore as a user does after a run that was killed; its words are added to the run's folder."""
    path = run.folder / "restore.txt"
    with path.open("ab") as output:
        before = output.tell()
        try:
            done = subprocess.run(
                [*restore_command(site), *arguments],
                cwd=CHECKOUT,
                env=site.environment(**{_MARK: run.mark}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=RESTORE_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Restored(exit_code=None, said="")
    return Restored(exit_code=done.returncode, said=path.read_bytes()[before:].decode(errors="replace"))


def marked(mark: str) -> list[psutil.Process]:
    """All living processes of a run."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(_MARK) == mark:
                found.append(process)
    return found


def keep(site: Site, run: Run, folder: Path, problems: Sequence[str], others: Path | None = None) -> Path:
    """Keep everything that is known about a failure, and about who else was at work."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(run.folder, folder, symlinks=True)
    if others is not None:
        shutil.copytree(others, folder / "others", symlinks=True)
    (folder / "problems.txt").write_text("\n".join(problems) + "\n")
    (folder / "snapshot.json").write_text(json.dumps(site.snapshot, indent=2))
    (folder / "objects.json").write_text(json.dumps(site.objects(), indent=2))
    (folder / "witness.json").write_text(json.dumps(site.witnessed(), indent=2))
    return folder
