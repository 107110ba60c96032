"""Which reports were made of which runs, for programs; ``report.schema.json`` describes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from vllm_qualify.core import redaction
from vllm_qualify.reports import plain
from vllm_qualify.reports.remake import Remade


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedRun:
    """One run whose reports were made.

    Attributes:
        run: its name.
        exit_code: that it deserves: 0 all qualified, 1 some did not, 10 undecided, 20 production is not back.
        files: its reports; matrix.json says what is in them.
    """

    run: str
    exit_code: int
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument:
    """What became of several runs.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        exit_code: that of the command: the worst that the runs deserve, 4 where one could not be read or written.
        runs: those that could be read, in their order.
        merged: the files of the one matrix of all; none where that was not asked for.
        problems: what could not be read or written, one line each.
    """

    schema: Literal[1] = 1
    exit_code: int
    runs: tuple[ReportedRun, ...]
    merged: tuple[str, ...]
    problems: tuple[str, ...]


def document(made: Remade) -> dict[str, Any]:
    """The reports as plain values, before they become text; without secrets."""
    told = ReportDocument(
        exit_code=made.exit_code,
        runs=tuple(
            ReportedRun(run=one.run.run, exit_code=one.exit_code, files=tuple(map(str, one.files)))
            for one in made.reports
        ),
        merged=tuple(map(str, made.pages)),
        problems=made.problems,
    )
    values: dict[str, Any] = plain.of(told, redaction.shown)
    return values
