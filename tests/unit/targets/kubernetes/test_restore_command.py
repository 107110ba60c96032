"""``restore``: finishes what a killed run left, waits for the living, does nothing where nothing was left."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.targets.home import CANARY, NEW, OLD, Home, holder
from tests.unit.targets.left_behind import killed
from vllm_qualify.kube import lease, objects, snapshot
from vllm_qualify.kube.snapshot import BadSnapshot
from vllm_qualify.targets.kubernetes import restore_command

Object = dict[str, Any]
LOCKED = ["replace Lease vllm-qualify", "delete Lease vllm-qualify"]


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


def test_a_run_that_was_killed_while_it_pulled_leaves_nothing_to_be_put_back(home: Home) -> None:
    """What is found is the operator's own, who switched the modes meanwhile; the next run can begin."""
    home.leave(replace(home.kept(home.candidate()), touched=False))
    for name, count in (("vllm-server", 0), ("vllm-r1", 1)):
        home.api.edit("Deployment", name, lambda obj, count=count: obj["spec"].update(replicas=count))  # type: ignore[misc]
    home.api.written.clear()

    done = restore_command.recover(home.reach)

    assert done.checked == ("run run-1 ended before it touched production; nothing was put back",)
    assert home.api.written == [LOCKED[0], "delete Secret vllm-qualify-snapshot", LOCKED[1]]
