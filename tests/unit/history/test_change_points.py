"""A step is found where it is, noise is left alone as often as promised."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.history import change_points

VALUES = st.lists(st.floats(min_value=-1e6, max_value=1e6), max_size=40)


def noise(seed: int, nights: int, *, level: float = 40.0, spread: float = 0.5) -> list[float]:
    """What one night after the other measures of the same."""
    drawn = random.Random(seed)  # noqa: S311 - the same noise each time.
    return [drawn.gauss(level, spread) for _ in range(nights)]


@pytest.mark.parametrize("after", [5, 10, 30])
@pytest.mark.parametrize("level", [38.0, 43.0])
def test_a_planted_step_is_found_where_it_is(after: int, level: float) -> None:
    """Of 4 and more times the spread, also five nights after it came: at its place, with both levels."""
    for seed in range(20):
        values = noise(seed, 30) + noise(seed + 1000, after, level=level)

        (found,) = change_points.of(values)

        assert found.index == 30
        assert (found.before, found.after) == pytest.approx((40.0, level), abs=1.5)


def test_two_steps_are_two_changes() -> None:
    """There and back, and each level is that of its own stretch."""
    for seed in range(20):
        values = noise(seed, 20) + noise(seed + 1000, 12, level=44.0) + noise(seed + 2000, 20)

        found = change_points.of(values)

        assert [(one.index, round(one.before), round(one.after)) for one in found] == [(20, 40, 44), (32, 44, 40)]
        assert [round(level) for _, _, level in change_points.levels(values, found)] == [40, 44, 40]


@pytest.mark.parametrize("nights", [20, 60])
def test_noise_gets_no_more_marks_than_promised(nights: int) -> None:
    """Of five hundred series that never change, at most the promised share is marked."""
    marked = sum(bool(change_points.of(noise(seed, nights))) for seed in range(500))

    assert marked / 500 <= change_points.ALPHA


def test_outliers_are_no_change() -> None:
    """Two nights that were ten times slower do not make a level."""
    values = noise(4, 40)
    values[10] = values[31] = 400.0

    assert change_points.of(values) == ()


def test_a_constant_figure_that_jumps_is_seen() -> None:
    """The tokens of a KV cache are the same every night, until they are not."""
    (found,) = change_points.of([56_000.0] * 12 + [48_000.0] * 6)

    assert (found.index, found.before, found.after) == (12, 56_000.0, 48_000.0)


def test_a_change_of_little_is_none() -> None:
    """Half a percent, however sure it is."""
    assert change_points.of([1000.0] * 20 + [1005.0] * 20) == ()
    assert len(change_points.of([1000.0] * 20 + [1011.0] * 20)) == 1


def test_a_few_values_show_nothing() -> None:
    """With too few of them not even the plainest step is sure."""
    assert change_points.of([]) == ()
    assert change_points.of([1.0] * 4 + [2.0] * 4) == ()


@given(VALUES)
def test_changes_are_in_order_and_levels_cover_all(values: list[float]) -> None:
    """Whatever the values are, each belongs to one level, and no level is shorter than it may be."""
    found = change_points.of(values)

    stretches = change_points.levels(values, found)
    begins, ends = [low for low, _, _ in stretches[1:]], [high for _, high, _ in stretches[:-1]]
    assert begins == ends == [one.index for one in found]
    assert sum(high - low for low, high, _ in stretches) == len(values)
    assert all(high - low >= change_points.FEWEST for low, high, _ in stretches if found)


@given(VALUES)
def test_the_order_of_values_decides_alone_where_levels_part(values: list[float]) -> None:
    """Another unit parts them at the same places."""
    lifted = [value + 2e6 for value in values]

    parted, again = (change_points.of(one) for one in (lifted, [value * 32 for value in lifted]))

    assert [one.index for one in parted] == [one.index for one in again]
