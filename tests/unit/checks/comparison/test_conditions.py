"""What explains a loss, and what hides one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks.comparison import conditions
from vllm_qualify.checks.comparison.conditions import Conditions
from vllm_qualify.gpu.reading import Gpu, GpuReading

QUIET = Conditions(clock_mhz=1800, foreign_load=0.0, foreign_tokens=0.0, lag=0.001)
SLOWED = [
    (Conditions(throttled=("hw-slowdown",)), "the GPU was throttled (hw-slowdown)"),
    (Conditions(foreign_load=0.3), "other processes took 30 % of the GPU"),
    (Conditions(foreign_processor=0.4), "other processes took 40 % of the processors"),
    (Conditions(foreign_tokens=0.05), "5 % of the server's tokens were somebody else's"),
    (Conditions(lag=0.7), "the client lagged by 70 % of the time between two tokens"),
]


@pytest.mark.parametrize(("slowed", "words"), SLOWED)
def test_what_slowed_the_candidate_alone_explains_its_loss(slowed: Conditions, words: str) -> None:
    """It is told in words; shared with both turns of the baseline it explains nothing."""
    assert conditions.explaining(slowed, [QUIET, QUIET], loss=0.1) == words
    assert conditions.explaining(slowed, [slowed, QUIET], loss=0.1) == words
    assert conditions.explaining(slowed, [slowed, slowed], loss=0.1) == ""


@pytest.mark.parametrize(("slowed", "words"), SLOWED)
def test_what_slowed_every_turn_of_the_baseline_hides_a_loss(slowed: Conditions, words: str) -> None:
    """One turn that was not slowed shows the loss, and a candidate that was slowed as well is compared fairly."""
    assert conditions.hiding(QUIET, [slowed, slowed], limit=0.08) == f"{words} for the baseline"
    assert conditions.hiding(QUIET, [slowed, QUIET], limit=0.08) == ""
    assert conditions.hiding(slowed, [slowed, slowed], limit=0.08) == ""


def test_what_was_twice_as_strong_for_one_side_is_not_shared() -> None:
    """A client ten tokens late beside one that is a token late; one and a half tokens late are the same trouble."""
    late, later, far = (Conditions(lag=lag) for lag in (0.8, 1.2, 10.0))

    assert conditions.explaining(far, [late, late], loss=0.3).startswith("the client lagged by")
    assert conditions.explaining(later, [late, late], loss=0.3) == ""
    assert conditions.hiding(late, [far, far], limit=0.08).startswith("the client lagged by")
    assert conditions.hiding(late, [far, later], limit=0.08) == ""


@pytest.mark.parametrize(("clock", "explains"), [(1800.0, False), (1760.0, False), (1690.0, True), (None, False)])
def test_a_lower_clock_explains_a_loss_that_is_at_most_twice_as_large(clock: float | None, *, explains: bool) -> None:
    """2 % less clock do not explain a loss of 10 %, 6 % may."""
    found = conditions.explaining(Conditions(clock_mhz=clock), [QUIET, QUIET], loss=0.1)

    assert bool(found) is explains


@pytest.mark.parametrize(("clocks", "hides"), [((1700, 1690), True), ((1700, 1790), False), ((1700, None), False)])
def test_a_baseline_at_a_lower_clock_hides_a_loss(clocks: tuple[float | None, ...], *, hides: bool) -> None:
    """Only where it is known to have been lower in every turn, by half of the limit."""
    found = conditions.hiding(QUIET, [Conditions(clock_mhz=clock) for clock in clocks], limit=0.08)

    assert bool(found) is hides


def test_a_client_that_keeps_up_explains_nothing_and_hides_nothing() -> None:
    """A lag of a fifth of a token's time changes a rate by next to nothing."""
    late = Conditions(lag=0.2)

    assert conditions.explaining(late, [QUIET, QUIET], loss=0.1) == ""
    assert conditions.hiding(QUIET, [late, late], limit=0.08) == ""


NUMBERS = st.none() | st.floats(0, 3000)


@given(
    made=st.builds(
        Conditions,
        clock_mhz=NUMBERS,
        throttled=st.tuples(st.text()),
        foreign_load=NUMBERS,
        foreign_processor=NUMBERS,
        foreign_tokens=NUMBERS,
        lag=NUMBERS,
    )
)
def test_a_journal_gives_back_what_it_was_given(made: Conditions) -> None:
    """Written and read, conditions are the same."""
    assert Conditions.from_json(asdict(made)) == made


@pytest.mark.parametrize("kept", [{}, {"clock_mhz": "fast", "throttled": "yes", "lag": True, "more": 1}])
def test_what_another_release_wrote_is_not_recorded(kept: dict[str, Any]) -> None:
    """Nothing, or what is of another type, is no condition."""
    assert Conditions.from_json(kept) == Conditions()


def looks(*gpus: dict[str, Any]) -> list[GpuReading]:
    """A look for each of these states of one GPU."""
    return [GpuReading(gpus=(Gpu(index=0, name="GPU", **one),)) for one in gpus]


def test_looks_at_the_gpu_are_taken_together() -> None:
    """The median clock, every reason once, and the load before anything was asked."""
    before = looks({"busy": 0.4})
    during = looks({"clock_mhz": 1800, "throttled": ("power limit",)}, {"clock_mhz": 1500}, {"clock_mhz": 1700})

    found = Conditions(lag=0.01).with_gpu(before, during)

    assert found == Conditions(lag=0.01, clock_mhz=1700, throttled=("power limit",), foreign_load=0.4)


def test_without_a_gpu_nothing_is_claimed() -> None:
    """A look that showed nothing is no proof of a free GPU."""
    blind = [GpuReading(problem="no driver")]

    assert Conditions().with_gpu(blind, blind) == Conditions()
