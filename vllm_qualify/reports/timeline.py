"""The time of a run as lanes of spans: when production was away, and whose turn it was. Pure; for the page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from vllm_qualify.core.records import CaseRecord, RunRecord
from vllm_qualify.reports import sentences
from vllm_qualify.reports.production import ProductionState, ProductionSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of the run: where it starts and how wide it is, in percent of the whole."""

    name: str
    seconds: float
    start: float
    width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A run from its begin to its end.

    Attributes:
        begin: wall-clock time, UTC.
        end: as well.
        away: the outage; it lasts until the end where production is not back.
        turns: of the candidates and the baseline, as far as they had one.
    """

    begin: datetime
    end: datetime
    away: Span
    turns: tuple[Span, ...]


def of(run: RunRecord, production: ProductionSummary | None) -> Timeline | None:
    """The time line of a run; ``None`` where production was not away, for then there is nothing to see."""
    if production is None or production.away is None:
        return None
    away = production.away
    end = max(run.finished or away.until, away.until)
    whole = (end - run.started).total_seconds()
    if whole <= 0 or not run.started <= away.since:
        return None
    lost = production.state is ProductionState.NOT_BACK
    name, until = ("production down, and not back:", end) if lost else ("production down", away.until)
    return Timeline(
        begin=run.started,
        end=end,
        away=_span(name, away.since, until, run.started, whole),
        turns=tuple(_turns(run, whole)),
    )


def _turns(run: RunRecord, whole: float) -> Iterator[Span]:
    around = [(one, one.role.value.replace("-", " ")) for one in (run.baseline, run.baseline_again) if one is not None]
    tried = [(one, sentences.short_name(one)) for one in run.candidates]
    for candidate, name in (*around[:1], *tried, *around[1:]):
        ends = [end for case in candidate.cases if (end := _end(case)) is not None]
        if ends:
            since = min(case.started for case in candidate.cases)
            yield _span(name, since, max(ends), run.started, whole)


def _end(case: CaseRecord) -> datetime | None:
    try:
        return case.started + timedelta(seconds=case.seconds)
    except (OverflowError, ValueError):
        return None


def _span(name: str, since: datetime, until: datetime, begin: datetime, whole: float) -> Span:
    start = _percent(since, begin, whole)
    return Span(
        name=name,
        seconds=(until - since).total_seconds(),
        start=start,
        width=max(_percent(until, begin, whole) - start, 0.0),
    )


def _percent(at: datetime, begin: datetime, whole: float) -> float:
    return min(max(100 * (at - begin).total_seconds() / whole, 0.0), 100.0)
