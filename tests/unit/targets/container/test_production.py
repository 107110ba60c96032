"""The transaction around a container of production: away, back under its id, whatever happens meanwhile."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from tests.unit.targets.container.fake_engine import NEW, OLD, PRODUCTION, FakeContainer, FakeEngine
from vllm_qualify.container.engine import ContainerEngine, EngineRefused
from vllm_qualify.container.spec import ContainerSpec
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.base import Interfered, Mode, NotReady, OutOfTime, Unavailable
from vllm_qualify.targets.container import restore_command
from vllm_qualify.targets.container.access import ContainerAccess
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.container.production import ContainerProduction
from vllm_qualify.targets.container.snapshot import LOCK, HostSnapshot, KeptContainer

CANDIDATE = ContainerSpec(image=NEW, command=("--model", "m"))


@dataclass(kw_only=True)
class Box:
    """A host on which production serves, and what a run on it is made of."""

    engine: FakeEngine
    steps: list[str]
    access: ContainerAccess

    def run(self, *, most_seconds: float = 1000.0, name: str = "r1") -> ContainerProduction:
        """A run that has the lock."""
        access = replace(self.access, host=replace(self.access.host, run=name))
        live = access.host.find(PRODUCTION)
        assert live is not None
        served = ("m",) if live.state.running else ()
        kept = KeptContainer(
            id=live.id, name=live.name, image_id=live.image_id, running=live.state.running, served=served
        )
        taken = datetime(2026, 11, 27, tzinfo=UTC)
        production = ContainerProduction(
            access,
            HostSnapshot(run=name, taken=taken, containers=(kept,)),
            signals=Signals(lambda _said: None),
            most_seconds=most_seconds,
            patience_seconds=100.0,
        )
        production.begin(OLD)
        return production

    def names(self) -> set[str]:
        """Of everything that is there."""
        return {one.name for one in self.engine.containers.values()}


@pytest.fixture
def box() -> Iterator[Box]:
    """Production serves on an engine in memory."""
    engine, steps = FakeEngine(), list[str]()
    engine.production()
    host = ContainerHost(
        engine=ContainerEngine(program="docker", run=engine),
        run="",
        step=lambda phase, _what: steps.append(phase),
        say=lambda _line: None,
        clock=engine.clock,
        sleep=engine.sleep,
    )
    with contextlib.ExitStack() as exits, engine.client() as http:
        yield Box(engine=engine, steps=steps, access=ContainerAccess(host=host, http=http, exits=exits))


def test_production_goes_and_comes_back_under_its_id(box: Box) -> None:
    """It is stopped and started, never removed; nothing of the run is left."""
    production = box.run()

    production.serve(CANDIDATE, mode=Mode.ML)
    away = box.engine.containers[PRODUCTION].running
    ended = production.close()

    assert not away
    assert ended.restoration.complete
    assert box.names() == {"vllm"}
    assert box.engine.containers[PRODUCTION].running
    assert not [words for words in box.engine.asked if words[0] == "rm" and PRODUCTION in words]
    assert box.steps[:3] == ["lock", "take-down", "apply"]


def test_a_run_that_tried_nothing_leaves_production_alone(box: Box) -> None:
    """The lock goes, and production is not even looked at."""
    ended = box.run().close()

    assert ended.restoration.checked == ("production was not touched",)
    assert ended.away_seconds is None
    assert box.names() == {"vllm"}


def test_two_runs_never_have_one_engine(box: Box) -> None:
    """The second is told who has it, and changes nothing."""
    box.run(name="first")

    with pytest.raises(NotReady, match=r"another run uses this engine: .* \(run first\)"):
        box.run(name="second")
    assert box.engine.containers[PRODUCTION].running


def test_a_production_that_somebody_starts_ends_the_run(box: Box) -> None:
    """Two servers on one GPU measure neither; what somebody did is left as it is."""
    production = box.run()
    production.serve(CANDIDATE, mode=Mode.ML)
    box.engine.containers[PRODUCTION].running = True

    with pytest.raises(Interfered, match="started by somebody else"):
        production.watch()
    with pytest.raises(Interfered):
        production.serve(CANDIDATE, mode=Mode.R1)
    assert production.close().restoration.complete


def test_a_production_that_somebody_removed_is_told(box: Box) -> None:
    """Only its owner can make it anew."""
    production = box.run()
    production.serve(CANDIDATE, mode=Mode.ML)
    del box.engine.containers[PRODUCTION]

    with pytest.raises(Interfered, match="removed by somebody else"):
        production.watch()
    (problem,) = production.close().restoration.problems

    assert "create and start it as you did" in problem
    assert LOCK in box.names()


def test_a_production_that_was_made_anew_is_left_as_it_is(box: Box) -> None:
    """It serves, so nothing has to be done; the operator is told."""
    production = box.run()
    production.serve(CANDIDATE, mode=Mode.ML)
    del box.engine.containers[PRODUCTION]
    box.engine.containers["b" * 64] = FakeContainer(id="b" * 64, name="vllm", image=OLD, running=True)

    found = production.close().restoration

    assert found.complete
    assert "was recreated by somebody else meanwhile" in found.notes[0]


def test_a_lock_that_somebody_removed_ends_the_run(box: Box) -> None:
    """Another run may have begun."""
    production = box.run()
    production.serve(CANDIDATE, mode=Mode.ML)
    lock = box.engine.find(LOCK)
    assert lock is not None
    del box.engine.containers[lock.id]

    with pytest.raises(Interfered, match="was removed during the run"):
        production.watch()
    assert production.close().restoration.complete
    assert box.engine.containers[PRODUCTION].running


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        ("Bind for 0.0.0.0:8000 failed: port is already allocated", Unavailable),
        ('could not select device driver "" with capabilities: [[gpu]]', Unavailable),
        ('runc create failed: exec: "vllm": executable file not found in $PATH', EngineRefused),
    ],
    ids=["port", "host", "image"],
)
def test_what_keeps_a_candidate_from_starting(box: Box, said: str, raised: type[Exception]) -> None:
    """Only what is wrong with the image is told as the image's."""
    production = box.run()
    box.engine.refusals["start"] = [said]

    with pytest.raises(raised):
        production.serve(CANDIDATE, mode=Mode.ML)
    assert production.close().restoration.complete


def test_an_engine_that_is_restarted_is_waited_for(box: Box) -> None:
    """Giving up would leave production away."""
    production = box.run()
    production.serve(CANDIDATE, mode=Mode.ML)
    silence = ["Cannot connect to the Docker daemon"] * 5
    box.engine.refusals = {"ps": list(silence), "start": list(silence)}

    assert production.close().restoration.complete
    assert box.engine.containers[PRODUCTION].running


def test_a_port_that_is_given_up_in_a_moment_is_waited_for(box: Box) -> None:
    """Whoever had it was in our place."""
    production = box.run()
    production.serve(CANDIDATE, mode=Mode.ML)
    box.engine.refusals["start"] = ["port is already allocated"] * 3

    assert production.close().restoration.complete


def test_production_that_has_to_be_back_stops_the_tries(box: Box) -> None:
    """What is left of the time is for the way back."""
    production = box.run(most_seconds=100.0)
    production.serve(CANDIDATE, mode=Mode.ML)
    box.engine.sleep(50.0)

    with pytest.raises(OutOfTime, match="time is up"):
        production.serve(CANDIDATE, mode=Mode.R1)


def test_what_changed_before_it_was_taken_down_is_not_taken_down(box: Box) -> None:
    """Pulls take half an hour, in which somebody may have stopped it."""
    production = box.run()
    box.engine.containers[PRODUCTION].running = False

    with pytest.raises(Interfered, match="which it was not when the run began"):
        production.serve(CANDIDATE, mode=Mode.ML)
    assert not box.engine.containers[PRODUCTION].running


def test_restore_finishes_for_a_run_that_was_killed(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the labels of the lock alone; a second time there is nothing to do."""
    box.run().serve(CANDIDATE, mode=Mode.ML)
    monkeypatch.setattr("vllm_qualify.kube.identity.seen", lambda _holder: False)

    done = restore_command.recover(box.access, overwrite=False, keep=False)
    again = restore_command.recover(box.access, overwrite=False, keep=False)

    assert done.complete
    assert again.checked == ("nothing was left to put back",)
    assert box.names() == {"vllm"}
    assert box.engine.containers[PRODUCTION].running


def test_restore_leaves_a_run_alone_that_lives(box: Box) -> None:
    """It puts production back itself."""
    box.run().serve(CANDIDATE, mode=Mode.ML)

    with pytest.raises(restore_command.StillHeld, match="another run uses this engine"):
        restore_command.recover(box.access, overwrite=False, keep=False)


def test_restore_can_leave_everything_as_it_is(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the run made goes, and production stays where its operator has put it."""
    box.run().serve(CANDIDATE, mode=Mode.ML)
    monkeypatch.setattr("vllm_qualify.kube.identity.seen", lambda _holder: False)

    done = restore_command.recover(box.access, overwrite=False, keep=True)

    assert done.complete
    assert box.names() == {"vllm"}
    assert not box.engine.containers[PRODUCTION].running


def test_restore_finds_its_way_without_the_lock(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody removed it while the run was killed; a candidate that is left says the same."""
    box.run().serve(CANDIDATE, mode=Mode.ML)
    lock = box.engine.find(LOCK)
    assert lock is not None
    del box.engine.containers[lock.id]
    monkeypatch.setattr("vllm_qualify.kube.identity.seen", lambda _holder: False)

    done = restore_command.recover(box.access, overwrite=False, keep=False)

    assert done.complete
    assert box.names() == {"vllm"}
    assert box.engine.containers[PRODUCTION].running


def test_production_that_stops_while_the_lock_is_given_back_is_told(box: Box) -> None:
    """An engine that had to be waited for may have been restarted, and its containers with it."""
    production = box.run()
    production.serve(CANDIDATE, mode=Mode.ML)

    def stopped() -> None:
        box.engine.containers[PRODUCTION].running = False

    def once_more() -> None:
        # The first removal is the candidate's, the second the lock's.
        box.engine.meanwhile["rm"] = stopped

    box.engine.meanwhile["rm"] = once_more

    (problem,) = production.close().restoration.problems

    assert "does not run any more" in problem
