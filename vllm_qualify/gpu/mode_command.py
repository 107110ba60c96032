"""Runs the operator's own ``gpu-mode`` command, often on another machine by ssh, each call within a deadline."""

from __future__ import annotations

import functools
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from vllm_qualify.config import GpuMode
from vllm_qualify.core.records import Finding
from vllm_qualify.gpu import mode_status
from vllm_qualify.gpu.mode_status import GpuModeStatus
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.system import process_runner
from vllm_qualify.system.process_runner import CompletedProcess, DeadlinePassed, RunProcess

_MOST_SAID = 400
# What cat ends with when there is no such file; ssh that reaches no machine ends with 255.
_MISSING = 1


class SwitchFailed(Refused):
    """The operator's command failed, or took too long; the message holds what it printed last."""

    def __init__(self, message: str) -> None:
        super().__init__(message, kind=RefusalKind.OTHER)


# What the operator's own command leaves running on purpose is the operator's.
_RUN = functools.partial(process_runner.run, keeps_group=True)


def status(settings: GpuMode, *, run: RunProcess = _RUN) -> GpuModeStatus:
    """What serves now, in the command's own words.

    Raises:
        SwitchFailed: it failed, or what it printed names no mode.
    """
    said = _call(settings, (*settings.command, "status"), run)
    try:
        return mode_status.parse_status(said)
    except mode_status.BadStatus as error:
        raise SwitchFailed(str(error)) from error


def switch(settings: GpuMode, mode: str, image: object = "", *, run: RunProcess = _RUN) -> None:
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


def copies(settings: GpuMode, names: Iterable[str], *, run: RunProcess = _RUN) -> dict[str, str]:
    """The manifests as they lie in the folder of the command, by name; one that cannot be read is left out.

    Raises:
        SwitchFailed: the machine cannot be asked at all, which says nothing of its files.
    """
    found: dict[str, str] = {}
    for name in names:
        reading = (*settings.read, f"{settings.folder.rstrip('/')}/{name}")
        said = _completed(settings, reading, run)
        if said.exit_code == 0:
            found[name] = said.stdout
        elif said.exit_code != _MISSING:
            raise _failed(reading, f"ended with {said.exit_code}", said)
    return found


def compared(settings: GpuMode, manifests: Mapping[str, str], *, run: RunProcess = _RUN) -> tuple[Finding, ...]:
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


def _call(settings: GpuMode, argv: Sequence[str], run: RunProcess) -> str:
    said = _completed(settings, argv, run)
    if said.exit_code != 0:
        raise _failed(argv, f"ended with {said.exit_code}", said)
    return said.stdout


def _completed(settings: GpuMode, argv: Sequence[str], run: RunProcess) -> CompletedProcess:
    seconds = settings.deadline_seconds
    try:
        return run(list(argv), env=os.environ, cwd=Path.cwd(), stdin="", deadline_seconds=seconds)
    except DeadlinePassed as late:
        raise _failed(argv, f"did not end within {seconds:g} s", late) from late
    except OSError as error:
        raise SwitchFailed(f"{shlex.join(argv)} cannot be started ({error}); see gpu_mode in qualify.toml") from error


def _failed(argv: Sequence[str], how: str, said: CompletedProcess | DeadlinePassed) -> SwitchFailed:
    words = (said.stderr.strip() or said.stdout.strip())[-_MOST_SAID:]
    return SwitchFailed(f"{shlex.join(argv)} {how}" + (f": {words}" if words else " and said nothing"))
