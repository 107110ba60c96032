"""What a log came to, for programs; ``diagnosis.schema.json`` describes it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vllm_qualify.core.records import Certainty, Diagnosis, LogLine
from vllm_qualify.reports import plain


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisCause:
    """One cause.

    Attributes:
        id: a stable id, such as E01.
        title: the cause in a few words.
        certainty: how far it may be trusted.
        wrapper: whether the line only repeats that something died; the cause is not in the log.
        lines: the lines of the log that show it.
        remedy: what to do next.
        reference: where it was seen before: issues as owner/repository#number, files as vllm: path.
        origin: where it was raised and what that part of the engine does; empty where that is not known.
        message: the exception, its type and all lines of its message; empty where none was raised.
    """

    id: str
    title: str
    certainty: Certainty
    wrapper: bool
    lines: tuple[LogLine, ...]
    remedy: str
    reference: str
    origin: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisDocument:
    """What one log came to.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        file: the log as it was named; - for the one from the pipe.
        causes: the first cause first; none where nothing says that the engine died.
        problem: why the log could not be read, or not to its end; missing where it could.
    """

    schema: Literal[1]
    file: str
    causes: tuple[DiagnosisCause, ...]
    problem: str


def document(name: str, causes: Sequence[Diagnosis], *, problem: str = "") -> dict[str, Any]:
    """The causes of one log as plain values, before they become text.

    Args:
        name: of the log.
        causes: the first cause first.
        problem: why the log could not be read, or not to its end; ``""`` when all is well.
    """
    found = tuple(plain.like(DiagnosisCause, cause, id=cause.cause) for cause in causes)
    values: dict[str, Any] = plain.of(DiagnosisDocument(schema=1, file=name, causes=found, problem=problem))
    return values if problem else {key: value for key, value in values.items() if key != "problem"}
