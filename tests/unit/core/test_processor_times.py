"""Whose work the processors of a machine did."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.processor_times import ProcessorTimes

SECONDS = st.floats(0, 1e6)


def times(at: float, busy: float, own: float) -> ProcessorTimes:
    """One look at two processors."""
    return ProcessorTimes(at=at, processors=2, busy=busy, own=own)


def test_what_others_took_is_told_as_a_share_of_the_machine() -> None:
    """In ten seconds two processors worked for 16, of which 12 were ours."""
    assert times(10, 116, 62).foreign_since(times(0, 100, 50)) == pytest.approx(4 / 20)


def test_a_descendant_that_ended_unseen_is_nobody_elses_gain() -> None:
    """What we have done cannot become less."""
    assert times(10, 102, 40).foreign_since(times(0, 100, 50)) == pytest.approx(2 / 20)


def test_no_time_no_share() -> None:
    """Two looks at once tell nothing."""
    assert times(5, 100, 50).foreign_since(times(5, 100, 50)) is None


@given(st.tuples(SECONDS, SECONDS, SECONDS), st.tuples(SECONDS, SECONDS, SECONDS))
def test_a_share_is_one(earlier: tuple[float, float, float], later: tuple[float, float, float]) -> None:
    """Whatever the kernel counted."""
    share = times(*later).foreign_since(times(*earlier))

    assert share is None or 0 <= share <= 1
