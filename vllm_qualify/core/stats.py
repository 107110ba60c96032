"""What a handful of measurements allows to be said; used by the judges. No I/O.

The statistics are those of ``scipy.stats``, which takes half a second to load, and of ``statistics``: each function
that needs them imports them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
"""Of every interval of this harness."""
_RESAMPLES = 2000
_SEED = 15
# Simulated: of 5 values 84 in 100 bootstrapped intervals hold the truth instead of 95, of 10 it is 90, of 15 it is 92.
_ENOUGH_TO_RESAMPLE = 10
# Logarithms that differ by less differ by nothing, and what does not differ cannot be resampled.
_ROUNDING = 1e-12


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

    @property
    def grouped(self) -> str:
        """The same in a sentence, thousands separated."""
        return f"{self.nominal:,.0f} ({self.low:,.0f} to {self.high:,.0f})"


def median(values: Sequence[float]) -> float:
    """The middle value, in the unit of the values.

    Raises:
        statistics.StatisticsError: there are no values.
    """
    import statistics  # noqa: PLC0415 - as the module says.

    return float(statistics.median(values))


def cv(values: Sequence[float]) -> float:
    """Coefficient of variation: sample standard deviation over mean, as a share (0.05 is 5 %).

    One value has no spread to show, so its result is ``inf``, which never passes for steady.
    """
    import statistics  # noqa: PLC0415 - as the module says.

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


def proportion(successes: int, trials: int, *, one_sided: bool = False) -> Interval:
    """95 % interval of a success rate: the score interval of Wilson, JASA 22 (1927).

    Recommended for small samples by Brown, Cai and DasGupta, Statistical Science 16 (2001).

    Args:
        successes: how many trials succeeded.
        trials: how many there were; none gives 0 to 1, for nothing is known.
        one_sided: each end holds by itself with the confidence, not both together.

    Raises:
        ValueError: the successes are negative or more than the trials.
    """
    from scipy.stats import binomtest  # noqa: PLC0415 - as the module says.

    if trials == 0 == successes:
        return Interval(low=0.0, high=1.0)
    both = 2 * CONFIDENCE - 1 if one_sided else CONFIDENCE
    found = binomtest(successes, trials).proportion_ci(both, method="wilson")
    return Interval(low=float(found.low), high=float(found.high))


def mcnemar(lost: int, won: int) -> float:
    """Exact p-value of McNemar's test: how likely pairs that differ differ so unequally if neither side is better.

    McNemar, Psychometrika 12 (1947), in its exact form: a two-sided binomial test of the discordant pairs.

    Args:
        lost: pairs that were right before and are wrong now.
        won: pairs that were wrong before and are right now.
    """
    from scipy.stats import binomtest  # noqa: PLC0415 - as the module says.

    return float(binomtest(lost, lost + won).pvalue) if lost + won else 1.0


def trials_needed(rate: float, *, confidence: float = CONFIDENCE) -> int:
    """How many trials without a failure show a success rate: 59 for 95 % at a confidence of 95 %.

    The binomial early stopping of MLPerf Inference (mlcommons/inference_policies, inference_rules.adoc) with no
    failure allowed.
    """
    return math.ceil(math.log(1 - confidence) / math.log(rate))


def round_interval(rounds: Sequence[float]) -> Interval:
    """95 % interval of the mean of rounds from their spread alone, in their unit.

    Student's t on one figure a round: requests of one round share its conditions and are no independent samples.

    Args:
        rounds: one figure a round; fewer than two give an interval without ends.
    """
    import statistics  # noqa: PLC0415 - as the module says.

    from scipy.stats import t  # noqa: PLC0415 - as the module says.

    if len(rounds) < 2:  # noqa: PLR2004 - a spread needs two values.
        return Interval(low=-math.inf, high=math.inf)
    half = float(t.ppf(0.5 + CONFIDENCE / 2, len(rounds) - 1)) * statistics.stdev(rounds) / math.sqrt(len(rounds))
    return Interval(low=statistics.fmean(rounds) - half, high=statistics.fmean(rounds) + half)


def paired_ratio(before: Sequence[float], after: Sequence[float]) -> Bounds:
    """By what factor measurements changed: the geometric mean of the ratios of pairs, with its 95 % interval.

    The logarithm of a ratio is symmetric (twice as fast and half as fast lie equally far from no change) and knows no
    unit. From ten pairs on its mean is bootstrapped, bias-corrected and accelerated (BCa; Efron, JASA 82 (1987)), with
    a fixed seed, so that the same measurements always get the same verdict; of fewer, Student's t gives the interval.

    Args:
        before: positive measurements in their order; the n-th is paired with the n-th one after.
        after: the same of what is compared with it; what one has more than the other has no pair and is left out.

    Returns:
        The factor; of one pair the interval has no ends, 0 and infinity.

    Raises:
        ValueError: there is no pair, or a measurement is not a positive number.
    """
    import statistics  # noqa: PLC0415 - as the module says.

    if not before or not after or not all(0 < value < math.inf for value in (*before, *after)):
        raise ValueError("expected positive measurements on both sides")
    logs = [math.log(new / old) for old, new in zip(before, after, strict=False)]
    few = len(logs) < _ENOUGH_TO_RESAMPLE or max(logs) - min(logs) < _ROUNDING
    interval = round_interval(logs) if few else _resampled_mean(logs)
    return Bounds(
        low=math.exp(interval.low),
        nominal=math.exp(statistics.fmean(logs)),
        high=math.exp(interval.high) if math.isfinite(interval.high) else math.inf,
    )


def _resampled_mean(values: Sequence[float]) -> Interval:
    import statistics  # noqa: PLC0415 - as the module says.

    import numpy as np  # noqa: PLC0415 - as the module says.
    from scipy.stats import bootstrap  # noqa: PLC0415 - as the module says.

    rng = np.random.default_rng(_SEED)
    centre, scale = statistics.fmean(values), statistics.stdev(values)
    # In units of their own spread and rounded, values that tie go on to tie, whatever the factor between the turns.
    plain = [round((value - centre) / scale, 9) for value in values]
    found = bootstrap(
        (plain,), np.mean, n_resamples=_RESAMPLES, confidence_level=CONFIDENCE, method="BCa", rng=rng
    ).confidence_interval
    return Interval(low=centre + scale * float(found.low), high=centre + scale * float(found.high))
