"""From a run to its compatibility matrix: rows are candidates, columns are requirements. Every report reads this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from vllm_qualify.core import outcomes
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Diagnosis, Evidence, Finding, Outcome, RunRecord
from vllm_qualify.core.requirements import BY_ID, REQUIREMENTS, Requirement
from vllm_qualify.reports import baseline, cell_figures, findings, production, sentences, text
from vllm_qualify.reports.cell_figures import CellFigure
from vllm_qualify.reports.production import ProductionSummary

CasesByRequirement: TypeAlias = dict[str, list[CaseRecord]]
"""The cases of a turn, by requirement."""
# What is told as a reason, the gravest first; a blocked case is a consequence and is listed apart.
_REASONS = (Outcome.FAILED, Outcome.BROKEN, Outcome.INCONCLUSIVE, Outcome.WARNED)
_BRIEF = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One requirement of one candidate.

    Attributes:
        message: that of the first case with this outcome.
        cases: how many it has.
        partly: it holds as far as the target can show it: some of its cases are not applicable.
        figure: what was measured of it, beside the baseline's.
    """

    requirement: str
    outcome: Outcome | None
    message: str
    cases: int
    partly: bool
    figure: CellFigure


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a candidate did not simply pass; ``also`` names further cases with the same diagnosis."""

    outcome: Outcome
    requirement: str
    case: str
    message: str
    diagnosis: Diagnosis | None
    evidence: tuple[Evidence, ...]
    also: tuple[str, ...] = ()

    @property
    def brief(self) -> str:
        """The cause on one short line, or what was seen where none is known."""
        said = text.one_line(self.diagnosis.title if self.diagnosis else self.message or self.case)
        return said if len(said) <= _BRIEF else f"{said[: _BRIEF - 1].rstrip()}…"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotShown:
    """A requirement that this target cannot show, or only in part, and why."""

    requirement: str
    reason: str
    partly: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One candidate with everything that is told of it.

    Attributes:
        name: its tag, or the whole image where two candidates share a tag.
        summary: the sentence of its verdict.
        reasons: what went wrong, the first cause first.
        blocked: cases that an earlier failure made unanswerable.
        not_tried: requirements without a case.
        advisories: what is recorded about the security of its release, in a sentence; empty where nothing is known.
    """

    candidate: CandidateRecord
    name: str
    verdict: Verdict
    summary: str
    cells: tuple[Cell, ...]
    reasons: tuple[Reason, ...]
    blocked: tuple[str, ...]
    not_shown: tuple[NotShown, ...]
    not_tried: tuple[str, ...]
    advisories: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRow:
    """What the candidates are compared with: it stands before them, and has no verdict.

    Attributes:
        record: its first turn; the second one only tells how far its figures drifted.
        name: what it is, with its tag.
        summary: its figures in a sentence, or why there is none.
        measured: it has something to show.
    """

    record: CandidateRecord
    name: str
    summary: str
    cells: tuple[Cell, ...]
    measured: bool

    @property
    def said(self) -> str:
        """Its name and its summary."""
        return self.summary if self.summary.startswith(self.name) else f"{self.name}: {self.summary}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """The whole run as a table.

    Attributes:
        baseline: what they are compared with; ``None`` where nothing was asked for.
        findings: what was found before the first candidate's turn, the gravest first.
        production: where production is; ``None`` where the run had none in its hands.
        staying: what is recorded of the release that runs now, in a sentence; empty where nothing is known of that.
        credit: where the advisories are from; empty where there are none.
    """

    run: RunRecord
    headline: str
    requirements: tuple[Requirement, ...]
    rows: tuple[Row, ...]
    baseline: BaselineRow | None
    findings: tuple[Finding, ...]
    production: ProductionSummary | None
    staying: str
    credit: str


def of(run: RunRecord) -> Matrix:
    """Build the matrix of a run; every report of it asks for the same one, so the last is kept."""
    if not _LAST or _LAST[0].run is not run:
        _LAST[:] = [_built(run)]
    return _LAST[0]


_LAST: list[Matrix] = []


def _built(run: RunRecord) -> Matrix:
    columns = _columns(run)
    names = Counter(map(sentences.short_name, run.candidates))
    before = grouped(run.baseline.cases) if run.baseline else {}
    return Matrix(
        run=run,
        headline=sentences.headline(run),
        requirements=columns,
        rows=tuple(_row(candidate, columns, names, before) for candidate in run.candidates),
        baseline=_baseline(run, columns),
        findings=findings.ordered(run.findings),
        production=production.of(run),
        staying=next((one.advisories.staying for one in run.candidates if one.advisories), ""),
        credit=next((one.advisories.credit for one in run.candidates if one.advisories), ""),
    )


def _columns(run: RunRecord) -> tuple[Requirement, ...]:
    seen = {case.requirement: case.sentence for candidate in run.candidates for case in candidate.cases}
    known = {one.id: one for one in (*REQUIREMENTS, *run.requirements)}
    columns = [one for one in known.values() if one.id in seen or not one.optional]
    unknown = seen.keys() - known.keys() - BY_ID.keys()
    others = [Requirement(id=name, sentence=sentence) for name, sentence in seen.items() if name in unknown]
    return (*columns, *others)


def _baseline(run: RunRecord, columns: Iterable[Requirement]) -> BaselineRow | None:
    record = run.baseline
    if record is None:
        return None
    return BaselineRow(
        record=record,
        name=baseline.name(record),
        summary=baseline.summary(record, run.baseline_again),
        cells=_cells(record, columns, {}),
        measured=bool(record.cases),
    )


def _row(
    candidate: CandidateRecord, columns: Iterable[Requirement], names: Counter[str], before: CasesByRequirement
) -> Row:
    name = sentences.short_name(candidate)
    return Row(
        candidate=candidate,
        name=candidate.image if names[name] > 1 else name,
        verdict=outcomes.verdict(candidate),
        summary=sentences.summary(candidate),
        cells=_cells(candidate, columns, before),
        reasons=reasons(candidate),
        blocked=tuple(case.id for case in candidate.cases if case.outcome is Outcome.BLOCKED),
        not_shown=_not_shown(candidate),
        not_tried=() if candidate.aside else sentences.having(candidate, None),
        advisories=str(candidate.advisories or ""),
    )


def _cells(candidate: CandidateRecord, columns: Iterable[Requirement], before: CasesByRequirement) -> tuple[Cell, ...]:
    partly = sentences.shown_in_part(candidate)
    cases = grouped(candidate.cases)
    return tuple(
        _cell(name, cases.get(name, []), before.get(name, []), partly=name in partly)
        for name in (one.id for one in columns)
    )


def grouped(cases: Iterable[CaseRecord]) -> CasesByRequirement:
    """The cases by requirement, in the order in which each requirement came first."""
    groups: CasesByRequirement = {}
    for case in cases:
        groups.setdefault(case.requirement, []).append(case)
    return groups


def _cell(requirement: str, cases: Sequence[CaseRecord], before: Sequence[CaseRecord], *, partly: bool) -> Cell:
    outcome = outcomes.worst(case.outcome for case in cases)
    message = next((case.message for case in cases if case.outcome is outcome), sentences.NOT_TRIED)
    figure = cell_figures.of(requirement, cases, outcome, before)
    return Cell(
        requirement=requirement, outcome=outcome, message=message, cases=len(cases), partly=partly, figure=figure
    )


def hidden(rows: Sequence[Row]) -> dict[NotShown, tuple[str, ...]]:
    """What the target cannot show, each reason once, with the candidates that it holds for; none for all of them."""
    names: dict[NotShown, list[str]] = {}
    for row in rows:
        for one in row.not_shown:
            names.setdefault(one, []).append(row.name)
    return {one: () if len(who) == len(rows) else tuple(who) for one, who in names.items()}


def reasons(candidate: CandidateRecord) -> tuple[Reason, ...]:
    """What kept a candidate from simply passing: the gravest outcome first, then the order in which it happened.

    Cases that failed of the same cause, as a dead engine fails all that follow, are one reason.
    """
    found: dict[object, Reason] = {}
    for case in sorted(
        (case for case in candidate.cases if case.outcome in _REASONS), key=lambda case: _REASONS.index(case.outcome)
    ):
        key = (case.outcome, case.diagnosis.cause, case.diagnosis.title) if case.diagnosis else case.id
        known = found.get(key)
        found[key] = replace(known, also=(*known.also, case.id)) if known else _reason(case)
    return tuple(found.values())


def _reason(case: CaseRecord) -> Reason:
    return Reason(
        outcome=case.outcome,
        requirement=case.requirement,
        case=case.id,
        message=case.message,
        diagnosis=case.diagnosis,
        evidence=case.evidence,
    )


def _not_shown(candidate: CandidateRecord) -> tuple[NotShown, ...]:
    partly = sentences.shown_in_part(candidate)
    hidden: dict[str, list[str]] = {}
    for case in candidate.cases:
        if case.outcome is Outcome.NOT_APPLICABLE:
            hidden.setdefault(case.requirement, []).append(case.message)
    return tuple(
        NotShown(requirement=name, reason="; ".join(dict.fromkeys(messages)), partly=name in partly)
        for name, messages in hidden.items()
        if name in (*partly, *sentences.having(candidate, Outcome.NOT_APPLICABLE))
    )
