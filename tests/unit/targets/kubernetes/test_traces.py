"""What a run leaves behind in what it put back: nothing, or a word about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import NEW, OLD, Home
from vllm_qualify.kube import objects
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets.kubernetes import restore_command, traces

Object = dict[str, Any]
OLDER = "vllm/vllm-openai:v0.5.4"


def managers(home: Home) -> list[str]:
    """Who owns fields of it."""
    return [one["manager"] for one in home.live("vllm-server")["metadata"]["managedFields"]]


def owned(home: Home) -> tuple[Snapshot, list[Object]]:
    """Production as it was captured, after the run wrote it twice, with the answer."""
    kept = home.captured()
    for replicas in (0, 1):
        wanted = objects.with_replicas(objects.cleaned(home.live("vllm-server")), replicas)
        made = home.api.put(wanted, manager="vllm-qualify")
    home.api.controller.settle()
    return kept, [made]


def test_fields_are_given_back(home: Home) -> None:
    """The next server-side apply of the operator meets no conflict; neither spec nor generation changes."""
    kept = owned(home)
    before = home.live("vllm-server")

    assert list(traces.give_fields_back(home.site, *kept)) == []

    after = home.live("vllm-server")
    assert managers(home) == ["kubectl-edit"]
    assert objects.differences(before, after) == ()
    assert after["metadata"]["generation"] == before["metadata"]["generation"]


def test_what_a_controller_writes_meanwhile_is_not_overwritten(home: Home) -> None:
    """Its write refuses the run's, which is then made anew."""
    kept = owned(home)

    def touch() -> None:
        home.api.edit("Deployment", "vllm-server", lambda obj: obj["metadata"]["annotations"].update(seen="now"))

    home.api.before[len(home.api.requests) + 2] = touch

    assert list(traces.give_fields_back(home.site, *kept)) == []

    assert home.live("vllm-server")["metadata"]["annotations"]["seen"] == "now"
    assert managers(home) == ["kubectl-edit"]


@pytest.mark.parametrize(
    "fault", [Fault.UNAVAILABLE, Fault.RESET_COMMITTED, Fault.HANG], ids=lambda fault: fault.name.lower()
)
def test_a_server_in_trouble_is_asked_again(home: Home, fault: Fault) -> None:
    """Also where the first request was carried out."""
    kept = owned(home)
    home.api.faults[len(home.api.requests) + 2] = fault

    assert list(traces.give_fields_back(home.site, *kept)) == []
    assert managers(home) == ["kubectl-edit"]


def test_where_it_is_refused_that_is_told(home: Home) -> None:
    """Production serves, so it is a word and no problem, and nobody waits for hours."""
    kept, began = owned(home), home.api.clock.now
    home.api.denied.add(("replace", "Deployment"))
    patient = home.site.unstoppable(patience_seconds=60.0, insist_seconds=3600.0)

    [said] = traces.give_fields_back(patient, *kept)

    assert "fields of Deployment vllm-server stay owned by vllm-qualify" in said
    assert "--force-conflicts" in said
    assert home.api.clock.now - began < 60.0


def history(home: Home) -> list[str]:
    """The images of production's revisions."""
    every = [one for key, one in home.api.store.items() if key[0] == "ReplicaSet" and key[2].startswith("vllm-server")]
    return sorted(one["spec"]["template"]["spec"]["containers"][0]["image"] for one in every)


def rolled(home: Home, image: str) -> None:
    """The operator rolled out an image."""
    home.api.put(home.candidate(image=image))
    home.api.controller.settle()


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
def test_no_candidate_stays_in_the_history(home: Home, *, killed: bool) -> None:
    """`kubectl rollout undo` brings what the operator had before, also where that was the candidate's very image."""
    for image in (OLDER, NEW, OLD):
        rolled(home, image)
    before = history(home)
    home.first = {key: one for key, one in home.api.store.items() if key[0] != "Pod"}
    run = home.production()
    run.begin()
    wanted = [home.candidate(image=image) for image in (NEW, "vllm/vllm-openai:v0.9.0")]
    run.capture(home.captured(), written=wanted, return_seconds=20.0)
    for one in wanted:
        run.serve(one)
        home.api.controller.settle()
    tried = history(home)

    done = restore_command.recover(home.reach) if killed else run.close().restoration

    assert done.complete
    assert (len(tried), history(home)) == (len(before) + 1, before)


def test_a_revision_that_somebody_else_made_is_left(home: Home) -> None:
    """What the run did not write is not the run's to delete."""
    kept = home.captured()
    rolled(home, "vllm/vllm-openai:v9.9.9")
    rolled(home, OLD)

    assert traces.forget_revisions(home.site, kept) == ()

    assert history(home) == [OLD, "vllm/vllm-openai:v9.9.9"]


def test_revisions_that_went_are_told(home: Home) -> None:
    """A history that was full before the run loses its oldest."""
    kept = home.captured()
    kept = replace(kept, revisions=kept.revisions | {"vllm-server": (*kept.revisions["vllm-server"], "uid-oldest")})

    [said] = traces.forget_revisions(home.site, kept)

    assert said.startswith(
        "1 of 2 earlier revisions of Deployment vllm-server were dropped while candidates were tried"
    )


@pytest.mark.parametrize("verb", ["get", "delete"])
def test_a_history_that_may_not_be_touched_is_told(home: Home, verb: str) -> None:
    """Production is back all the same, and nobody waits for hours."""
    home.api.denied.add((verb, "ReplicaSet"))
    run, began = home.production(), home.api.clock.now
    home.run(run)

    done = run.close().restoration

    assert done.complete
    assert any("candidates stay in the history" in note for note in done.notes)
    assert home.api.clock.now - began < 300.0
