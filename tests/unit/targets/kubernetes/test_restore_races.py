"""Restores and runs at the same time: one of them has the whole of it, and the others leave it alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.unit.targets.home import Home, holder, neighbour
from tests.unit.targets.left_behind import killed
from vllm_qualify.checks.production import Restoration
from vllm_qualify.kube import identity, lease, snapshot
from vllm_qualify.targets.kubernetes import restore_command
from vllm_qualify.targets.kubernetes.lease_lock import LockHeld


def test_a_run_that_lives_here_is_not_disturbed(home: Home) -> None:
    """It puts production back itself when it is ended."""
    killed(home)
    home.api.put(lease.lease(neighbour(), namespace="ml"))

    with pytest.raises(
        LockHeld,
        match=r"the run that holds production is still alive: .*; end it first, it puts production back itself",
    ):
        restore_command.recover(home.reach)

    assert home.api.written == []


def test_a_run_that_may_live_elsewhere_is_waited_for(home: Home) -> None:
    """A sign of life in that time, and it is left alone."""
    killed(home)
    theirs = holder()
    home.api.put(lease.lease(theirs, namespace="ml"))

    def renew() -> None:
        home.api.put(lease.lease(replace(theirs, renewed=theirs.renewed + timedelta(seconds=30)), namespace="ml"))

    home.api.before[5] = renew

    with pytest.raises(LockHeld, match="still alive: run-1@elsewhere"):
        restore_command.recover(home.reach)

    assert home.api.written == []
    assert any("waiting up to 60 s for a sign of life" in line for line in home.said)


def test_a_run_that_ends_while_it_is_waited_for(home: Home) -> None:
    """It gave its lock back and took its snapshot with it: nothing is left to do."""
    killed(home)
    home.api.put(lease.lease(holder(), namespace="ml"))

    def end() -> None:
        home.api.store = dict(home.first) | {key: one for key, one in home.api.store.items() if key[0] == "Pod"}

    home.api.before[5] = end

    assert restore_command.recover(home.reach).checked == ("nothing was left to put back",)


def test_requests_of_the_dead_are_waited_for(home: Home) -> None:
    """A kubectl of the killed run may have one on its way, which must not land on what was put back."""
    killed(home)
    dead = replace(identity.me("dead"), started=1)
    home.api.put(lease.lease(dead, namespace="ml"))
    began, first = home.api.clock.now, len(home.api.requests)
    looked: list[float] = []
    home.api.before[first + 3] = lambda: looked.append(home.api.clock.now)

    restore_command.recover(home.reach)

    assert looked[0] - began >= 6


def asked_for(home: Home, verb: str, kind: str) -> int:
    """By which request a ``restore`` that nothing disturbs asks for that first."""
    other = Home(api=home.api.again())
    restore_command.recover(other.reach)
    other.close()
    return next(at for at, one in enumerate(other.api.requests, 1) if (one.verb, one.kind) == (verb, kind))


def another(home: Home, monkeypatch: pytest.MonkeyPatch) -> Restoration:
    """A second ``restore``, by another process."""
    who = neighbour("run-1")
    with monkeypatch.context() as patched:
        patched.setattr(identity, "me", lambda run, *, doing: replace(who, run=run, identity=doing))
        return restore_command.recover(home.reach)


@pytest.mark.parametrize(("verb", "kind"), [("replace", "Lease"), ("replace", "Deployment"), ("delete", "Secret")])
def test_of_two_restores_one_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch, verb: str, kind: str) -> None:
    """Whoever was first has the whole of it; the other is told who that is."""
    killed(home)
    refused: list[str] = []

    def second() -> None:
        with pytest.raises(LockHeld, match=r"still alive: .* \(vllm-qualify restore\)") as held:
            another(home, monkeypatch)
        refused.append(str(held.value))

    home.api.after[asked_for(home, verb, kind)] = second

    assert restore_command.recover(home.reach).complete
    assert len(refused) == 1
    assert home.problems() == []


def test_a_restore_that_comes_second_finds_nothing_left(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its look at the lock and its taking it another one did the whole of it."""
    killed(home)
    home.api.before[asked_for(home, "replace", "Lease")] = lambda: another(home, monkeypatch)

    assert restore_command.recover(home.reach).checked == ("nothing was left to put back",)
    assert home.problems() == []


def test_a_restore_that_slept_leaves_the_next_run_alone(home: Home) -> None:
    """Its own lock lapsed; the Secret and the lock that are there now are another run's."""
    killed(home)
    at = asked_for(home, "delete", "Secret")

    def next_run() -> None:
        for kind, name in (("Lease", lease.NAME), ("Secret", snapshot.NAME)):
            del home.api.store[kind, "ml", name]
        home.leave(replace(home.kept(), run="run-2"), by=holder("run-2"))

    home.api.before[at] = next_run
    home.api.written.clear()

    restore_command.recover(home.reach)

    assert snapshot.read(home.api.store["Secret", "ml", snapshot.NAME]).run == "run-2"
    assert lease.holder(home.api.store["Lease", "ml", lease.NAME]).run == "run-2"
