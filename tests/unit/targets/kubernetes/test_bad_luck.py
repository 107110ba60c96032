"""A candidate without a place, or beside somebody else behind its Service: no evidence against the image."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.targets.home import NEW, OLD, Home
from tests.unit.targets.whole import Whole, judged_candidate
from vllm_qualify.checks import api
from vllm_qualify.core.outcomes import Blocked
from vllm_qualify.core.records import Judgement, Outcome
from vllm_qualify.targets.base import Mode, NotReady, Unavailable
from vllm_qualify.targets.kubernetes import watch

GOOD = Judgement(outcome=Outcome.PASSED, message="fine")
Object = dict[str, Any]


def conditioned(home: Home, condition: Object) -> None:
    """The Deployment controller says this of every Deployment, and makes no pod."""
    usual = home.api.set_status

    def set_status(key: tuple[str, str, str], status: Object, annotations: dict[str, str] | None = None) -> None:
        usual(key, status | ({"conditions": [condition]} if key[0] == "Deployment" else {}), annotations)

    home.api.set_status = set_status  # type: ignore[method-assign]
    home.api.controller._create = lambda *_: None  # type: ignore[method-assign]


def test_a_quota_is_nobody_s_failure(whole: Whole) -> None:
    """It is told by the cluster's own words, soon, and production comes back."""
    whole.target.open()
    said = 'pods "vllm-server-1" is forbidden: exceeded quota: gpus'
    conditioned(whole.home, {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": said})
    candidate, began = judged_candidate(whole), whole.home.api.clock.now

    start = candidate.start(Mode.ML)

    assert (start.ready, start.death, said in start.reason) == (None, None, True)
    assert whole.home.api.clock.now - began < 60.0
    assert api.started(ready=False, reason=start.reason, death=start.death).outcome is Outcome.INCONCLUSIVE


def unlucky(whole: Whole, status: Object) -> None:
    """Let the candidate's pod come to this instead of running."""
    usual = whole.home.api.controller._running

    def running(key: Any, pod: Object) -> Object:
        mine = pod["spec"]["containers"][0]["image"] == NEW
        return status if mine else usual(key, pod)

    whole.home.api.controller._running = running  # type: ignore[method-assign]


WAITING = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "lastTransitionTime": "2020-01-01T00:00:00Z",
}
UNLUCKY = {
    "no-room": {"phase": "Pending", "conditions": [WAITING | {"message": "0/1 nodes: 1 Insufficient nvidia.com/gpu."}]},
    "evicted": {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: ephemeral-storage."},
    "gpu-taken": {"phase": "Failed", "reason": "UnexpectedAdmissionError", "message": "no GPU is left"},
    "node-left": {"phase": "Failed", "reason": "NodeLost", "message": "Node k3s-gpu-worker is gone"},
}


@pytest.mark.parametrize("status", UNLUCKY.values(), ids=UNLUCKY)
def test_a_candidate_without_a_place_has_not_failed(whole: Whole, status: Object) -> None:
    """Nothing of that is evidence against the image; the reason is told, and later cases are blocked."""
    whole.target.open()
    unlucky(whole, status)
    candidate = judged_candidate(whole)

    start = candidate.start(Mode.ML)

    judged = api.started(ready=start.ready is not None, reason=start.reason, death=start.death)
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert "says nothing about the image" in judged.message
    with pytest.raises(Blocked, match="never became ready"):
        candidate.serving(Mode.ML)


@pytest.mark.parametrize("name", ["evicted", "gpu-taken", "node-left"])
def test_one_that_lost_its_place_at_work_has_not_failed(whole: Whole, name: str) -> None:
    """The case is broken, whatever it had seen."""
    whole.target.open()
    candidate = judged_candidate(whole)
    candidate.start(Mode.ML)
    unlucky(whole, UNLUCKY[name])
    whole.home.api.controller.tick()

    judged = candidate.judged(GOOD, during="DEPLOY/health")

    assert judged.outcome is Outcome.BROKEN
    assert UNLUCKY[name]["reason"] in judged.message


def stray(home: Home) -> None:
    """A pod of somebody else answers behind the Service."""
    labels = {"app": "vllm-server"}
    metadata = {"name": "stray", "namespace": "ml", "uid": "uid-stray", "labels": labels, "resourceVersion": "1"}
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    spec = {"containers": [{"name": "x", "image": OLD, "args": ["--model", "qwen"]}]}
    home.api.store["Pod", "ml", "stray"] = {"kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def test_who_else_answers_behind_the_service_is_not_measured(whole: Whole) -> None:
    """It is found when it comes, and nothing is held for the candidate's from then on."""
    whole.target.open()
    candidate = judged_candidate(whole)
    candidate.start(Mode.ML)
    stray(whole.home)

    with pytest.raises(Unavailable, match="Service vllm-api also leads to stray, so it is not known who answers"):
        candidate.serving(Mode.ML)


def test_a_run_does_not_begin_where_somebody_else_answers(whole: Whole) -> None:
    """Production would not be away for nothing."""
    stray(whole.home)

    with pytest.raises(NotReady) as caught:
        whole.target.open()

    assert [(one.id, one.actual) for one in caught.value.findings if one.blocks] == [("K23", "it also leads to stray")]
    assert whole.changes == []


def test_a_service_without_a_selector_says_nothing(whole: Whole) -> None:
    """Its endpoints are made by hand."""
    stray(whole.home)
    whole.home.api.edit("Service", "vllm-api", lambda obj: obj["spec"].pop("selector"))

    assert watch.others_behind(whole.home.site) == ()
