"""The matrix for a spreadsheet: matrix.csv, one row a case."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator

from vllm_qualify.core.records import CandidateRecord, CaseRecord, Diagnosis, RunRecord
from vllm_qualify.reports import matrix, text

_COLUMNS = (
    "run",
    "started",
    "target",
    "image",
    "stand_in",
    "verdict",
    "requirement",
    "case",
    "outcome",
    "message",
    "cause",
    "wrapper",
    "reference",
    "observations",
    "seconds",
)


def rows(run: RunRecord) -> Iterator[tuple[str, ...]]:
    """All cases of a run, one row each; a candidate without a case has one row with an empty requirement."""
    for row in matrix.of(run).rows:
        for cells in map(_case, row.candidate.cases) if row.candidate.cases else (_without_case(row),):
            yield (run.run, run.started.isoformat(), *_candidate(row), *cells)


def files(run: RunRecord) -> dict[str, bytes]:
    """The cases as comma separated values in UTF-8."""
    content = io.StringIO()
    writer = csv.writer(content, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(map(text.inert, row) for row in rows(run))
    return {"matrix.csv": content.getvalue().encode()}


def _candidate(row: matrix.Row) -> tuple[str, ...]:
    candidate: CandidateRecord = row.candidate
    return (candidate.target, candidate.image, str(candidate.stand_in or ""), row.verdict.value)


def _without_case(row: matrix.Row) -> tuple[str, ...]:
    reason = row.candidate.aside.reason if row.candidate.aside else ""
    return ("", "", "", reason, "", "", "", "", "")


def _case(case: CaseRecord) -> tuple[str, ...]:
    observations = "; ".join(f"{seen.name} = {text.value(seen)}" for seen in case.observations)
    cause = _cause(case.diagnosis)
    seconds = "" if math.isnan(case.seconds) else str(case.seconds)
    return (case.requirement, case.id, case.outcome.value, case.message, *cause, observations, seconds)


def _cause(diagnosis: Diagnosis | None) -> tuple[str, str, str]:
    if diagnosis is None:
        return ("", "", "")
    return (f"{diagnosis.cause}: {diagnosis.title}", "yes" if diagnosis.wrapper else "no", diagnosis.reference)
