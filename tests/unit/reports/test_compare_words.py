"""A change is told in its own unit and as a share, with its interval, and with the reason where nothing can be told."""

from __future__ import annotations

import pytest

from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Observation, Outcome, RunRecord
from vllm_qualify.core.stats import Bounds
from vllm_qualify.reports import compare, compare_words
from vllm_qualify.reports.compare_figures import FigurePair
from vllm_qualify.reports.compare_rules import ChangeStanding, FigureChange

TOLD = "measurement by measurement +2 % (95 % interval -3.1 % to +12 %)"


def pair(before: object, after: object, unit: str = "", limit: Limit | None = None) -> FigurePair:
    """One observation in both runs."""
    old, new = (
        Observation(name="seen", value=value, unit=unit, limit=limit)  # type: ignore[arg-type]
        for value in (before, after)
    )
    return FigurePair(case="c", before=old, after=new, change=FigureChange(standing=ChangeStanding.WORSE))


@pytest.mark.parametrize(
    ("before", "after", "unit", "said"),
    [
        (64.0, 152.0, "s", "+88 s, +138 %"),
        (10.0, 119.0, "s", "+109 s, 11.9 times as much"),
        (40.0, 39.2, "tokens/s", "-0.8 tokens/s, -2 %"),
        (50.0, 25.0, "s", "-25 s, -50 %"),
        (10820.0, 12345.0, "MiB", "+1,525 MiB, +14 %"),
        (1.8, 2.4, "%", "+0.6 %"),
        (0.0, 1.0, "", "+1"),
        ("works", "ignored", "", ""),
    ],
)
def test_a_difference_has_its_own_unit_first(before: object, after: object, unit: str, said: str) -> None:
    """Seconds stay seconds; the share stands beside them where there is one, and many times as much is told as that."""
    assert compare_words.difference(pair(before, after, unit)) == said


def test_units_that_differ_have_no_difference() -> None:
    """Seconds less milliseconds are nothing."""
    old, new = Observation(name="n", value=1.0, unit="s"), Observation(name="n", value=2.0, unit="ms")
    change = FigureChange(standing=ChangeStanding.CANNOT_TELL)

    assert compare_words.difference(FigurePair(case="c", before=old, after=new, change=change)) == ""


def test_an_interval_is_told_as_shares() -> None:
    """Both ends have their sign."""
    assert compare_words.interval(Bounds(low=-0.031, nominal=0.02, high=0.124)) == TOLD
    assert compare_words.interval(None) == ""


def test_a_row_has_both_figures_and_what_is_beyond_its_limit(finished: RunRecord) -> None:
    """The earlier one, the later one, by how much, and why it cannot be told."""
    (shown,) = compare.of(finished, finished).differences[:1]
    change = FigureChange(standing=ChangeStanding.CANNOT_TELL, reason="measured once")
    seen = [Observation(name="total", value=value, unit="s", limit=Limit(high=120)) for value in (64.0, 152.0)]
    figure = FigurePair(case="LOAD/first-token", before=seen[0], after=seen[1], change=change)

    row = compare_words._figure(figure)

    assert (row.what, row.before, row.after) == ("LOAD/first-token total", "64 s", "152 s (outside)")
    assert (row.difference, row.note) == ("+88 s, +138 %", "measured once")
    assert compare_words.counted(shown, ChangeStanding.WORSE) == ""


def test_what_became_of_a_requirement_is_told_where_its_group_does_not(
    finished: RunRecord, interrupted: RunRecord
) -> None:
    """Under "cannot tell" it says that it is no longer shown; under "worse" nothing is said twice."""
    (both,) = compare.of(finished, interrupted).differences

    (worse,) = compare_words.rows(both, ChangeStanding.WORSE)
    lost = compare_words.rows(both, ChangeStanding.CANNOT_TELL)

    assert (worse.what, worse.before, worse.after, worse.difference) == (
        "DEPLOY",
        Outcome.PASSED.value,
        Outcome.FAILED.value,
        "",
    )
    assert {one.difference for one in lost} == {"no longer shown"}
    assert compare_words.counted(both, ChangeStanding.CANNOT_TELL) == "4 requirements"
