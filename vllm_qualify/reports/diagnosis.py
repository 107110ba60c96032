"""What a log came to, for people; `diagnosis_json` tells programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vllm_qualify.core.records import Diagnosis
from vllm_qualify.reports import sentences, text

NOTHING = "no cause found: nothing in the log says that the engine died"
WRAPPED = "the log only shows that something died; the cause is not in it"


def standing(cause: Diagnosis) -> str:
    """How far a cause may be trusted, in words; of one that only repeats a death, that it is none."""
    return WRAPPED if cause.wrapper else sentences.CERTAINTIES[cause.certainty]


def named(cause: Diagnosis) -> str:
    """A cause on one line: what, its id, and how far it may be trusted."""
    return f"{text.one_line(cause.title)} ({cause.cause}; {standing(cause)})"


def further(cause: Diagnosis) -> tuple[str, ...]:
    """The lines of the exception's message beyond its first one, each as it stands, without control characters."""
    return tuple(text.clean(line) for line in cause.message.split("\n")[1:])


def people(name: str, causes: Sequence[Diagnosis], *, problem: str = "") -> str:
    """The causes of one log as text: what, which lines, what to do, where it was seen before.

    Args:
        name: of the log.
        causes: the first cause first.
        problem: why the log could not be read, or not to its end; ``""`` when all is well.
    """
    lines = [f"{name}: {problem}"] if problem else []
    if not causes and not problem:
        lines = [f"{name}: {NOTHING}"]
    for index, cause in enumerate(causes):
        lines += _cause(name if index == 0 else "  possibly also", cause)
    return "\n".join(map(text.clean, lines)) + "\n"


def _cause(head: str, cause: Diagnosis) -> Iterator[str]:
    yield f"{head}: {named(cause)}"
    for line in cause.lines:
        yield f"  line {line.number}: {text.one_line(line.text)}"
    yield from (f"    {more}" for more in further(cause))
    if cause.origin:
        yield f"  where: {cause.origin}"
    if cause.remedy:
        yield f"  what to do: {cause.remedy}"
    if cause.reference:
        yield f"  source: {cause.reference}"
