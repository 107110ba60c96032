from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults import matrix
from tests.faults.matrix import Fault, Phase, Signal


def test_the_whole_matrix_crosses_everything_once() -> None:
    """Every signal meets every phase with every fault, and that is more than 300 injections."""
    met = Counter((each.signal, each.phase, each.fault) for each in matrix.every())

    assert len(met) == len(Signal) * len(Phase) * len(Fault) >= 300
    assert set(met.values()) == {1}


@settings(deadline=None, max_examples=30)  # Thousands of comparisons each; their time is the machine's.
@given(seed=st.integers(), count=st.integers(min_value=10, max_value=100))
def test_a_sample_has_something_of_everything(seed: int, count: int) -> None:
    """From ten injections on every signal, phase and fault occurs, and none is done twice."""
    chosen = matrix.sample(seed, count)

    assert len(set(chosen)) == len(chosen) == count
    assert {each.signal for each in chosen} == set(Signal)
    assert {each.phase for each in chosen} == set(Phase)
    assert {each.fault for each in chosen} == set(Fault)


def test_a_sample_can_be_done_again() -> None:
    """The same seed gives the same injections, another one others."""
    assert matrix.sample(5, 60) == matrix.sample(5, 60)
    assert matrix.sample(5, 60) != matrix.sample(6, 60)


def test_a_sample_larger_than_the_matrix_is_the_matrix() -> None:
    """Asking for more than there is gives everything once."""
    assert set(matrix.sample(1, 10_000)) == set(matrix.every())


def test_folders_of_failures_are_told_apart() -> None:
    """No two injections keep their evidence in the same folder."""
    assert len({each.slug for each in matrix.every()}) == len(matrix.every())
