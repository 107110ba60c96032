"""The transaction around production, broken at every request in every way."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import Home, Killed
from vllm_qualify.kube import lease
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.targets.base import Unavailable
from vllm_qualify.targets.kubernetes import restore_command
from vllm_qualify.targets.kubernetes.fence import LostLock

Object = dict[str, Any]


def positions() -> list[int]:
    """The requests of a run that nothing disturbs, but of those that only wait for the same the first and the last."""
    home = Home()
    whole = home.production()
    home.run(whole)
    whole.close()
    home.close()
    said = ["", *map(str, home.api.requests), ""]
    return [at for at in range(1, len(said) - 1) if not said[at - 1] == said[at] == said[at + 1]]


LOCK = ("Lease", "ml", lease.NAME)
# To whoever asks, these are like others; that each is known for what it is, the tests of the writing show.
ALIKE = {Fault.CUT, Fault.HANG, Fault.REFUSED, Fault.RESET, Fault.RESET_COMMITTED}
POSITIONS = positions()


def raising(error: BaseException) -> Callable[[], None]:
    """What happens at a request: the run hears of this."""

    def happen() -> None:
        raise error

    return happen


def whole(home: Home) -> None:
    """A run to its end, as pytest makes it: whatever ends the cases, production is put back."""
    run = home.production()
    with contextlib.suppress(KeyboardInterrupt, Unavailable):
        home.run(run)
    try:
        run.close()
    except KeyboardInterrupt:
        run.close()


def after_each(disturb: Callable[[Home, int], None], end: Callable[[Home], None] = whole) -> dict[str, list[str]]:
    """What is not as it was after a run that was disturbed, by the request at which it was."""
    found = {}
    for position in POSITIONS:
        home = Home()
        disturb(home, position)
        end(home)
        if problems := home.problems():
            found[f"{position}: {home.api.requests[position - 1]}"] = problems
        home.close()
    return found


def finished(home: Home) -> None:
    """A run that is killed, and ``restore`` as often as that is killed too."""
    with contextlib.suppress(Killed):
        whole(home)
        return
    while True:
        with contextlib.suppress(Killed):
            restore_command.recover(home.reach)
            return


def with_restore(home: Home) -> None:
    """A run, and ``restore`` where it ended without having production back."""
    run = home.production()
    with contextlib.suppress(Unavailable, Refused):
        home.run(run)
    if not run.close().restoration.complete:
        restore_command.recover(home.reach)


def lost(home: Home) -> None:
    """A run that may find its lock lost in the middle of anything."""
    run = home.production()
    with contextlib.suppress(LostLock, Unavailable):
        home.run(run)
    run.close()


@pytest.mark.parametrize("fault", sorted(set(Fault) - ALIKE, key=str), ids=lambda fault: fault.name.lower())
def test_a_fault_at_any_request(fault: Fault) -> None:
    """Production is as it was, whatever becomes of whichever request."""

    def disturb(home: Home, position: int) -> None:
        home.api.faults[position] = fault

    assert after_each(disturb) == {}


@pytest.mark.parametrize("committed", [False, True], ids=["before-it", "before-its-answer"])
def test_a_signal_at_any_request(*, committed: bool) -> None:
    """Also where a write was made whose answer the run never saw."""

    def disturb(home: Home, position: int) -> None:
        (home.api.after if committed else home.api.before)[position] = raising(KeyboardInterrupt())

    assert after_each(disturb) == {}


@pytest.mark.parametrize("committed", [False, True], ids=["before-it", "before-its-answer"])
@pytest.mark.parametrize("again", [0, 5], ids=["once", "restore-is-killed-too"])
def test_a_kill_at_any_request(*, committed: bool, again: int) -> None:
    """``restore`` finishes it from what the cluster holds alone."""

    def disturb(home: Home, position: int) -> None:
        happens = home.api.after if committed else home.api.before
        happens[position] = happens[position + again] = raising(Killed())

    assert after_each(disturb, finished) == {}


@pytest.mark.parametrize("fault", [Fault.REFUSED, Fault.RESET_COMMITTED], ids=["refused", "first-one-committed"])
def test_an_outage_at_any_request(fault: Fault) -> None:
    """The API is away for two minutes, longer than a run waits for it, and shorter than the way back does."""

    def disturb(home: Home, position: int) -> None:
        def go_away() -> None:
            home.api.outage_until = home.api.clock.now + 120

        home.api.after[position] = go_away
        home.api.faults[position] = fault

    assert after_each(disturb, with_restore) == {}


@pytest.mark.parametrize(
    "fault", [Fault.CONFLICT, Fault.STALE, Fault.UNAVAILABLE], ids=lambda fault: fault.name.lower()
)
def test_a_signal_in_the_middle_of_trouble(fault: Fault) -> None:
    """A fault three requests before the signal, and three after."""

    def disturb(home: Home, position: int) -> None:
        home.api.after[position] = raising(KeyboardInterrupt())
        home.api.faults = {position - 3: fault, position + 1: fault, position + 3: fault}

    # A lock whose giving back was refused by an old read is that of a dead process, and is taken over as such.
    left = after_each(disturb)
    assert {problem for problems in left.values() for problem in problems} <= {f"{LOCK} is left"}


@pytest.mark.parametrize("committed", [False, True], ids=["before-it", "before-its-answer"])
def test_a_sleep_at_any_request_during_which_somebody_restores(*, committed: bool) -> None:
    """The run wakes up in the middle of its request, and what it does from then on changes nothing any more."""

    def disturb(home: Home, position: int) -> None:
        def sleep() -> None:
            home.api.clock.sleep(120)
            restore_command.recover(home.reach)

        (home.api.after if committed else home.api.before)[position] = sleep

    assert after_each(disturb, lost) == {}
