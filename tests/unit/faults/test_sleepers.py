from __future__ import annotations

from tests.faults import sleepers
from tests.faults.matrix import Phase
from tests.faults.sleepers import Nap


def test_every_phase_meets_every_phase_of_a_restore_and_of_another_run() -> None:
    """And the time after another run, which is 117 pairs in all, each with a folder of its own."""
    naps = sleepers.every()

    assert len(naps) == len(Phase) * (3 + len(Phase) + 1) == 117
    assert len({each.slug for each in naps}) == len(naps)


def test_a_nap_says_when_it_begins_and_ends() -> None:
    """For people."""
    assert str(Nap(phase=Phase.APPLY, during=Phase.VERIFY, by_restore=True)) == (
        "asleep in apply, awake in verify of a restore"
    )
    assert str(Nap(phase=Phase.LOCK, during=None, by_restore=False)) == "asleep in lock, awake after another run"
