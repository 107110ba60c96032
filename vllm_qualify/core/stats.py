"""What a handful of measurements allows to be said; used by the judges. Standard library only, no I/O."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

# Two-sided 95 % critical values of Student's t for 1 to 30 degrees of freedom, from the NIST/SEMATECH e-Handbook of
# Statistical Methods, table 1.3.6.7.2. The standard library has no t quantile.
_T_95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
    2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
    2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A range that holds the true value with the confidence of whoever made it; both ends are inside."""

    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.low:.3g} to {self.high:.3g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """One figure of an estimate: the likeliest value, and what it hardly lies outside of."""

    low: float
    nominal: float
    high: float

    def __iter__(self) -> Iterator[float]:
        return iter((self.low, self.nominal, self.high))

    def __str__(self) -> str:
        return f"{self.nominal:.0f} ({self.low:.0f} to {self.high:.0f})"


def median(values: Sequence[float]) -> float:
    """The middle value, in the unit of the values.

    Raises:
        statistics.StatisticsError: there are no values.
    """
    return float(statistics.median(values))


def cv(values: Sequence[float]) -> float:
    """Coefficient of variation: sample standard deviation over mean, as a share (0.05 is 5 %).

    One value has no spread to show, so its result is ``inf``, which never passes for steady.
    """
    if len(values) < 2:  # noqa: PLR2004 - a spread needs two values.
        return math.inf
    mean = statistics.fmean(values)
    return statistics.stdev(values) / abs(mean) if mean else math.inf


def settled(values: Sequence[float], *, last: int, within: float) -> bool:
    """Tell whether the last values lie close together: the smallest no less than the largest by more than a share.

    Args:
        values: in their order; fewer than ``last`` have not settled.
        last: how many of them are looked at.
        within: the share, 0.05 for 5 %.
    """
    tail = values[-last:]
    return len(tail) == last and min(tail) >= max(tail) * (1 - within)


def wilson(successes: int, trials: int, *, confidence: float = 0.95) -> Interval:
    """Two-sided interval of a success rate.

    The score interval of E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA
    22 (1927); recommended for small samples by Brown, Cai and DasGupta, Statistical Science 16 (2001). For a one-sided
    bound of 95 % take one end of the interval with a confidence of 0.90, as ``wilson_bounds`` does.

    Args:
        successes: how many trials succeeded.
        trials: how many there were; none gives 0 to 1, for nothing is known.
        confidence: between 0 and 1.

    Raises:
        ValueError: the successes are negative or more than the trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"expected 0 <= successes <= trials, got {successes} of {trials}")
    if trials == 0:
        return Interval(low=0.0, high=1.0)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    rate, weight = successes / trials, z * z / trials
    centre = (rate + weight / 2) / (1 + weight)
    half = z * math.sqrt(rate * (1 - rate) / trials + weight / (4 * trials)) / (1 + weight)
    # At the ends the formula is exact but its rounding is not, and a bound of 1 - 1e-16 would not contain 1.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    return Interval(low=low, high=1.0 if successes == trials else min(1.0, centre + half))


def wilson_bounds(successes: int, trials: int, *, confidence: float = 0.95) -> Interval:
    """One-sided bounds of a success rate: each end holds by itself with the confidence, not both together."""
    return wilson(successes, trials, confidence=2 * confidence - 1)


def trials_needed(rate: float, *, confidence: float = 0.95) -> int:
    """How many trials without a failure show a success rate: 59 for 95 % at a confidence of 95 %.

    The binomial early stopping of MLPerf Inference (mlcommons/inference_policies, inference_rules.adoc) with no
    failure allowed.
    """
    return math.ceil(math.log(1 - confidence) / math.log(rate))


def round_interval(rounds: Sequence[float]) -> Interval:
    """95 % interval of the mean of rounds from their spread alone, in their unit.

    Student's t on one figure a round: requests of one round share its conditions and are no independent samples. Past
    31 rounds the last value of the table is used, which is slightly too wide.

    Args:
        rounds: one figure a round; fewer than two give an interval without ends.
    """
    if len(rounds) < 2:  # noqa: PLR2004 - a spread needs two values.
        return Interval(low=-math.inf, high=math.inf)
    t = _T_95[min(len(rounds) - 1, len(_T_95)) - 1]
    centre, half = statistics.fmean(rounds), t * statistics.stdev(rounds) / math.sqrt(len(rounds))
    return Interval(low=centre - half, high=centre + half)
