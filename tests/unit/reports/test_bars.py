"""A drawing says in words what it shows, and nothing is drawn that is no amount."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Observation, RunRecord
from vllm_qualify.reports import bars


def test_a_code_has_no_chart() -> None:
    """A status of HTTP is no place on a scale."""
    assert not bars.bullet(Observation(name="status", value=400.0, limit=Limit(low=400, high=499)))


@pytest.mark.parametrize(
    ("value", "limit", "said"),
    [
        (34.0, Limit(low=30, high=50), "34 s, within the limit: 30 to 50"),
        (134.0, Limit(high=120), "134 s, outside the limit: at most 120"),
        (0.0, Limit(low=72), "0 s, outside the limit: at least 72"),
        (0.0, Limit(high=0), "0 s, within the limit: at most 0"),
    ],
)
def test_a_bar_says_what_it_shows(value: float, limit: Limit, said: str) -> None:
    """The label of a bar holds the value, the limit, and which side it is on; its mark lies on the scale."""
    drawn = str(bars.bullet(Observation(name="n", value=value, unit="s", limit=limit)))

    assert f'aria-label="{said}"' in drawn
    assert all(0 <= float(at) <= bars.WIDTH for at in re.findall(r' x="([-\d.]+)"', drawn))


@given(
    value=st.floats(), low=st.none() | st.floats(), high=st.none() | st.floats(), unit=st.sampled_from(["", "%", "s"])
)
@example(value=5e-324, low=None, high=0.0, unit="s")
@example(value=1.7e308, low=None, high=1.0, unit="s")
@example(value=0.0, low=-0.0, high=None, unit="")
def test_a_mark_lies_where_its_value_does(value: float, low: float | None, high: float | None, unit: str) -> None:
    """Wherever there is a bar, its mark is on the scale, and in the shaded range where the value is allowed."""
    limit = Limit(low=low, high=high)
    drawn = str(bars.bullet(Observation(name="n", value=value, unit=unit, limit=limit)))
    assume(drawn)
    places = [float(number) for number in re.findall(r' (?:x|width)="([\d.]+)"', drawn)]
    _, _, _, allowed, span, mark, width = places
    middle = min(max(mark + width / 2, allowed), allowed + span)

    assert 0 <= mark <= bars.WIDTH - width
    if limit.allows(value):
        assert abs(middle - (mark + width / 2)) <= width


@pytest.mark.parametrize("value", ["a word", True, float("nan"), float("inf")])
def test_what_is_no_number_has_no_bar(value: float | str) -> None:
    """There is nothing to draw of a word."""
    assert not bars.bullet(Observation(name="n", value=value, limit=Limit(high=1)))


def test_phases_fill_the_bar(finished: RunRecord) -> None:
    """The phases of the load follow one another without a gap, and sum up to the whole."""
    phases = bars.phases(finished.candidates[0].cases)

    assert next(phase.name for phase in phases) == "imports"
    assert "total" not in [phase.name for phase in phases]
    assert sum(phase.share for phase in phases) == pytest.approx(100)
    assert [phase.start for phase in phases[1:]] == pytest.approx([p.start + p.share for p in phases[:-1]])
