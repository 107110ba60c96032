from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults import matrix
from tests.faults.matrix import Actor, Fault, Injection, Phase, Signal

_SIGNALS = set(Signal) - {Signal.NONE}


def test_the_whole_matrix_crosses_everything_once() -> None:
    """Every signal meets every phase with every fault, and that is more than 300 injections."""
    met = Counter((each.signal, each.phase, each.fault) for each in matrix.every())

    assert len(met) == len(_SIGNALS) * len(Phase) * len(Fault) >= 300
    assert set(met.values()) == {1}


@settings(deadline=None, max_examples=10)  # Thousands of comparisons each; their time is the machine's.
@given(seed=st.integers(), count=st.integers(min_value=10, max_value=40))
def test_a_sample_has_something_of_everything(seed: int, count: int) -> None:
    """From ten injections on every signal, phase and fault occurs, and none is done twice."""
    chosen = matrix.sample(seed, count, whole=matrix.every())

    assert len(set(chosen)) == len(chosen) == count
    assert {each.signal for each in chosen} == _SIGNALS
    assert {each.phase for each in chosen} == set(Phase)
    assert {each.fault for each in chosen} == set(Fault)


@pytest.mark.parametrize("whole", [matrix.every(), matrix.actors()], ids=["faults", "actors"])
@given(seed=st.integers())
@settings(deadline=None, max_examples=10)
def test_a_cover_has_everything_once(whole: tuple[Injection, ...], seed: int) -> None:
    """Every signal, phase, fault and actor of a matrix occurs, and no fault and no actor is done twice."""
    chosen = matrix.cover(seed, whole=whole)

    for kind in ("signal", "phase", "fault", "actor"):
        assert {getattr(one, kind) for one in chosen} == {getattr(one, kind) for one in whole}
    assert len(chosen) == max(len({one.fault for one in whole}), len({one.actor for one in whole}))


def test_a_sample_can_be_done_again() -> None:
    """The same seed gives the same injections, another one others."""
    assert matrix.sample(5, 60, whole=matrix.every()) == matrix.sample(5, 60, whole=matrix.every())
    assert matrix.sample(5, 60, whole=matrix.every()) != matrix.sample(6, 60, whole=matrix.every())


def test_a_sample_larger_than_the_matrix_is_the_matrix() -> None:
    """Asking for more than there is gives everything once."""
    assert set(matrix.sample(1, 10_000, whole=matrix.every())) == set(matrix.every())


def test_folders_of_failures_are_told_apart() -> None:
    """No two injections keep their evidence in the same folder."""
    whole = [*matrix.every(), *matrix.actors()]

    assert len({each.slug for each in whole}) == len(whole)


def test_every_actor_comes_in_every_phase() -> None:
    """Beside runs that end by themselves and beside killed ones, which is more than 120 combinations."""
    met = {(each.actor, each.phase, each.signal) for each in matrix.actors()}

    assert len(met) == len(matrix.actors()) == (len(Actor) - 1) * len(Phase) * 2 >= 120
    assert Actor.NONE not in {each.actor for each in matrix.actors()}


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(), count=st.integers(min_value=12, max_value=40))
def test_a_sample_of_actors_has_something_of_everything(seed: int, count: int) -> None:
    """From twelve injections on every actor and every phase occurs."""
    chosen = matrix.sample(seed, count, whole=matrix.actors())

    assert {each.actor for each in chosen} == set(Actor) - {Actor.NONE}
    assert {each.phase for each in chosen} == set(Phase)
