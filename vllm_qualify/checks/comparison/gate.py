"""The gate: whether a candidate is slower than the baseline, as far as the measurements allow to be said. Pure.

A loss is estimated against each measurement of the baseline, before and after the candidate, with its 95 % interval.
Lying apart, the two show how much one release drifts from start to start, and that is noise: the lower end that counts
is the lower of the two, the upper end the higher one. With the limit L (8 %) the candidate

- fails if the upper end reaches L and the lower end lies above L/2: a loss of L cannot be excluded, one of half of it
  can. To ask for an estimate of L or more instead would find only one half of the losses that truly are L.
- passes if the upper end lies below L; with a warning where the loss is at least L/2 and its lower end above zero.
- is undecided otherwise. Half an interval of less than L/4 always decides, wherever it lies, so there is always a
  number of rounds that would tell; intervals narrow by the square root of it.

Where the two measurements of the baseline lie further apart than L/2, the loss must exceed what lies between them.
That rule is ours; ``python -m bench gate`` shows how often it is right. It joins an effect size with an interval, as
the AND rules of comparable gates do, and asks for the interval to clear half of the limit where they ask for zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from vllm_qualify.core import stats
from vllm_qualify.core.records import Outcome
from vllm_qualify.core.stats import Bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict:
    """What the gate says.

    Attributes:
        loss: the mean estimate, with the ends that count, as shares; negative where the candidate is better.
        drift: how far the two measurements of the baseline lie apart, as a share; ``None`` for only one.
        widen: by what factor the number of measurements has to grow to decide; ``None`` where it is decided, or where
            no number decides.
    """

    outcome: Outcome
    loss: Bounds
    drift: float | None = None
    widen: float | None = None


def loss(before: Sequence[float], after: Sequence[float], *, smaller_is_better: bool = False) -> Bounds:
    """By which share a candidate is worse, with the 95 % interval: less of a rate, or more of a time.

    Args:
        before: the baseline's measurements in their order, all positive.
        after: the candidate's.
        smaller_is_better: they are times, not rates.
    """
    ratio = stats.paired_ratio(before, after)
    if smaller_is_better:
        return Bounds(low=ratio.low - 1, nominal=ratio.nominal - 1, high=ratio.high - 1)
    return Bounds(low=1 - ratio.high, nominal=1 - ratio.nominal, high=1 - ratio.low)


def decide(losses: Sequence[Bounds], *, limit: float) -> GateVerdict:
    """Hold the losses against each measurement of the baseline, one or two, against the limit.

    Args:
        losses: from ``loss``, at least one.
        limit: the share that fails; ``regression`` of the settings.
    """
    drift = abs(losses[-1].nominal - losses[0].nominal) if len(losses) > 1 else None
    nominal = sum(one.nominal for one in losses) / len(losses)
    seen = Bounds(low=min(one.low for one in losses), nominal=nominal, high=max(one.high for one in losses))
    guard = max(limit / 2, drift or 0.0)
    if seen.high < limit:
        outcome = Outcome.WARNED if nominal >= limit / 2 and seen.low > 0 else Outcome.PASSED
    else:
        outcome = Outcome.FAILED if seen.low > guard else Outcome.INCONCLUSIVE
    widen = _widen(losses, nominal, guard, limit) if outcome is Outcome.INCONCLUSIVE else None
    return GateVerdict(outcome=outcome, loss=seen, drift=drift, widen=widen)


def _widen(losses: Sequence[Bounds], nominal: float, guard: float, limit: float) -> float | None:
    """The factor by which the measurements must grow, if the estimates stay where they are."""
    half = max((one.high - one.low) / 2 for one in losses)
    apart = max(abs(one.nominal - nominal) for one in losses)
    room = max(nominal - guard, limit - nominal) - apart
    return max((half / room) ** 2, 1.0) if room > 0 and math.isfinite(half) else None
