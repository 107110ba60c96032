"""Holds a run at the first step of a phase until somebody lets it go, so that no test counts on how fast a machine is.

A run takes it as a plugin (``-p tests.faults.holding``), a restore is started with ``python -m tests.faults.holding``
in place of ``python -m vllm_qualify``; without the variable nothing is held. The step is announced before it acts, so
what happens meanwhile happens between two of its phases.

It also lets processes of one machine take each other for those of another, and a lock lapse within seconds.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from vllm_qualify import cli
from vllm_qualify.cli import restore
from vllm_qualify.core.events import Event, StepTaken
from vllm_qualify.kube import identity, lease
from vllm_qualify.reports.run_folder import JournalFile
from vllm_qualify.targets.kubernetes.namespace import Namespace

VARIABLE = "VLLM_QUALIFY_TEST_HOLD"
_APART = "VLLM_QUALIFY_TEST_APART"
_LEASE_SECONDS, _RENEW_SECONDS = 12, 3
_HELD, _GO = "held", "go"
_LOOK_SECONDS = 0.005
# Whoever held it is gone by then.
_LONGEST_SECONDS = 600.0


class Hold:
    """Where to be held; as the driver and the run see it.

    Args:
        folder: an empty one that both sides see.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def held(self) -> bool:
        """The run has come to the phase, and goes on only when it may."""
        return (self._folder / _HELD).exists()

    def release(self) -> None:
        """Let it go on."""
        self._folder.mkdir(exist_ok=True)
        (self._folder / _GO).touch()

    def at(self, phase: str) -> str:
        """For the run's environment: to be held here."""
        return f"{phase}={self._folder}"

    def keep(self) -> None:
        """Called by the run, in the phase."""
        if self.held:
            return
        self._folder.mkdir(exist_ok=True)
        (self._folder / _HELD).touch()
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not (self._folder / _GO).exists() and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)


def at(steps: Callable[[str, str], None]) -> Callable[[str, str], None]:
    """Steps that are announced as before, with a halt at each phase that the environment names."""
    holds = dict(one.split("=", 1) for one in os.environ.get(VARIABLE, "").split(os.pathsep) if one)

    def step(name: str, what: str) -> None:
        steps(name, what)
        if name in holds:
            Hold(Path(holds[name])).keep()

    return step


def variable(*holds: str) -> dict[str, str]:
    """What the run's environment must hold, each as ``Hold.at`` gives it."""
    return {VARIABLE: os.pathsep.join(holds)}


def apart() -> dict[str, str]:
    """What the environments of processes must hold that are to see each other from afar, and soon."""
    return {_APART: "1"}


def _go_apart() -> None:
    """Nobody looks for the other's process, and a lock that is not renewed lapses while a test waits for it."""
    if os.environ.get(_APART):
        setattr(identity, identity.seen.__name__, lambda _holder: None)
        lease.SECONDS, lease.RENEW_SECONDS = _LEASE_SECONDS, _RENEW_SECONDS


def pytest_configure() -> None:
    """Hold a run by its journal, which gets every step before it is made."""
    _go_apart()
    append, held = JournalFile.append, at(lambda _phase, _what: None)

    def appended(self: JournalFile, event: Event) -> None:
        append(self, event)
        if isinstance(event, StepTaken):
            held(event.phase, event.what)

    JournalFile.append = appended  # type: ignore[method-assign]


def main() -> int:
    """Hold a restore by the steps that it says."""
    _go_apart()
    setattr(restore, Namespace.__name__, lambda **given: Namespace(**given | {"step": at(given["step"])}))
    return cli.main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
