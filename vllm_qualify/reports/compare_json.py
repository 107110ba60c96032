"""A comparison for programs; ``compare.schema.json`` describes it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from vllm_qualify.core import outcomes
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import CandidateRecord, Outcome
from vllm_qualify.reports import compare, plain, sentences, text
from vllm_qualify.reports.compare import AnswerChange, Comparison, RequirementTrend, RunDifference
from vllm_qualify.reports.compare_figures import FigurePair
from vllm_qualify.reports.compare_rules import ChangeStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRun:
    """One of the two runs.

    Attributes:
        run: its name.
        started: when it began, in UTC.
        finished: when it ended; null when it was killed.
        target: what its candidates ran on.
    """

    run: str
    started: datetime
    finished: datetime | None
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareDifference:
    """Something about the runs, or about what was tried.

    Attributes:
        name: what it is, such as driver, workload or digest.
        before: in the earlier run; empty where that does not tell it.
        after: in the later run; empty where that does not tell it.
    """

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareSide:
    """A candidate in one of the runs.

    Attributes:
        image: the image as it was named.
        verdict: what that run says of it.
        summary: the verdict in one sentence.
    """

    image: str
    verdict: Verdict
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareRequirement:
    """One requirement in both runs.

    Attributes:
        requirement: its id, such as LOAD.
        before: its outcome in the earlier run; null where no case of it was run.
        after: in the later run; null where no case of it was run.
        change: what became of it.
        standing: the group that it is shown in; what is no longer shown cannot be told.
    """

    requirement: str
    before: Outcome | None
    after: Outcome | None
    change: RequirementTrend
    standing: ChangeStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareInterval:
    """What a change hardly lies outside of, as shares with 95 % confidence.

    Attributes:
        low: the lower end.
        high: the upper end; null where there is none.
    """

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareFigure:
    """One observation of one case in both runs.

    Attributes:
        case: the case, such as LOAD/first-token.
        name: what was observed.
        before: its value in the earlier run; null where the measurement gave no number.
        after: in the later run; null where the measurement gave no number.
        unit: of the later value; empty for a word.
        share: the change as a share of the earlier value; null where there are no numbers of one unit.
        interval: of that share; null where none is known.
        standing: which way it went.
        reason: why that cannot be told; empty where it can.
    """

    case: str
    name: str
    before: bool | float | str | None
    after: bool | float | str | None
    unit: str
    share: float | None
    interval: CompareInterval | None
    standing: ChangeStanding
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareAnswer:
    """One document that is answered otherwise.

    Attributes:
        case: the case that asked it.
        document: its id.
        before: the beginning of the earlier answer.
        after: the beginning of the later answer.
        standing: better or worse where only one of them is right.
    """

    case: str
    document: str
    before: str
    after: str
    standing: ChangeStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareCandidate:
    """One candidate in both runs.

    Attributes:
        before: in the earlier run.
        after: in the later run.
        conditions: what else differs about the two, such as the digest behind the tag.
        requirements: every requirement, in their order.
        figures: every observation that both runs have.
        answers: the documents that are answered otherwise.
    """

    before: CompareSide
    after: CompareSide
    conditions: tuple[CompareDifference, ...]
    requirements: tuple[CompareRequirement, ...]
    figures: tuple[CompareFigure, ...]
    answers: tuple[CompareAnswer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareDocument:
    """Two runs side by side.

    Attributes:
        schema: the version of this format, another one once a field changes its meaning or goes; a reader ignores
            what it does not know.
        summary: what changed, in one sentence.
        exit_code: that of the command: 1 where a requirement got worse, 10 where one is no longer shown, else 0.
        before: the earlier run.
        after: the later run.
        conditions: what differs about the runs themselves; figures then compare with care.
        candidates: those that both runs tried.
        only_before: images that the later run did not try.
        only_after: images that the earlier run did not try.
    """

    schema: Literal[1]
    summary: str
    exit_code: int
    before: CompareRun
    after: CompareRun
    conditions: tuple[CompareDifference, ...]
    candidates: tuple[CompareCandidate, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


def document(comparison: Comparison) -> dict[str, Any]:
    """The comparison as plain values, before they become text; without what a terminal cannot take."""
    made = plain.like(
        CompareDocument,
        comparison,
        schema=1,
        summary=compare.headline(comparison),
        before=plain.like(CompareRun, comparison.before),
        after=plain.like(CompareRun, comparison.after),
        conditions=_differences(comparison.conditions),
        candidates=tuple(map(_candidate, comparison.differences)),
    )
    values: dict[str, Any] = plain.of(made, text.clean)
    return values


def _candidate(pair: compare.CandidatePair) -> CompareCandidate:
    return CompareCandidate(
        before=_side(pair.before),
        after=_side(pair.after),
        conditions=_differences(pair.conditions),
        requirements=tuple(plain.like(CompareRequirement, step) for step in pair.steps),
        figures=tuple(map(_figure, pair.figures)),
        answers=tuple(map(_answer, pair.answers)),
    )


def _differences(found: tuple[RunDifference, ...]) -> tuple[CompareDifference, ...]:
    return tuple(plain.like(CompareDifference, one) for one in found)


def _side(candidate: CandidateRecord) -> CompareSide:
    verdict, summary = outcomes.verdict(candidate), sentences.summary(candidate)
    return CompareSide(image=candidate.image, verdict=verdict, summary=summary)


def _figure(pair: FigurePair) -> CompareFigure:
    interval = pair.change.interval
    return CompareFigure(
        case=pair.case,
        name=pair.after.name,
        before=pair.before.value,
        after=pair.after.value,
        unit=pair.after.unit,
        share=pair.share,
        interval=CompareInterval(low=interval.low, high=interval.high) if interval else None,
        standing=pair.change.standing,
        reason=pair.change.reason,
    )


def _answer(answer: AnswerChange) -> CompareAnswer:
    return plain.like(CompareAnswer, answer)
