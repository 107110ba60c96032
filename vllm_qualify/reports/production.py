"""Whether production is back, how long it was away, and what shows it; every report reads this. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from vllm_qualify.checks import production
from vllm_qualify.core import outcomes
from vllm_qualify.core.records import CaseRecord, Outcome, RunRecord
from vllm_qualify.reports import text

NAME = "production"
"""What it is called where a candidate would stand by its image."""
REMEDY = (
    "run `vllm-qualify restore` to put production back from the snapshot; add `--overwrite` to also put back "
    "what somebody else changed since, or `--keep` to leave everything as it is"
)
_AWAY = "production-away"
_UNKNOWN = "It is not known whether production is back"


class ProductionState(Enum):
    """Where production is at the end of a run."""

    BACK = "back"
    NOT_TAKEN_DOWN = "not-taken-down"
    NOT_BACK = "not-back"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """An outage.

    Attributes:
        seconds: from taking production down to the proof that it is back, or to the end of the attempt.
        limit_seconds: how long it was allowed; ``None`` where that was not recorded.
        since: when it was taken down, UTC.
        until: when that proof or attempt ended, UTC.
    """

    seconds: float
    limit_seconds: float | None
    since: datetime
    until: datetime

    @property
    def late(self) -> bool:
        """It took longer than was allowed."""
        return self.limit_seconds is not None and self.seconds > self.limit_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionSummary:
    """What a run says of production.

    Attributes:
        state: where it is.
        headline: the same in a few words, with the outage.
        details: what shows that it is back, or why it is not.
        away: the outage; ``None`` where there was none.
        cases: those that belong to production.
    """

    state: ProductionState
    headline: str
    details: tuple[str, ...] = ()
    away: Away | None = None
    cases: tuple[CaseRecord, ...] = ()

    @property
    def alarming(self) -> bool:
        """Somebody has to act."""
        return self.state in {ProductionState.NOT_BACK, ProductionState.UNKNOWN}

    @property
    def warned(self) -> bool:
        """It is back, and there is something to read all the same."""
        return not self.alarming and any(case.outcome is Outcome.WARNED for case in self.cases)

    @property
    def remedy(self) -> str:
        """What to do, ``""`` where nothing is."""
        return REMEDY if self.alarming else ""

    @property
    def said(self) -> str:
        """The headline with its details, as a sentence."""
        joint = ", proven by: " if self.state is ProductionState.BACK and not self.warned else ": "
        return text.sentence(f"{self.headline}{joint if self.details else ''}{'; '.join(self.details)}")

    @property
    def summary(self) -> str:
        """The same, and what to do."""
        return f"{self.said} {text.sentence(self.remedy)}".strip()


def of(run: RunRecord) -> ProductionSummary | None:
    """What a run says of production; ``None`` where it had none in its hands, as on this machine."""
    if not run.production:
        if not run.takes_production_away or run.finished is not None:
            return None
        return _only_asked() if outcomes.only_asked(run) else _unknown()
    gravest = outcomes.worst(case.outcome for case in run.production)
    case = next(case for case in run.production if case.outcome is gravest)
    away = _away(case)
    state = _state(run, case, away)
    details = production.details(case.message)
    return ProductionSummary(
        state=state, headline=_headline(state, away), details=details, away=away, cases=run.production
    )


def _unknown() -> ProductionSummary:
    return ProductionSummary(
        state=ProductionState.UNKNOWN, headline=_UNKNOWN, details=("the run was killed before it could tell",)
    )


def _only_asked() -> ProductionSummary:
    said = "the run was killed while production was only asked, and `vllm-qualify restore` removes the lock it left"
    state = ProductionState.NOT_TAKEN_DOWN
    return ProductionSummary(state=state, headline=_headline(state, None), details=(said,))


def _state(run: RunRecord, case: CaseRecord, away: Away | None) -> ProductionState:
    if not outcomes.put_back(run):
        return ProductionState.NOT_BACK
    if case.outcome is Outcome.BLOCKED:
        return ProductionState.UNKNOWN
    if case.outcome is Outcome.NOT_APPLICABLE or away is None:
        return ProductionState.NOT_TAKEN_DOWN
    return ProductionState.BACK


def _headline(state: ProductionState, away: Away | None) -> str:
    if state is ProductionState.NOT_BACK:
        return "Production is NOT back" + (f": it was taken down at {clock(away.since)} UTC" if away else "")
    if state is ProductionState.UNKNOWN:
        return _UNKNOWN
    if away is None:
        return "Production was never taken down"
    late = f", longer than the {text.number(away.limit_seconds or 0)} s allowed," if away.late else ""
    span = f"{clock(away.since)} to {clock(away.until)} UTC"
    return f"Production was down for {away.seconds:.0f} s ({span}){late} and is back"


def clock(at: datetime) -> str:
    """A time of the day, to the second."""
    return f"{at:%H:%M:%S}"


def _away(case: CaseRecord) -> Away | None:
    """The outage that a case tells of; the case ends with the proof, so its end is the end of the outage."""
    seen = next((seen for seen in case.observations if seen.name == _AWAY), None)
    if seen is None or isinstance(seen.value, (bool, str)) or not math.isfinite(seen.value) or seen.value < 0:
        return None
    try:
        until = case.started + timedelta(seconds=case.seconds)
        since = until - timedelta(seconds=seen.value)
    except (OverflowError, ValueError):
        return None
    limit = seen.limit.high if seen.limit else None
    return Away(seconds=seen.value, limit_seconds=limit, since=since, until=until)
