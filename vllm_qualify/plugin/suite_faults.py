"""Whose an exception is that a suite raised: its own word on the candidate, or a fault of its code. Pure."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pytest

_HARNESS = Path(__file__).parents[1]


def raised_in(suite: Path, error: BaseException) -> bool:
    """Tell whether it was raised in the very file of the suite."""
    frames = list(_files(error.__traceback__))
    return bool(frames) and frames[-1] == suite


def asserted(error: BaseException, suites: Path) -> str:
    """What an own suite says of the candidate by an assertion, or by ``pytest.fail``; ``""`` for everything else.

    The assertion may stand in any file of the folder, or in a library that the suite hands its values to; one within
    the harness is the harness's own fault.

    Args:
        error: what was raised.
        suites: the folder of the suites.
    """
    if not isinstance(error, (AssertionError, pytest.fail.Exception)):
        return ""
    files = list(_files(error.__traceback__))
    own = [at for at, file in enumerate(files) if file.is_relative_to(suites)]
    if not own or any(file.is_relative_to(_HARNESS) for file in files[own[-1] :]):
        return ""
    # Pytest rewrites assertions of tests alone: of others the line is all there is.
    return (str(error).splitlines() or [_last(error, suites).line or type(error).__name__])[0]


def stumbled(error: BaseException, suites: Path) -> str:
    """What went wrong in the code of an own suite, and where, for whoever mends it.

    Args:
        error: what was raised.
        suites: the folder of the suites.
    """
    frame = _last(error, suites)
    said = traceback.format_exception_only(error)[-1].strip()
    return f"{Path(frame.filename).name}:{frame.lineno}: {said}" if frame.lineno else said


def _last(error: BaseException, suites: Path) -> traceback.FrameSummary:
    frames = [one for one in traceback.extract_tb(error.__traceback__) if Path(one.filename).is_relative_to(suites)]
    return frames[-1] if frames else traceback.FrameSummary("", None, "")


def _files(frames: TracebackType | None) -> Iterator[Path]:
    """The files of a traceback, the one that raised last."""
    while frames is not None:
        yield Path(frames.tb_frame.f_code.co_filename)
        frames = frames.tb_next
