"""The lock of a run: one at a time, the dead give way, nobody takes what is another's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import Home, holder, neighbour
from vllm_qualify.kube import identity, lease
from vllm_qualify.kube.lease import Holder
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.targets.kubernetes.lease_lock import LockHeld, Unfinished

Object = dict[str, Any]


def ended_here() -> Holder:
    """A process of this machine that is no more: its pid may have been given to another, which began later."""
    return replace(identity.me("run-0"), started=1)


def living() -> Holder:
    """A process of this machine that lives."""
    return neighbour("run-0")


def elsewhere() -> Holder:
    """A run on another machine."""
    return holder("run-0")


def slow() -> Holder:
    """The same, of a machine whose clock is far behind."""
    return holder("run-0", renewed=datetime(2000, 1, 1, tzinfo=UTC))


def fast() -> Holder:
    """The same, of a machine whose clock is far ahead."""
    return holder("run-0", renewed=datetime(2100, 1, 1, tzinfo=UTC))


def namesake() -> Holder:
    """A run in a container that has our name, and whose number nobody has here."""
    me = identity.me("run-0")
    return replace(me, place=f"{me.place}1", pid=2**22)


def speaking(home: Home, who: Holder) -> None:
    """Let whoever has the lock renew it every so often, by a clock of its own."""
    leave(home, who)
    began = home.api.clock.now

    def renew() -> None:
        passed = int(home.api.clock.now - began) // lease.RENEW_SECONDS * lease.RENEW_SECONDS
        found = home.api.find("Lease", lease.NAME)
        if found is not None and lease.same(lease.holder(found), who):
            leave(home, replace(who, renewed=who.renewed + timedelta(seconds=passed)))

    home.api.clock.on_tick.append(renew)


def held_by(home: Home) -> Holder:
    """Who holds the lock now."""
    found = home.api.find("Lease", lease.NAME)
    assert found is not None
    return lease.holder(found)


def leave(home: Home, by: Holder) -> None:
    """Let somebody have taken the lock."""
    home.api.put(lease.lease(by, namespace="ml"))


def test_it_is_taken_and_given_back(home: Home) -> None:
    """While it is held it says by whom."""
    lock = home.lock(holder("mine"))

    lock.take()
    assert lease.same(held_by(home), holder("mine"))
    lock.release()

    assert home.api.find("Lease", lease.NAME) is None


@pytest.mark.parametrize("who", [living, elsewhere, slow, fast, namesake])
def test_the_living_keep_it(home: Home, who: Callable[[], Holder]) -> None:
    """A second run is told who it is, since when, and when that lapses; nothing is written."""
    speaking(home, who())

    with pytest.raises(LockHeld, match=r"run run-0\); wait until it ends\. If it dies, its lock expires 60 s after"):
        home.lock(holder("mine")).take()

    assert home.api.written == []
    assert held_by(home).run == "run-0"


def test_one_that_is_only_looked_at_late_is_not_taken_for_dead(home: Home) -> None:
    """Whoever watched slept over it, and the other one has not had its turn to speak since."""
    leave(home, elsewhere())

    def sleep() -> None:
        home.api.clock.now += 600

    home.api.before[2] = sleep
    home.api.before[4] = lambda: leave(home, replace(elsewhere(), renewed=elsewhere().renewed + timedelta(seconds=600)))

    with pytest.raises(LockHeld, match="run run-0"):
        home.lock(holder("mine")).take()


@pytest.mark.parametrize("who", [ended_here, elsewhere, slow, fast, namesake])
def test_the_dead_give_way(home: Home, who: Callable[[], Holder]) -> None:
    """Where they left nothing behind, nobody has to clear up by hand."""
    leave(home, who())

    home.lock(holder("mine")).take()

    assert held_by(home).run == "mine"


@pytest.mark.parametrize("who", [ended_here, elsewhere, slow, fast, namesake])
def test_nothing_begins_over_a_snapshot(home: Home, who: Callable[[], Holder]) -> None:
    """A dead run that had production must be finished first; its lock stays to say which it was."""
    home.leave(home.kept(), by=who())

    with pytest.raises(Unfinished, match=r"run run-1 ended without putting production back.*`vllm-qualify restore`"):
        home.lock(holder("mine")).take()

    assert held_by(home).run == "run-0"


def test_a_snapshot_without_a_lock_is_unfinished_too(home: Home) -> None:
    """Somebody may have deleted the Lease by hand."""
    home.leave(home.kept())
    del home.api.store["Lease", "ml", lease.NAME]

    with pytest.raises(Unfinished, match="run run-1 ended without"):
        home.lock(holder("mine")).take()


@pytest.mark.parametrize("at", [1, 2, 3], ids=["lease", "secret", "write"])
@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
def test_trouble_on_the_way(home: Home, fault: Fault, at: int) -> None:
    """Also when the answer is lost, the lock that was taken is known as ours."""
    home.api.faults[at] = fault

    home.lock(holder("mine")).take()

    assert held_by(home).run == "mine"


@pytest.mark.parametrize(("who", "at"), [(None, 3), (ended_here, 3), (elsewhere, 15)], ids=["free", "dead", "silent"])
def test_of_two_at_once_one_gets_it(home: Home, who: Callable[[], Holder] | None, at: int) -> None:
    """Between the look and the write the other was faster; who comes second hears of it."""
    if who is not None:
        leave(home, who())
    home.api.before[at] = lambda: speaking(home, replace(elsewhere(), run="faster", transitions=1))

    with pytest.raises(LockHeld, match="run faster"):
        home.lock(holder("mine")).take()

    assert held_by(home).run == "faster"


def test_a_server_that_never_answers(home: Home) -> None:
    """It is given up after the patience of kubectl."""
    home.api.outage_until = home.api.clock.now + 1000

    with pytest.raises(Refused) as refused:
        home.lock(holder("mine")).take()

    assert refused.value.kind is RefusalKind.TRANSIENT


def test_who_may_not_is_told(home: Home) -> None:
    """A refusal for good is not repeated."""
    home.api.denied.add(("create", "Lease"))

    with pytest.raises(Refused, match="is forbidden"):
        home.lock(holder("mine")).take()

    assert len(home.api.requests) == 3


def test_another_ones_lock_is_not_given_back(home: Home) -> None:
    """Somebody took it over from a run that was thought dead."""
    lock = home.lock(holder("mine"))
    lock.take()
    leave(home, elsewhere())

    lock.release()

    assert held_by(home).run == "run-0"


def test_another_ones_lock_that_came_just_now_is_not_given_back(home: Home) -> None:
    """Between the look and the deletion somebody deleted ours and took it."""
    lock = home.lock(holder("mine"))
    lock.take()

    def take() -> None:
        del home.api.store["Lease", "ml", lease.NAME]
        leave(home, elsewhere())

    home.api.before[len(home.api.requests) + 2] = take
    lock.release()

    assert held_by(home).run == "run-0"


def test_one_that_was_never_tried_for_is_not_looked_at(home: Home) -> None:
    """A run that ends before its beginning asks the cluster nothing."""
    home.lock().release()

    assert home.api.requests == []


def test_it_is_renewed(home: Home) -> None:
    """Others see by it that the holder lives; it is no step of the run, so nobody is told."""
    told: list[object] = []
    object.__setattr__(home.site.kubectl, "on_change", lambda *words: told.append(words))
    lock = home.lock(holder("mine"))
    over = iter([False, True])  # once it is time to renew it, then the run is over
    lock._over = SimpleNamespace(wait=lambda _seconds: next(over), set=lambda: None)  # type: ignore[assignment]

    lock.take()
    assert lock._thread is not None
    lock._thread.join()
    lock.release()

    assert len(told) == 2
    assert home.api.written[1] == "replace Lease vllm-qualify"


def test_what_another_took_over_is_not_renewed(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread ends, and the run knows from then on who has the lock."""
    monkeypatch.setattr(lease, "RENEW_SECONDS", 0.01)
    lock = home.lock(holder("mine"))
    lock.take()
    leave(home, replace(elsewhere(), transitions=1))

    assert lock._thread is not None
    lock._thread.join(10)

    assert not lock._thread.is_alive()
    assert "it is held by run-0@elsewhere" in lock.lost
    assert held_by(home).run == "run-0"
