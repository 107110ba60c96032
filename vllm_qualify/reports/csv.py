"""The matrix for a spreadsheet: matrix.csv, one row a case."""

from __future__ import annotations

import pandas as pd

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


def frame(run: RunRecord) -> pd.DataFrame:
    """All cases of a run, one row each; a candidate without a case has one row with an empty requirement."""
    rows = [
        [run.run, run.started.isoformat(), *_candidate(row), *cells]
        for row in matrix.of(run).rows
        for cells in (map(_case, row.candidate.cases) if row.candidate.cases else (_without_case(row),))
    ]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def files(run: RunRecord) -> dict[str, bytes]:
    """The cases as comma separated values in UTF-8."""
    safe = frame(run).map(lambda cell: text.inert(cell) if isinstance(cell, str) else cell)
    return {"matrix.csv": safe.to_csv(index=False, lineterminator="\n").encode()}


def _candidate(row: matrix.Row) -> tuple[str, ...]:
    candidate: CandidateRecord = row.candidate
    return (candidate.target, candidate.image, str(candidate.stand_in or ""), row.verdict.value)


def _without_case(row: matrix.Row) -> tuple[str | None, ...]:
    reason = row.candidate.aside.reason if row.candidate.aside else ""
    return ("", "", "", reason, "", "", "", "", None)


def _case(case: CaseRecord) -> tuple[str | float | None, ...]:
    observations = "; ".join(f"{seen.name} = {text.value(seen)}" for seen in case.observations)
    cause = _cause(case.diagnosis)
    return (case.requirement, case.id, case.outcome.value, case.message, *cause, observations, case.seconds)


def _cause(diagnosis: Diagnosis | None) -> tuple[str, str, str]:
    if diagnosis is None:
        return ("", "", "")
    return (f"{diagnosis.cause}: {diagnosis.title}", "yes" if diagnosis.wrapper else "no", diagnosis.reference)
