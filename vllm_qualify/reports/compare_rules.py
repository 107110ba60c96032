"""What two runs measured more than once, each way round: speed by the rule of ``gate``, documents one by one. Pure.

Of the figures that ``compare_figures`` pairs, these alone kept measurements of which noise can be told.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from vllm_qualify.checks.comparison import accuracy, conditions, documents, series, speed
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.checks.comparison.speed import SpeedFigure
from vllm_qualify.core.records import CaseRecord, Judgement, Observation, Outcome
from vllm_qualify.core.stats import Bounds

REGRESSION = 0.08
"""The loss of speed that matters, as a share; the default of ``[baseline] regression``, as no run records its own."""
ACCURACY = "accuracy"
_RATED: Mapping[tuple[str, str], SpeedFigure] = {
    ("THROUGHPUT/decode-rate", "decode-rate"): speed.DECODE_RATE,
    ("THROUGHPUT/streams", "throughput"): speed.THROUGHPUT,
    ("THROUGHPUT/streams", "first-token-median"): speed.FIRST_TOKEN,
}


class ChangeStanding(Enum):
    """Which way something went from one run to the other."""

    WORSE = "worse"
    BETTER = "better"
    CANNOT_TELL = "cannot-tell"
    SAME = "same"

    @property
    def words(self) -> str:
        """The same for people."""
        return self.value.replace("-", " ")


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureChange:
    """Which way a figure went.

    Attributes:
        interval: of the change as a share, with 95 % confidence; ``None`` where none is known.
        reason: why it cannot be told which way; ``""`` where it can.
        neutral: neither way is better.
    """

    standing: ChangeStanding
    interval: Bounds | None = None
    reason: str = ""
    neutral: bool = False


def of(old: CaseRecord, new: CaseRecord, name: str) -> FigureChange | None:
    """What the measurements of a case in both runs say; ``None`` where one of them kept none of this figure.

    Args:
        old: the case in the earlier run.
        new: in the later one.
        name: of the observation.
    """
    if figure := _RATED.get((new.id, name)):
        return _rated(old, new, figure)
    return _documents(old, new) if name == ACCURACY else None


def number(seen: Observation) -> float | None:
    """Its value; ``None`` where that is no number that can be compared."""
    value = seen.value
    return float(value) if not isinstance(value, bool | str) and math.isfinite(value) else None


def _rated(old: CaseRecord, new: CaseRecord, figure: SpeedFigure) -> FigureChange | None:
    """A speed by the rule of the gate, which is asked both ways round; ``None`` where a run kept no measurements."""
    if series.series(old, figure.name) is None or series.series(new, figure.name) is None:
        return None
    there, back = (
        speed.judge(ComparedCases(id=new.id, candidate=one, baseline=other), figure, limit=REGRESSION)
        for one, other in ((new, old), (old, new))
    )
    standing = _either(there, back)
    doubt = _doubt(old, new, figure) if standing is ChangeStanding.CANNOT_TELL else ""
    interval = _interval(there, smaller_is_better=figure.smaller_is_better)
    return FigureChange(standing=standing, interval=interval, reason=doubt)


def _doubt(old: CaseRecord, new: CaseRecord, figure: SpeedFigure) -> str:
    """Why a speed decides nothing: under what one run alone was measured, else its noise."""
    earlier, later = series.conditions(old), series.conditions(new)
    for one, other, name in ((later, earlier, "later"), (earlier, later, "earlier")):
        if why := conditions.explaining(one, [other], loss=REGRESSION * figure.leeway):
            return f"in the {name} run {why.replace('for the baseline', 'in the other')}"
    return "the noise is as large as the difference"


def _either(there: Judgement, back: Judgement) -> ChangeStanding:
    """Worse where the later run loses to the earlier one, better where it is the other way round."""
    lost = {Outcome.FAILED, Outcome.WARNED}
    if (there.outcome in lost) != (back.outcome in lost):
        return ChangeStanding.WORSE if there.outcome in lost else ChangeStanding.BETTER
    if there.outcome is back.outcome is Outcome.PASSED:
        return ChangeStanding.SAME
    return ChangeStanding.CANNOT_TELL


def _interval(judgement: Judgement, *, smaller_is_better: bool) -> Bounds | None:
    """Of the change as a share, from the loss in percent."""
    seen = {one.name: number(one) for one in judgement.observations}
    loss, low, high = (seen.get(name) for name in ("loss", "loss-low", "loss-high"))
    if loss is None or low is None or high is None:
        return None
    if smaller_is_better:
        return Bounds(low=low / 100, nominal=loss / 100, high=high / 100)
    return Bounds(low=-high / 100, nominal=-loss / 100, high=-low / 100)


def _documents(old: CaseRecord, new: CaseRecord) -> FigureChange | None:
    """The same documents of both runs, by McNemar's test; ``None`` where a run kept no answers."""
    if not documents.answers(old) or not documents.answers(new):
        return None
    there, back = (
        accuracy.accuracy(ComparedCases(id=new.id, candidate=one, baseline=other), limit=REGRESSION)
        for one, other in ((new, old), (old, new))
    )
    seen = {one.name: number(one) for one in there.observations}
    lost, won = seen.get("lost"), seen.get("won")
    if lost is None or won is None:
        return None
    if Outcome.FAILED in {there.outcome, back.outcome}:
        worse = there.outcome is Outcome.FAILED
        return FigureChange(standing=ChangeStanding.WORSE if worse else ChangeStanding.BETTER)
    if not lost + won:
        return FigureChange(standing=ChangeStanding.SAME)
    chance = f"{lost:.0f} documents are lost and {won:.0f} won, which may be chance"
    return FigureChange(standing=ChangeStanding.CANNOT_TELL, reason=chance)
