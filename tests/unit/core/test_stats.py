"""The statistics against published values, their definitions and their own promises."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import stats


def test_median_of_even_and_odd() -> None:
    """The middle one, or the mean of the middle two."""
    assert (stats.median([3, 1, 2]), stats.median([4, 1, 2, 3])) == (2.0, 2.5)


def test_cv_is_sample_deviation_over_mean() -> None:
    """Five values with mean 40 and sample variance 2.5 vary by sqrt(2.5)/40."""
    assert stats.cv([38, 39, 40, 41, 42]) == pytest.approx(math.sqrt(2.5) / 40)


@pytest.mark.parametrize("values", [[], [40.0], [-1.0, 1.0]])
def test_cv_of_too_little_is_never_steady(values: list[float]) -> None:
    """No spread to see, or no mean to compare it with, is no steadiness."""
    assert stats.cv(values) == math.inf


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(0, 10, 0.0, 0.2775), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662), (148, 148, 0.9747, 1.0)],
)
def test_wilson_gives_published_intervals(successes: int, trials: int, low: float, high: float) -> None:
    """81 of 263 and 148 of 148 are the examples of Newcombe (1998), the others of the binomial tables."""
    interval = stats.wilson(successes, trials)

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@given(trials=st.integers(0, 500), share=st.floats(0, 1))
def test_wilson_contains_the_rate_and_mirrors(trials: int, share: float) -> None:
    """The interval lies within 0 to 1, holds the observed rate, and that of failures is its mirror image."""
    hits = round(trials * share)
    interval, mirrored = stats.wilson(hits, trials), stats.wilson(trials - hits, trials)

    assert 0 <= interval.low <= (hits / trials if trials else 0.5) <= interval.high <= 1
    assert (interval.low, interval.high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low))


def test_one_sided_bound_uses_its_own_quantile() -> None:
    """With all of n right the one-sided 95 % bound is n / (n + 1.6449 squared)."""
    assert stats.wilson_bounds(59, 59).low == pytest.approx(59 / (59 + 1.6448536**2))


@pytest.mark.parametrize(("successes", "trials"), [(-1, 10), (11, 10)])
def test_wilson_refuses_impossible_counts(successes: int, trials: int) -> None:
    """More successes than trials, or fewer than none, is a mistake of the caller."""
    with pytest.raises(ValueError, match="expected 0 <= successes <= trials"):
        stats.wilson(successes, trials)


@pytest.mark.parametrize(("rate", "confidence", "trials"), [(0.90, 0.95, 29), (0.95, 0.95, 59), (0.99, 0.99, 459)])
def test_trials_needed_are_those_of_mlperf(rate: float, confidence: float, trials: int) -> None:
    """So many trials without a failure show the rate."""
    assert stats.trials_needed(rate, confidence=confidence) == trials


def t_distribution(t: float, freedom: int) -> float:
    """Student's distribution function by Simpson's rule over its density, an independent way to the table."""
    scale = math.exp(math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)) / math.sqrt(freedom * math.pi)
    steps = 4000
    width = t / steps
    heights = [(1 + (place * width) ** 2 / freedom) ** (-(freedom + 1) / 2) for place in range(steps + 1)]
    area = heights[0] + heights[-1] + 4 * sum(heights[1:-1:2]) + 2 * sum(heights[2:-1:2])
    return 0.5 + scale * area * width / 3


@pytest.mark.parametrize("freedom", range(1, 31))
def test_every_entry_of_the_t_table(freedom: int) -> None:
    """Each tabled value leaves 2.5 % above it, as far as three decimals can."""
    assert t_distribution(stats._T_95[freedom - 1], freedom) == pytest.approx(0.975, abs=3e-5)


def test_round_interval_by_hand() -> None:
    """Rounds of 39, 40 and 41: 40 plus or minus 4.303 * 1 / sqrt(3)."""
    interval = stats.round_interval([39, 40, 41])

    assert (interval.low, interval.high) == pytest.approx((40 - 4.303 / math.sqrt(3), 40 + 4.303 / math.sqrt(3)))


def test_one_round_bounds_nothing() -> None:
    """A single round has an interval without ends."""
    assert stats.round_interval([40.0]) == stats.Interval(low=-math.inf, high=math.inf)


def test_round_interval_covers_as_promised() -> None:
    """Of 2000 simulated triples of rounds, 95 % (give or take 1.5 points) hold the true mean."""
    draw = random.Random(7)  # noqa: S311 - a repeatable draw is wanted.
    intervals = [stats.round_interval([draw.gauss(40, 1) for _ in range(3)]) for _ in range(2000)]

    covered = sum(interval.low <= 40 <= interval.high for interval in intervals) / 2000

    assert covered == pytest.approx(0.95, abs=0.015)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ((), False),
        ((40.0, 40.0), False),
        ((40.0, 40.0, 40.0), True),
        ((10.0, 40.0, 38.0, 39.0), True),
        ((40.0, 37.9, 39.0), False),
        ((0.0, 0.0, 0.0), True),
    ],
)
def test_values_have_settled_when_the_last_three_are_close(values: tuple[float, ...], *, found: bool) -> None:
    """The smallest of the last three is at most 5 % below the largest; what came before does not matter."""
    assert stats.settled(values, last=3, within=0.05) is found
