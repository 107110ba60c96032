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
def test_proportion_gives_published_intervals(successes: int, trials: int, low: float, high: float) -> None:
    """81 of 263 and 148 of 148 are the examples of Newcombe (1998), the others of the binomial tables."""
    interval = stats.proportion(successes, trials)

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@given(trials=st.integers(0, 500), share=st.floats(0, 1))
def test_proportion_contains_the_rate_and_mirrors(trials: int, share: float) -> None:
    """The interval lies within 0 to 1, holds the observed rate, and that of failures is its mirror image."""
    hits = round(trials * share)
    interval, mirrored = stats.proportion(hits, trials), stats.proportion(trials - hits, trials)

    assert 0 <= interval.low <= (hits / trials if trials else 0.5) <= interval.high <= 1
    assert (interval.low, interval.high) == pytest.approx((1 - mirrored.high, 1 - mirrored.low))


def test_one_sided_bound_uses_its_own_quantile() -> None:
    """With all of n right the one-sided 95 % bound is n / (n + 1.6449 squared)."""
    assert stats.proportion(59, 59, one_sided=True).low == pytest.approx(59 / (59 + 1.6448536**2))


@pytest.mark.parametrize(("successes", "trials"), [(-1, 10), (11, 10), (1, 0)])
def test_proportion_refuses_impossible_counts(successes: int, trials: int) -> None:
    """More successes than trials, or fewer than none, is a mistake of the caller."""
    with pytest.raises(ValueError, match=r"."):
        stats.proportion(successes, trials)


@pytest.mark.parametrize(("lost", "won", "p"), [(0, 0, 1.0), (5, 0, 2 / 2**5), (8, 1, 2 * 10 / 2**9), (4, 4, 1.0)])
def test_mcnemar_by_hand(lost: int, won: int, p: float) -> None:
    """The p-value is the share of coin tosses that come out at least as unequal."""
    assert stats.mcnemar(lost, won) == pytest.approx(p)


@given(lost=st.integers(0, 60), won=st.integers(0, 60))
def test_mcnemar_is_symmetric_and_falls_with_the_losses(lost: int, won: int) -> None:
    """Neither side is preferred, and of as many wins one more loss beyond them makes chance less likely."""
    assert stats.mcnemar(lost, won) == pytest.approx(stats.mcnemar(won, lost))
    if lost > won:
        assert stats.mcnemar(lost + 1, won) < stats.mcnemar(lost, won)


@pytest.mark.parametrize(("rate", "confidence", "trials"), [(0.90, 0.95, 29), (0.95, 0.95, 59), (0.99, 0.99, 459)])
def test_trials_needed_are_those_of_mlperf(rate: float, confidence: float, trials: int) -> None:
    """So many trials without a failure show the rate."""
    assert stats.trials_needed(rate, confidence=confidence) == trials


def test_round_interval_by_hand() -> None:
    """Rounds of 39, 40 and 41: 40 plus or minus 4.303 * 1 / sqrt(3)."""
    interval = stats.round_interval([39, 40, 41])

    assert (interval.low, interval.high) == pytest.approx(
        (40 - 4.303 / math.sqrt(3), 40 + 4.303 / math.sqrt(3)), abs=1e-3
    )


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


RATES = st.lists(st.floats(10, 1000), min_size=2, max_size=20)


@given(before=RATES, after=RATES, unit=st.floats(0.001, 1000), factor=st.floats(0.1, 10))
def test_paired_ratio_knows_no_unit(before: list[float], after: list[float], unit: float, factor: float) -> None:
    """Measured in another unit nothing changes; a candidate that is faster by a factor is so with both ends."""
    here = stats.paired_ratio(before, after)
    there = stats.paired_ratio([unit * one for one in before], [unit * factor * one for one in after])

    assert tuple(there) == pytest.approx(tuple(factor * one for one in here), rel=1e-6)


@given(before=RATES, after=RATES)
def test_paired_ratio_is_symmetric(before: list[float], after: list[float]) -> None:
    """With the sides exchanged it is the reciprocal, its ends those of the other side, as far as resampling can."""
    here, back = stats.paired_ratio(before, after), stats.paired_ratio(after, before)
    wide = math.log(here.high / here.low)

    assert back.nominal == pytest.approx(1 / here.nominal)
    assert math.log(back.low) == pytest.approx(-math.log(here.high), abs=0.15 * wide + 1e-9)
    assert here.low <= here.nominal * (1 + 1e-9)
    assert here.nominal <= here.high * (1 + 1e-9)


@pytest.mark.parametrize("pairs", [3, 15])
def test_paired_ratio_of_pairs_that_all_agree_is_a_point(pairs: int) -> None:
    """Without spread there is nothing to resample, and the interval is the value itself."""
    assert tuple(stats.paired_ratio([40.0] * pairs, [36.0] * pairs)) == pytest.approx((0.9, 0.9, 0.9))


def test_one_pair_has_a_ratio_and_no_ends() -> None:
    """A single pair has no spread to see."""
    assert tuple(stats.paired_ratio([40.0], [36.0])) == pytest.approx((0.0, 0.9, math.inf))


def test_what_has_no_pair_is_left_out() -> None:
    """The shorter side counts the pairs."""
    assert stats.paired_ratio([40.0, 41.0], [36.0, 37.0, 1.0]) == stats.paired_ratio([40.0, 41.0], [36.0, 37.0])


@pytest.mark.parametrize(("before", "after"), [([], [1.0]), ([1.0], []), ([0.0], [1.0]), ([1.0], [math.nan])])
def test_paired_ratio_needs_positive_numbers(before: list[float], after: list[float]) -> None:
    """Nothing, zero or no number has no ratio."""
    with pytest.raises(ValueError, match="positive"):
        stats.paired_ratio(before, after)


@pytest.mark.parametrize(("pairs", "least"), [(3, 0.93), (15, 0.89)])
def test_paired_ratio_covers_as_promised(pairs: int, least: float) -> None:
    """Of 400 simulated pairs of turns, the interval holds the true ratio about as often as the module says."""
    draw = random.Random(7)  # noqa: S311 - a repeatable draw is wanted.

    def turn() -> list[float]:
        return [draw.gauss(40, 0.8) for _ in range(pairs)]

    found = [stats.paired_ratio(turn(), turn()) for _ in range(400)]

    assert sum(one.low <= 1 <= one.high for one in found) / 400 >= least
