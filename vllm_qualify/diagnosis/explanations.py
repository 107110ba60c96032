"""What can be said of an exception that no symptom fits. Asked by the choice of the cause, and only then loaded.

The statement that raised it tells most, where the sources of the releases have it; else the part of the engine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vllm_qualify.catalogue import messages
from vllm_qualify.diagnosis import frames, origin_words, origins
from vllm_qualify.diagnosis.exceptions import RootException

_SEARCH = "If that does not help, search vLLM's issues for the words of the message, and try a nearby release."


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Where an exception comes from, in words.

    Attributes:
        origin: where it was raised, what it is about and which releases have it; ``""`` where nothing is known.
        remedy: what to do next.
    """

    origin: str
    remedy: str


def explain(
    exception: RootException,
    functions: Sequence[str] = (),
    *,
    phase: str = "",
    release: str = "",
    production: str = "",
) -> Explanation:
    """Say where an exception comes from and what to do.

    Args:
        exception: that no symptom fits.
        functions: all that were running, the outermost first, where more is known than the frames that were kept.
        phase: what the engine did by what it had logged, for where the functions do not tell.
        release: of the engine that died, such as ``0.20.2``; empty where it is not known.
        production: the release that runs in production; empty where it is not known.
    """
    raised = frames.raised(exception.frames, functions, phase=phase)
    advice = raised.part.advice if raised.part else ""
    found = origins.find(exception, release=release, production=production)
    if found is None:
        return Explanation(origin=raised.origin, remedy=f"{advice} {_SEARCH}".strip())
    during = f"; it happened while {raised.phase}" if raised.phase else ""
    if found.statements[0].package != messages.VLLM:
        during = f"{_called(exception)}{during}"
    change, take = origin_words.change(found), origin_words.take(found)
    remedy = " ".join(filter(None, (change or advice, take, _SEARCH)))
    return Explanation(origin=f"{origin_words.place(found)}{during}", remedy=remedy)


def _called(exception: RootException) -> str:
    """The innermost place in vLLM, which is what the options choose."""
    for frame in reversed(exception.frames):
        place = frames.path(frame.file)
        if place.startswith(f"{messages.VLLM}/"):
            return f"; vLLM called it in {place}, `{frame.function}`"
    return ""
