"""Runs the operator's own ``gpu-mode`` command, often on another machine by ssh, each call within a deadline."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from vllm_qualify.config import GpuMode
from vllm_qualify.core.records import Finding
from vllm_qualify.gpu import mode_status
from vllm_qualify.gpu.mode_status import GpuModeStatus
from vllm_qualify.kube.refusals import RefusalKind, Refused

_END_SECONDS = 2.0
_MOST_SAID = 400
# What cat ends with when there is no such file; ssh that reaches no machine ends with 255.
_MISSING = 1


class SwitchFailed(Refused):
    """The operator's command failed, or took too long; the message holds what it printed last."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind=RefusalKind.OTHER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command printed, and how it ended; ``code`` is ``None`` when its time was up."""

    code: int | None
    stdout: str = ""
    stderr: str = ""


class Run(Protocol):
    """Runs a command; a parameter, so that a test can put a strict fake in its place."""

    def __call__(self, argv: Sequence[str], *, deadline_seconds: float) -> Said:
        """Run ``argv`` to its end, or to the end of its time."""


def run(argv: Sequence[str], *, deadline_seconds: float) -> Said:
    """Run a command that may ask nothing; its whole group is ended when its time is up or we are interrupted.

    Raises:
        SwitchFailed: it cannot be started.
    """
    try:
        # In a session of its own it has no terminal, so ssh cannot stop to ask for a password.
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
    except OSError as error:
        raise SwitchFailed(f"{shlex.join(argv)} cannot be started ({error}); see gpu_mode in qualify.toml") from error
    try:
        stdout, stderr = process.communicate(timeout=deadline_seconds)
    except subprocess.TimeoutExpired:
        return Said(code=None, stderr=_ended(process))
    except BaseException:
        _ended(process)
        raise
    return Said(code=process.returncode, stdout=stdout, stderr=stderr)


def status(settings: GpuMode, *, run: Run = run) -> GpuModeStatus:
    """What serves now, in the command's own words.

    Raises:
        SwitchFailed: it failed, or what it printed names no mode.
    """
    said = _call(settings, (*settings.command, "status"), run)
    try:
        return mode_status.parse_status(said)
    except mode_status.BadStatus as error:
        raise SwitchFailed(str(error)) from error


def switch(settings: GpuMode, mode: str, image: object = "", *, run: Run = run) -> None:
    """Switch to a mode.

    Args:
        settings: the operator's command.
        mode: ``ml`` or ``r1``.
        image: the candidate; empty: the one that the command's own manifest names.
        run: how a command is run.

    Raises:
        SwitchFailed: it failed, or took longer than it may.
    """
    _call(settings, argv(settings, mode, image), run)


def argv(settings: GpuMode, mode: str, image: object = "") -> tuple[str, ...]:
    """The command line of a switch, which ``switch`` runs."""
    named = ("--image", str(image)) if str(image) else ()
    return (*settings.command, mode, *named)


def copies(settings: GpuMode, names: Iterable[str], *, run: Run = run) -> dict[str, str]:
    """The manifests as they lie in the folder of the command, by name; one that cannot be read is left out.

    Raises:
        SwitchFailed: the machine cannot be asked at all, which says nothing of its files.
    """
    found: dict[str, str] = {}
    for name in names:
        reading = (*settings.read, f"{settings.folder.rstrip('/')}/{name}")
        said = run(reading, deadline_seconds=settings.deadline_seconds)
        if said.code == 0:
            found[name] = said.stdout
        elif said.code != _MISSING:
            raise SwitchFailed(_failed(reading, said, settings.deadline_seconds))
    return found


def compared(settings: GpuMode, manifests: Mapping[str, str], *, run: Run = run) -> tuple[Finding, ...]:
    """Hold the command's copies against the repository's manifests; nothing is found where no folder is named.

    Args:
        settings: the operator's command.
        manifests: text by name of file, as in ``deployment.yaml``.
        run: how a command is run.

    Raises:
        SwitchFailed: as ``copies``.
    """
    if not settings.folder:
        return ()
    return mode_status.stale(copies(settings, manifests, run=run), manifests, folder=settings.folder)


def _call(settings: GpuMode, argv: Sequence[str], run: Run) -> str:
    said = run(argv, deadline_seconds=settings.deadline_seconds)
    if said.code != 0:
        raise SwitchFailed(_failed(argv, said, settings.deadline_seconds))
    return said.stdout


def _failed(argv: Sequence[str], said: Said, deadline_seconds: float) -> str:
    how = f"did not end within {deadline_seconds:g} s" if said.code is None else f"ended with {said.code}"
    words = (said.stderr.strip() or said.stdout.strip())[-_MOST_SAID:]
    return f"{shlex.join(argv)} {how}" + (f": {words}" if words else " and said nothing")


def _ended(process: subprocess.Popen[str]) -> str:
    """End a command with all that it started on this machine; what it had said."""
    said = ""
    with process:
        for number in (signal.SIGTERM, signal.SIGKILL):
            _signal(process, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                said = process.communicate(timeout=_END_SECONDS)[1]
                break
        # Also when the command itself ended well: what it had started need not have.
        _signal(process, signal.SIGKILL)
    return said


def _signal(process: subprocess.Popen[str], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
