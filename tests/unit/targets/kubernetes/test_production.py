"""The transaction around production: its order, its end, and what it leaves to others."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import Home, holder, neighbour
from vllm_qualify.kube import lease, objects, snapshot
from vllm_qualify.targets.base import Unavailable
from vllm_qualify.targets.kubernetes.lease_lock import LockHeld

Object = dict[str, Any]


def test_a_run_leaves_production_as_it_was(home: Home) -> None:
    """Spec, replicas, annotations; served by a pod of its own; neither lock nor snapshot left."""
    run = home.production()
    home.run(run)

    ended = run.close()

    assert home.problems() == []
    assert ended.restoration.complete
    assert ended.restoration.checked[-1] == "production answers as qwen"


def test_what_a_run_writes_in_its_order(home: Home) -> None:
    """Lock and snapshot before anything else; nothing starts before what held the GPU is gone; the lock goes last."""
    run = home.production()
    home.run(run)
    run.close()

    lines = [line.replace("Deployment ", "") for line in home.api.written]
    assert lines[:2] == ["create Lease vllm-qualify", "create Secret vllm-qualify-snapshot"]
    assert lines[2] == "replace Secret vllm-qualify-snapshot"
    assert lines[3:5] == ["replace vllm-server 0", "replace vllm-server 1"]
    assert lines[5:7] == ["replace vllm-server 0", "replace vllm-r1 1"]
    assert lines[7:9] == ["replace vllm-r1 0", "replace vllm-server 1"]
    # The same objects once more, with the owners of their fields.
    assert lines[9:11] == ["replace vllm-r1 0", "replace vllm-server 1"]
    assert [line.rpartition("-")[0] for line in lines[11:13]] == [
        "delete ReplicaSet vllm-server",
        "delete ReplicaSet vllm-r1",
    ]
    assert lines[13:] == ["delete Secret vllm-qualify-snapshot", "delete Lease vllm-qualify"]


def test_production_that_was_not_touched_is_not_written(home: Home) -> None:
    """A run that ends before its first candidate leaves not even a new version behind."""
    run = home.production()
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=None)
    before = home.live("vllm-server")

    ended = run.close()

    assert home.live("vllm-server") is before
    assert (ended.away_seconds, ended.restoration.checked) == (None, ("production was not touched",))
    assert home.problems() == []


def test_the_release_in_production_is_known(home: Home) -> None:
    """By the tag of the image that served when the run began; none before that, and none for another container."""
    run = home.production()
    before = run.release("vllm")
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=None)

    assert (before, run.release("vllm"), run.release("odd")) == ("", "0.5.5", "")
    run.close()


def test_it_is_closed_once(home: Home) -> None:
    """Suite, session and interpreter all close it; the second finds nothing to do."""
    run = home.production()
    home.run(run)
    ended = run.close()
    asked = len(home.api.requests)

    assert run.close() is ended
    assert len(home.api.requests) == asked


def test_how_long_production_was_away(home: Home) -> None:
    """From taking it down to the proof that it is back, by the clock of the run."""
    run = home.production()
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=None)
    home.api.clock.sleep(50.0)
    began = home.api.clock.now
    run.serve(home.candidate())

    ended = run.close()

    assert ended.away_seconds == home.api.clock.now - began
    assert ended.away_from is not None


def test_no_candidate_is_started_when_the_time_is_up(home: Home) -> None:
    """The way back is part of the time, measured by production's last start; what is said names the option."""
    run = home.production(max_downtime_seconds=1000.0)
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=40.0)
    run.serve(home.candidate())
    home.api.clock.sleep(run.remaining_seconds())

    with pytest.raises(
        Unavailable, match=r"down for 1000 s in total, of which restoring it takes about \d+ s.*--max-downtime"
    ):
        run.serve(home.candidate())

    ended = run.close()
    assert ended.restoration.complete
    assert ended.away_seconds is not None
    assert ended.away_seconds <= 1000.0


def test_somebody_who_edits_in_the_middle_is_not_fought(home: Home) -> None:
    """The run stops, says who and what, and leaves lock's and snapshot's finding to the operator."""
    run = home.production()
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=20.0)
    run.serve(home.candidate())
    home.api.edit("Deployment", "vllm-server", lambda obj: obj["metadata"].update(labels={"mine": "now"}))

    with pytest.raises(Unavailable, match="changed by somebody else"):
        run.watch()
    with pytest.raises(Unavailable, match="this run stops"):
        run.serve(home.candidate())
    ended = run.close()

    assert home.live("vllm-server")["metadata"]["labels"] == {"mine": "now"}
    assert "changed by somebody else" in ended.restoration.problems[0]
    assert home.api.find("Secret", snapshot.NAME) is not None


def test_an_old_read_is_no_foreign_change(home: Home) -> None:
    """A read from before the last write shows other replicas, and no stranger."""
    run = home.production()
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=20.0)
    run.serve(home.candidate())
    home.api.faults[len(home.api.requests) + 1] = Fault.STALE

    run.watch()

    assert home.api.injected == 1
    assert run.close().restoration.complete


def test_a_terminal_that_is_gone_does_not_keep_production_away(home: Home) -> None:
    """After SIGHUP every line fails; after a full disk every step does."""
    run = home.production()
    home.run(run)

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    for name in ("step", "say"):
        object.__setattr__(home.site, name, fail)
    object.__setattr__(home.site.kubectl, "on_change", fail)
    ended = run.close()

    assert ended.restoration.complete
    assert home.problems() == []


def test_a_journal_that_takes_no_more_ends_a_run_before_it_acts(home: Home) -> None:
    """What is not written down beforehand is not done."""
    run = home.production()
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=20.0)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    object.__setattr__(run._site.kubectl, "on_change", full)
    with pytest.raises(OSError, match="No space left"):
        run.serve(home.candidate())

    assert "replace Deployment vllm-server 0" not in home.api.written
    assert run.close().restoration.complete


def test_the_operators_own_command_may_fail_half_way(home: Home) -> None:
    """Whatever it scaled until then is put back, not taken for somebody else's."""
    run = home.production()
    run.begin()
    kept = objects.cleaned(home.live("vllm-server"))
    run.capture(home.captured(), written=[kept], return_seconds=20.0)

    def fail() -> None:
        home.api.edit("Deployment", "vllm-r1", lambda obj: obj["spec"].update(replicas=1))
        raise Unavailable("gpu-mode ended with exit code 1")

    with pytest.raises(Unavailable, match="exit code 1"):
        run.switched("vllm-r1", fail)

    assert run.close().restoration.complete
    assert home.problems() == []


def test_a_second_run_is_refused_and_changes_nothing(home: Home) -> None:
    """It hears who is there, and its own end leaves the other's lock and snapshot alone."""
    first, second = home.production(), home.production()
    home.run(first)
    second._lock.me = holder("run-2")
    home.api.put(lease.lease(neighbour("run-1"), namespace="ml"), manager="vllm-qualify")

    with pytest.raises(LockHeld, match=r"process \d+ since .* \(run run-1\)"):
        second.begin()
    second.close()

    assert home.api.find("Secret", snapshot.NAME) is not None
    assert home.api.find("Lease", lease.NAME) is not None


def test_an_evicted_pod_does_not_hold_up_the_taking_down(home: Home) -> None:
    """No time of the outage goes to waiting for what never ends."""
    home.api.controller.evict("vllm-server")
    home.api.controller.settle()
    run = home.production()
    began = home.api.clock.now

    home.run(run)

    assert home.api.clock.now - began < 60.0
    assert run.close().restoration.complete
    assert home.problems() == []
