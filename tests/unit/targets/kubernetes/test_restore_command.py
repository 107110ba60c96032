"""``restore``: finishes what a killed run left, waits for the living, does nothing where nothing was left."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.targets.home import CANARY, NEW, OLD, Home, holder, neighbour
from vllm_qualify.checks.production import Restoration
from vllm_qualify.kube import identity, lease, objects, snapshot
from vllm_qualify.kube.snapshot import BadSnapshot
from vllm_qualify.targets.kubernetes import restore_command
from vllm_qualify.targets.kubernetes.lease_lock import LockHeld

Object = dict[str, Any]
LOCKED = ["replace Lease vllm-qualify", "delete Lease vllm-qualify"]


def killed(home: Home) -> None:
    """A run was killed after it took production down."""
    wanted = objects.with_replicas(home.candidate(), 0)
    home.leave(home.kept(wanted))
    home.api.put(wanted, manager="vllm-qualify")
    home.api.controller.settle()
    home.api.written.clear()


def test_what_was_left_is_finished(home: Home) -> None:
    """Production serves again; lock and snapshot are gone."""
    killed(home)

    done = restore_command.recover(home.reach)

    assert done.complete
    assert home.problems() == []
    assert "putting production back as run run-1 found it at 2026-11-23 12:00:00 UTC" in home.said


def test_a_second_time_does_nothing(home: Home) -> None:
    """It can be run as often as one likes."""
    killed(home)
    restore_command.recover(home.reach)
    home.api.written.clear()

    done = restore_command.recover(home.reach)

    assert done.checked == ("nothing was left to put back",)
    assert home.api.written == []


@pytest.mark.parametrize("old", [1, 2, 6])
def test_an_old_read_does_not_hide_what_was_left(home: Home, old: int) -> None:
    """A server behind the others shows the time before the run, when there was neither lock nor snapshot."""
    killed(home)
    first, hidden = len(home.api.requests), dict[Any, Object]()

    def hide() -> None:
        hidden.update({key: home.api.store.pop(key) for key in list(home.api.store) if key[0] in {"Lease", "Secret"}})

    for number in range(first + 1, first + 1 + old):
        home.api.before[number] = hide
        home.api.after[number] = lambda: home.api.store.update(hidden)

    done = restore_command.recover(home.reach)

    assert done.checked != ("nothing was left to put back",)
    assert home.problems() == []


def test_that_nothing_was_left_is_known_after_some_seconds(home: Home) -> None:
    """Whoever calls it for nothing is not kept longer than an old read can last."""
    began = home.api.clock.now

    assert restore_command.recover(home.reach).checked == ("nothing was left to put back",)
    assert 5 <= home.api.clock.now - began < 7


def test_a_lock_without_a_snapshot_is_taken_away(home: Home) -> None:
    """The run was killed before it captured anything."""
    home.api.put(lease.lease(holder(), namespace="ml"))

    restore_command.recover(home.reach)

    assert home.problems() == []


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
    theirs = holder(renewed=datetime.now(UTC) - timedelta(seconds=30))
    home.api.put(lease.lease(theirs, namespace="ml"))

    def renew() -> None:
        home.api.put(lease.lease(replace(theirs, renewed=datetime.now(UTC)), namespace="ml"))

    home.api.before[5] = renew

    with pytest.raises(LockHeld, match="still alive: run-1@elsewhere"):
        restore_command.recover(home.reach)

    assert home.api.written == []
    assert any("waiting up to 60 s for a sign of life" in line for line in home.said)


def test_a_run_that_ends_while_it_is_waited_for(home: Home) -> None:
    """It gave its lock back and took its snapshot with it: nothing is left to do."""
    killed(home)
    home.api.put(lease.lease(holder(renewed=datetime.now(UTC)), namespace="ml"))

    def end() -> None:
        home.api.store = dict(home.first) | {key: one for key, one in home.api.store.items() if key[0] == "Pod"}

    home.api.before[5] = end

    assert restore_command.recover(home.reach).checked == ("nothing was left to put back",)


def test_requests_of_the_dead_are_waited_for(home: Home) -> None:
    """A kubectl of the killed run may have one on its way, which must not land on what was put back."""
    killed(home)
    renewed = datetime.now(UTC)
    dead = replace(identity.me("dead"), started=1, renewed=renewed)
    home.api.put(lease.lease(dead, namespace="ml"))
    began, first = home.api.clock.now, len(home.api.requests)
    looked: list[float] = []
    home.api.before[first + 3] = lambda: looked.append(home.api.clock.now)

    restore_command.recover(home.reach)

    assert looked[0] - began >= 6


def test_a_snapshot_that_cannot_be_read_is_said_and_left(home: Home) -> None:
    """Nothing is guessed; the operator is told what to do."""
    killed(home)
    home.api.edit("Secret", snapshot.NAME, lambda obj: obj["data"].clear())

    with pytest.raises(BadSnapshot, match="check the Deployments yourself, and delete that Secret"):
        restore_command.recover(home.reach)

    assert home.api.written == LOCKED
    assert home.api.find("Secret", snapshot.NAME) is not None


def test_keep_leaves_everything_as_it_is(home: Home) -> None:
    """What production was is forgotten, and a next run can begin."""
    killed(home)

    done = restore_command.recover(home.reach, keep=True)

    assert done.complete
    assert home.api.written == [LOCKED[0], "delete Secret vllm-qualify-snapshot", LOCKED[1]]
    assert objects.replicas(home.live("vllm-server")) == 0


def test_keep_works_with_a_snapshot_that_cannot_be_read(home: Home) -> None:
    """It is not needed for that."""
    killed(home)
    home.api.edit("Secret", snapshot.NAME, lambda obj: obj["data"].clear())

    assert restore_command.recover(home.reach, keep=True).complete


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_stranger_is_fought_only_when_told_to(home: Home, *, overwrite: bool) -> None:
    """Without the word the snapshot stays, so that no run begins over it."""
    killed(home)
    home.api.edit("Deployment", "vllm-server", lambda obj: obj["spec"].update(progressDeadlineSeconds=7))

    done = restore_command.recover(home.reach, overwrite=overwrite)

    assert done.complete is overwrite
    assert (home.api.find("Secret", snapshot.NAME) is None) is overwrite
    assert home.api.find("Lease", lease.NAME) is None
    assert home.live("vllm-server")["spec"]["progressDeadlineSeconds"] == (600 if overwrite else 7)


def test_a_terminal_that_is_gone_ends_nothing(home: Home) -> None:
    """Nobody is left to be told, and production comes back all the same."""
    killed(home)

    def fail(*_: object) -> None:
        raise BrokenPipeError

    for name in ("say", "step"):
        object.__setattr__(home.site, name, fail)

    assert restore_command.recover(home.reach).complete
    assert home.problems() == []


def test_a_forged_snapshot_writes_nothing(home: Home) -> None:
    """Who may create Secrets here does not write elsewhere with the rights of whoever restores."""
    kept = home.kept()
    theirs = objects.with_namespace(kept.objects[0], "kube-system")
    home.leave(replace(kept, objects=(theirs, *kept.objects[1:])))
    home.api.written.clear()

    with pytest.raises(BadSnapshot, match="its Deployment vllm-server is in the namespace kube-system"):
        restore_command.recover(home.reach)

    assert home.api.written == LOCKED
    assert home.api.find("Deployment", "vllm-server", "kube-system") is None


def test_what_will_be_written_is_shown_before(home: Home) -> None:
    """Field by field, without the values of secrets; the writing comes after it."""
    killed(home)
    shown: list[int] = []

    def say(line: str) -> None:
        home.said.append(line)
        shown.append(len([one for one in home.api.written if "Lease" not in one]))

    object.__setattr__(home.site, "say", say)
    restore_command.recover(home.reach)

    told = [line for line in home.said if line.startswith("  ")]
    assert any("spec.replicas: is 0, will be 1" in line for line in told)
    assert any(f'image: is "{NEW}", will be "{OLD}"' in line for line in told)
    assert CANARY not in "".join(home.said)
    assert shown[: home.said.index(told[-1]) + 1] == [0] * (home.said.index(told[-1]) + 1)


def test_a_secret_that_changed_is_not_shown(home: Home) -> None:
    """Neither the one that is there nor the one that comes back."""
    kept = home.kept()
    changed = copy.deepcopy(home.candidate())
    changed["spec"]["template"]["spec"]["containers"][0]["env"][0]["value"] = "hf_other" + "other" * 3
    home.leave(kept.knowing([changed]))
    home.api.put(changed, manager="vllm-qualify")

    restore_command.recover(home.reach)

    assert "hf_other" not in "".join(home.said)
    assert CANARY not in "".join(home.said)


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


def test_a_run_that_was_killed_while_it_pulled_leaves_nothing_to_be_put_back(home: Home) -> None:
    """What is found is the operator's own, who switched the modes meanwhile; the next run can begin."""
    home.leave(replace(home.kept(home.candidate()), touched=False))
    for name, count in (("vllm-server", 0), ("vllm-r1", 1)):
        home.api.edit("Deployment", name, lambda obj, count=count: obj["spec"].update(replicas=count))  # type: ignore[misc]
    home.api.written.clear()

    done = restore_command.recover(home.reach)

    assert done.checked == ("run run-1 ended before it touched production; nothing was put back",)
    assert home.api.written == [LOCKED[0], "delete Secret vllm-qualify-snapshot", LOCKED[1]]
