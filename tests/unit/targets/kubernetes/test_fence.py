"""Nothing is written by a run whose lock is not its own any more, whatever kept it from noticing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import Home, holder
from vllm_qualify.kube import lease, objects
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.targets.base import Unavailable
from vllm_qualify.targets.kubernetes import restore_command
from vllm_qualify.targets.kubernetes.fence import LostLock
from vllm_qualify.targets.kubernetes.lease_lock import LeaseLock
from vllm_qualify.targets.kubernetes.production import Production

Object = dict[str, Any]
KEY = ("Lease", "ml", lease.NAME)


def deleted(home: Home) -> None:
    """Somebody ran ``restore``, or deleted the Lease by hand."""
    del home.api.store[KEY]


def taken(home: Home) -> None:
    """Another run took it over."""
    home.api.put(lease.lease(holder("run-2", pid=7), namespace="ml"), manager="vllm-qualify")


def taken_and_taken_back(home: Home) -> None:
    """It is in our name, and was another's in between."""
    home.api.put(lease.lease(replace(holder("mine"), transitions=2), namespace="ml"), manager="vllm-qualify")


def held(home: Home) -> LeaseLock:
    """A lock that was taken."""
    lock = home.lock(holder("mine"))
    lock.take()
    return lock


@pytest.mark.parametrize("lose", [deleted, taken, taken_and_taken_back])
def test_without_the_lock_nothing_is_changed(home: Home, lose: Callable[[Home], None]) -> None:
    """Neither made, nor replaced, nor deleted; who has it is told, and what to do."""
    lock, live = held(home), home.live("vllm-server")
    kubectl = lock.fenced(home.site).kubectl
    lose(home)
    before = dict(home.api.store)

    for change in (
        lambda: kubectl.create(objects.cleaned(live) | {"metadata": {"name": "new", "namespace": "ml"}}),
        lambda: kubectl.replace(objects.with_replicas(live, 0)),
        lambda: kubectl.delete("Deployment", "ml", "vllm-server"),
    ):
        with pytest.raises(LostLock, match=r"lost its lock on the namespace ml: .*`vllm-qualify restore` says whether"):
            change()

    assert home.api.store == before
    assert lock.lost


def test_one_old_read_is_no_loss(home: Home) -> None:
    """A server behind the others shows the time before the lock was taken."""
    lock = held(home)
    home.api.faults[len(home.api.requests) + 1] = Fault.STALE

    lock.check()

    assert home.api.injected == 1
    assert lock.lost == ""


@pytest.mark.parametrize(("seconds", "renewed"), [(30, False), (55, True), (61, True)])
def test_a_lock_that_may_lapse_before_a_change_is_made_is_renewed_first(
    home: Home, seconds: float, *, renewed: bool
) -> None:
    """By the clock of the run itself, which goes on while the machine sleeps; from then on nobody may take it."""
    lock = held(home)
    home.api.clock.now += seconds

    lock.check()
    lock.check()

    assert home.api.written[1:] == ["replace Lease vllm-qualify"] * renewed


@pytest.mark.parametrize("lose", [deleted, taken])
def test_a_lock_that_goes_between_the_look_and_the_renewal_is_lost(home: Home, lose: Callable[[Home], None]) -> None:
    """A PUT would make a deleted Lease anew, were the uid not in it."""
    lock = held(home)
    home.api.clock.now += lease.SECONDS + 1
    home.api.before[len(home.api.requests) + 3] = lambda: lose(home)

    with pytest.raises(LostLock):
        lock.check()

    assert "replace Lease vllm-qualify" not in home.api.written[2:]


@pytest.mark.parametrize("request_number", [1, 3], ids=["look", "renewal"])
def test_a_request_during_which_the_machine_slept_is_not_relied_on(home: Home, request_number: int) -> None:
    """The Lease was ours when it was answered; that was long ago."""
    lock = held(home)
    home.api.clock.now += (lease.SECONDS + 1) * (request_number > 1)

    def sleep() -> None:
        home.api.clock.now += 3600
        deleted(home)

    home.api.after[len(home.api.requests) + request_number] = sleep

    with pytest.raises(LostLock, match="somebody deleted its Lease"):
        lock.check()


def test_a_cluster_that_does_not_say_is_no_loss(home: Home) -> None:
    """The change is refused as any other would be, and can be tried again."""
    lock = held(home)
    home.api.outage_until = home.api.clock.now + 100

    with pytest.raises(Refused) as refused:
        lock.check()
    home.api.clock.now += 100
    lock.check()

    assert refused.value.kind is RefusalKind.TRANSIENT


def test_a_run_that_lost_its_lock_goes_no_further_and_does_not_put_back(home: Home) -> None:
    """What is there is another's; the end says so as production's not being back."""
    run = home.serving()
    taken(home)
    home.api.written.clear()

    with pytest.raises(Unavailable, match="it is held by run-2@elsewhere"):
        run.serve(home.candidate("vllm-r1"))
    with pytest.raises(Unavailable, match="lost its lock"):
        run.watch()
    with pytest.raises(Unavailable, match="lost its lock"):
        run.refuse_late()
    ended = run.close()

    assert home.api.written == []
    assert "it is held by run-2@elsewhere" in ended.restoration.problems[0]


def test_the_operators_own_command_is_not_called_without_the_lock(home: Home) -> None:
    """It changes production as any write does."""
    run = home.serving()
    taken(home)

    with pytest.raises(Unavailable, match="lost its lock"):
        run.switched("vllm-r1", lambda: pytest.fail("was called"))


def test_production_that_was_not_touched_is_no_problem_of_a_lost_lock(home: Home) -> None:
    """It is told as a note; the other one's lock and snapshot stay."""
    run = home.production()
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=20.0)
    taken(home)
    before = dict(home.api.store)

    ended = run.close()

    assert ended.restoration.complete
    assert "it is held by run-2@elsewhere" in ended.restoration.notes[0]
    assert home.api.store == before


def slept(home: Home) -> Production:
    """A run with a candidate in production's place, while somebody restored, and which then was to go on."""
    run = home.serving()
    home.api.clock.sleep(600)
    assert restore_command.recover(home.reach).complete
    home.api.written.clear()
    with pytest.raises(Unavailable, match="somebody deleted its Lease"):
        run.serve(home.candidate("vllm-r1"))
    return run


def test_a_run_that_slept_while_somebody_restored_leaves_production_alone(home: Home) -> None:
    """The candidate of the next mode is not started, and nothing is put back a second time: it is seen to be back."""
    ended = slept(home).close()

    assert home.api.written == []
    assert ended.restoration.checked == ("production is as it was: somebody else put it back",)
    assert "somebody deleted its Lease" in ended.restoration.notes[0]
    assert home.problems() == []


@pytest.mark.parametrize("field", ["replicas", "progressDeadlineSeconds"])
def test_whether_production_is_back_is_not_taken_for_granted(home: Home, field: str) -> None:
    """Whoever deleted the Lease need not have restored."""
    run = slept(home)
    home.api.edit("Deployment", "vllm-server", lambda obj: obj["spec"].update({field: 7}))

    assert "somebody deleted its Lease" in run.close().restoration.problems[0]


def test_a_cluster_that_does_not_say_whether_production_is_back(home: Home) -> None:
    """Nobody waits for hours only to say more."""
    run = slept(home)
    began = home.api.clock.now
    home.api.outage_until = began + 7200

    assert "somebody deleted its Lease" in run.close().restoration.problems[0]
    assert home.api.clock.now < began + 300
