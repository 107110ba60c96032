"""The matrix for programs: matrix.json, versioned and described by matrix.schema.json."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pydantic_core

from vllm_qualify.core import verdict_facts
from vllm_qualify.core.advisories import AdvisoryOutlook
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import (
    CandidateRecord,
    CaseRecord,
    Certainty,
    Diagnosis,
    Evidence,
    Outcome,
    RunRecord,
    Severity,
    Skipped,
    StandIn,
)
from vllm_qualify.core.requirements import Requirement
from vllm_qualify.reports import matrix, plain, text
from vllm_qualify.reports.production import Away, ProductionState


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixObservation:
    """One measured or observed fact.

    Attributes:
        name: what was observed.
        value: what was seen; null where the measurement gave no number.
        unit: of a number; empty for a word.
        limit: what the value was held against; null where it was held against nothing.
    """

    name: str
    value: bool | float | str | None
    unit: str
    limit: Limit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCase:
    """One case on one candidate.

    Attributes:
        requirement: the requirement, such as LOAD.
        id: the case within it, such as LOAD/first-token.
        sentence: what must hold.
        outcome: what it came to.
        message: what was expected and what was seen.
        observations: what was measured or observed.
        diagnosis: why it failed; null where nothing is known to have died.
        evidence: the files that were kept.
        started: when it began, in UTC.
        seconds: how long it took, set-up included; null where that was not measured.
    """

    requirement: str
    id: str
    sentence: str
    outcome: Outcome
    message: str
    observations: tuple[MatrixObservation, ...]
    diagnosis: Diagnosis | None
    evidence: tuple[Evidence, ...]
    started: datetime
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixCandidate:
    """One candidate.

    Attributes:
        image: the image as it was named.
        verdict: what the run says of it.
        summary: the verdict in one sentence, with the stand-in and with what could not be shown.
        target: what it ran on: local or kubernetes.
        stand_in: what ran in place of the image; null where the image itself ran.
        environment: variables that were set for the run alone, by name; the verdict holds with them.
        interrupted: whether the run was cut short in this candidate's turn.
        aside: why the image was not tried at all; null where it was to be.
        facts: what is known of the machine, by name.
        holds_for: the facts that the verdict holds for, by name, as far as the run recorded them; it expires with any
            of them.
        requirements: the outcome of every requirement; null where no case of it was run.
        cases: in the order in which they began.
        advisories: what is recorded about the security of its release; null where nothing is known of that.
    """

    image: str
    verdict: Verdict
    summary: str
    target: str
    stand_in: StandIn | None
    environment: dict[str, str]
    interrupted: bool
    aside: Skipped | None
    facts: dict[str, str]
    holds_for: dict[str, str]
    requirements: dict[str, Outcome | None]
    cases: tuple[MatrixCase, ...]
    advisories: AdvisoryOutlook | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixFinding:
    """What a rule found before anything was tried.

    Attributes:
        id: the rule's stable name.
        severity: whether it stands in the way.
        title: what must hold, in one sentence.
        subject: what it is about.
        path: the field within it; empty where there is none.
        expected: what should be there.
        actual: what is there.
        remedy: what to do next.
        certainty: how far it may be trusted.
        waived: the operator's reason why it does not matter; empty where it does.
    """

    id: str
    severity: Severity
    title: str
    subject: str
    path: str
    expected: str
    actual: str
    remedy: str
    certainty: Certainty
    waived: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixProduction:
    """Where production is at the end.

    Attributes:
        state: back and not-taken-down are good; not-back and unknown need somebody to run `vllm-qualify restore`.
        summary: the same in a sentence, with what shows it and what to do.
        away: the outage; null where there was none.
        cases: those that belong to production.
    """

    state: ProductionState
    summary: str
    away: Away | None
    cases: tuple[MatrixCase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixBaseline:
    """What the candidates are compared with; it has no verdict.

    Attributes:
        image: the image that was measured; empty where none could be.
        name: what it is, with its tag.
        summary: its figures in a sentence, or why there is none.
        target: what it ran on.
        stand_in: what ran in place of the image; null where the image itself ran.
        facts: what is known of it, by name.
        requirements: the outcome of every requirement; null where no case of it was asked.
        cases: of its first turn, in the order in which they began.
        again: of its second turn, after the last candidate; empty where there was none.
    """

    image: str
    name: str
    summary: str
    target: str
    stand_in: StandIn | None
    facts: dict[str, str]
    requirements: dict[str, Outcome | None]
    cases: tuple[MatrixCase, ...]
    again: tuple[MatrixCase, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixDocument:
    """One run: every candidate, every requirement, every case.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        run: the name of the run, which is also its folder.
        started: when the run began, in UTC.
        finished: when it ended; null when it was killed.
        target: what the candidates ran on: local or kubernetes.
        pick: newest where the run looked for the newest candidate that qualifies, so that one is enough; else empty.
        facts: what is known of the machine, by name.
        summary: the whole run in one sentence.
        requirements: those that the candidates are held to, in their order, the operator's own after the shipped ones.
        candidates: in the order in which they were named.
        baseline: what they are compared with; null where nothing was asked for.
        findings: what was found before the first candidate's turn, the gravest first and what was waived last.
        production: where it is at the end; null where the run had none in its hands, as on this machine.
    """

    schema: Literal[1]
    run: str
    started: datetime
    finished: datetime | None
    target: str
    pick: Literal["", "newest"]
    facts: dict[str, str]
    summary: str
    requirements: tuple[Requirement, ...]
    candidates: tuple[MatrixCandidate, ...]
    baseline: MatrixBaseline | None
    findings: tuple[MatrixFinding, ...]
    production: MatrixProduction | None


def files(run: RunRecord) -> dict[str, bytes]:
    """The matrix as JSON."""
    return {"matrix.json": pydantic_core.to_json(document(run), indent=2) + b"\n"}


def document(run: RunRecord) -> dict[str, Any]:
    """The matrix as plain values, before they become text; without what a terminal cannot take."""
    values: dict[str, Any] = plain.of(of(run), text.clean)
    return values


def of(run: RunRecord) -> MatrixDocument:
    """The matrix as its type has it."""
    whole = matrix.of(run)
    production = whole.production and plain.like(MatrixProduction, whole.production, cases=_cases(run.production))
    return plain.like(
        MatrixDocument,
        run,
        schema=1,
        summary=whole.headline,
        requirements=whole.requirements,
        candidates=tuple(_candidate(row, run) for row in whole.rows),
        baseline=whole.baseline and _baseline(whole.baseline, run.baseline_again),
        findings=tuple(plain.like(MatrixFinding, one) for one in whole.findings),
        production=production,
    )


def _candidate(row: matrix.Row, run: RunRecord) -> MatrixCandidate:
    return plain.like(
        MatrixCandidate,
        row.candidate,
        verdict=row.verdict,
        summary=row.summary,
        holds_for=verdict_facts.of(run.facts, row.candidate.facts),
        requirements={cell.requirement: cell.outcome for cell in row.cells},
        cases=_cases(row.candidate.cases),
    )


def _baseline(row: matrix.BaselineRow, again: CandidateRecord | None) -> MatrixBaseline:
    return plain.like(
        MatrixBaseline,
        row.record,
        name=row.name,
        summary=row.summary,
        requirements={cell.requirement: cell.outcome for cell in row.cells},
        cases=_cases(row.record.cases),
        again=_cases(again.cases if again is not None else ()),
    )


def _cases(cases: Iterable[CaseRecord]) -> tuple[MatrixCase, ...]:
    return tuple(
        plain.like(
            MatrixCase, case, observations=tuple(plain.like(MatrixObservation, one) for one in case.observations)
        )
        for case in cases
    )
