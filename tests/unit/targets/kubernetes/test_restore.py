"""Putting production back and proving it: the order, what is left alone, what is said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.targets import controller
from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import NEW, Home
from tests.unit.targets.left_behind import BESIDE, away
from vllm_qualify.kube import objects, snapshot
from vllm_qualify.kube.pods import state
from vllm_qualify.targets.kubernetes import restore

Object = dict[str, Any]


def test_what_held_the_gpu_goes_first(home: Home) -> None:
    """What had no pod is put back, and gone, before what served begins to."""
    kept = away(home)

    done = restore.restore(home.reach, kept)

    assert done.complete
    assert home.api.written[:2] == ["replace Deployment vllm-r1 0", "replace Deployment vllm-server 1"]
    assert home.api.controller.waited == set()


def test_it_can_be_done_again(home: Home) -> None:
    """The second time changes no generation, and production serves on with the pod that it has."""
    kept = away(home)
    restore.restore(home.reach, kept)
    before = {key: obj["metadata"]["uid"] for key, obj in home.api.store.items()}
    generation = home.live("vllm-server")["metadata"]["generation"]

    done = restore.restore(home.reach, kept)

    assert done.complete
    assert {key: obj["metadata"]["uid"] for key, obj in home.api.store.items()} == before
    assert home.live("vllm-server")["metadata"]["generation"] <= generation + 1


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
def test_what_was_absent_is_taken_away(home: Home, fault: Fault) -> None:
    """A Deployment that the run made is deleted, its pods have ended, whatever becomes of the deletion."""
    made = home.candidate() | {"metadata": {"name": BESIDE[1], "namespace": "ml"}}
    kept = home.kept(made, absent=(BESIDE,))
    home.api.put(objects.with_replicas(objects.cleaned(home.live("vllm-server")), 0), manager="vllm-qualify")
    home.api.put(made, manager="vllm-qualify")
    home.api.controller.settle()
    home.api.faults[2] = fault

    done = restore.restore(home.reach, kept)

    assert done.complete
    assert home.api.find(*BESIDE) is None
    assert home.problems() == []


def stale_at(home: Home, number: int) -> None:
    """Let one look see the cluster as it was without that Deployment and the helper's pod."""
    hidden = {("Deployment", "ml", BESIDE[1]), ("Pod", "ml", "vllm-qualify-0")}

    def hide() -> None:
        home.api._past = {key: obj for key, obj in home.api.store.items() if key not in hidden}

    home.api.before[number] = hide
    home.api.faults[number] = Fault.STALE


def test_a_look_that_is_old_does_not_leave_a_deployment_behind(home: Home) -> None:
    """One that was made a moment ago may not be seen yet; it is looked for again while production loads."""
    made = home.candidate() | {"metadata": {"name": BESIDE[1], "namespace": "ml"}}
    kept = home.kept(made, absent=(BESIDE, ("Deployment", "vllm-qualify-r1")))
    home.api.put(objects.with_replicas(made, 0), manager="vllm-qualify")
    stale_at(home, 1)

    done = restore.restore(home.reach, kept)

    assert home.api.injected == 1
    assert done.complete
    assert home.problems() == []


def test_what_is_surely_absent_costs_some_seconds_after_the_writing(home: Home) -> None:
    """Every look for five seconds says so; production was written before the first of them."""
    kept = home.kept(absent=(BESIDE,))
    home.api.put(snapshot.secret(kept))
    began, written = home.api.clock.now, list[float]()
    home.api.clock.on_tick.append(lambda: written.append(home.api.clock.now) if home.api.written else None)

    assert restore.restore(home.reach, kept).complete

    assert written[0] - began < 1.0
    assert 5.0 <= home.api.clock.now - began < 7.0


def test_production_that_does_not_become_ready_is_not_back(home: Home) -> None:
    """The objects are as they were, and that is not enough."""
    kept = away(home)
    home.api.controller.never_ready.add(
        home.first["Deployment", "ml", "vllm-server"]["spec"]["template"]["spec"]["containers"][0]["image"]
    )

    done = restore.restore(home.reach, kept, ready_seconds=30.0)

    assert done.problems == ("Deployment vllm-server is back as it was, but did not become ready in 30 s",)
    assert home.api.find("Secret", snapshot.NAME) is not None


def test_production_that_was_not_ready_is_not_waited_for(home: Home) -> None:
    """Nobody can put back what was not there; the operator is told."""
    kept = replace(away(home), ready={}, served=())

    done = restore.restore(home.reach, kept)

    assert done.complete
    assert "Deployment vllm-server was not ready when the run began" in done.notes[0]


@pytest.mark.parametrize(
    ("names", "said"),
    [(["other"], "/v1/models names other; it named qwen before"), ([], "/v1/models names nothing; it named qwen")],
    ids=["another-model", "none"],
)
def test_production_that_answers_otherwise_is_not_back(home: Home, names: list[str], said: str) -> None:
    """A ready pod proves nothing of what it serves."""
    kept = away(home)
    home.models = lambda: names

    done = restore.restore(home.reach, kept)

    assert f"production is back, but does not serve: {said}" in done.problems[0]


def test_pods_that_do_not_end_are_a_problem(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that lost its kubelet keeps them; it is said where to look."""
    kept = away(home)
    monkeypatch.setattr(controller, "END_SECONDS", 10_000.0)

    done = restore.restore(home.reach, kept)

    assert done.problems == ("pods of Deployment vllm-r1 do not end; see `kubectl describe pod`",)


def helpers(home: Home) -> None:
    """A pod of the run's own, one of another run's, and somebody's."""
    labels = {"app.kubernetes.io/managed-by": "vllm-qualify"}
    spec = {"containers": [{"name": "probe", "image": NEW}]}
    for name, run in {"vllm-qualify-0": "run-1", "vllm-qualify-1": "run-2", "theirs": ""}.items():
        own = {"labels": labels, "annotations": {objects.RUN: run}} if run else {}
        metadata = {"name": name, "namespace": "ml", **own}
        home.api.put({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


def test_a_list_that_is_old_does_not_leave_a_helper_behind(home: Home) -> None:
    """Whichever of the lists it is."""
    kept = home.kept()
    restore.restore(home.reach, kept)
    first = next(number for number, asked in enumerate(home.api.requests, 1) if "managed-by" in str(asked.query))
    again = Home()
    helpers(again)
    stale_at(again, first)

    restore.restore(again.reach, again.kept())

    assert again.api.injected == 1
    assert again.api.find("Pod", "vllm-qualify-0") is None
    again.close()


def test_helper_pods_are_swept_away(home: Home) -> None:
    """Pods that pulled images do not stay behind, and nobody else's pod is touched."""
    helpers(home)

    restore.sweep(home.site, "run-1")

    assert home.api.find("Pod", "vllm-qualify-0") is None
    assert home.api.find("Pod", "vllm-qualify-1") is not None
    assert home.api.find("Pod", "theirs") is not None


def test_steps_are_told_before_they_are_made(home: Home) -> None:
    """Each with its phase, in their order."""
    kept = away(home)
    home.steps.clear()

    restore.restore(home.reach, kept)

    assert [phase for phase, _ in home.steps] == ["restore", "restore", "verify", "verify", "verify", "unlock"]


def test_an_evicted_pod_of_the_other_mode_holds_nothing_up(home: Home) -> None:
    """Its object stays for ever; it holds no GPU, so nobody waits for it to end."""
    kept = away(home)
    home.api.controller.evict("vllm-r1")
    began = home.api.clock.now

    done = restore.restore(home.reach, kept)

    assert done.complete
    assert [state.ready(pod) for pod in home.site.pods_of(home.live("vllm-server"))] == [True]
    assert home.api.clock.now - began < 30.0


def test_an_evicted_pod_of_production_is_not_asked(home: Home) -> None:
    """The one that serves is, beside it."""
    home.api.controller.evict("vllm-server")
    home.api.controller.settle()
    kept = away(home)

    done = restore.restore(home.reach, kept)

    assert done.checked[-2:] == ("all pods of Deployment vllm-server are ready", "production answers as qwen")
