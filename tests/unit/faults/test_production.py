from __future__ import annotations

import copy
from typing import Any

import pytest

from lab import actors, admission
from tests.faults import production
from tests.faults.matrix import Actor


def deployment() -> dict[str, Any]:
    """A Deployment as the API server gives it."""
    made = copy.deepcopy(production.manifests()["deployment.yaml"])
    made["metadata"] |= {"uid": "one", "resourceVersion": "7", "annotations": {"note": "x"}}
    return made | {"status": {"replicas": 1}}


def noted(obj: dict[str, Any], key: str) -> None:
    """Annotate the pods of a Deployment."""
    obj["spec"]["template"]["metadata"]["annotations"] = {key: "x"}


def pod(*, image: str = production.IMAGE, ready: str = "True") -> dict[str, Any]:
    """A pod of production's."""
    status = {"conditions": [{"type": "Ready", "status": ready}]}
    spec = {"containers": [{"image": image}]}
    return {"metadata": {"name": f"{production.DEPLOYMENT}-1"}, "spec": spec, "status": status}


def test_the_operators_objects_are_taken_as_they_are_but_quick() -> None:
    """Arguments, strategy and house rules stay; what only costs time does not."""
    spec = production.manifests()["deployment.yaml"]["spec"]
    (container,) = spec["template"]["spec"]["containers"]

    assert "--enforce-eager" in container["args"]
    assert spec["strategy"] == {"type": "Recreate"}
    assert container["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert container["readinessProbe"]["periodSeconds"] == 1


def test_what_the_server_counts_is_no_difference() -> None:
    """resourceVersion, status and the revision change with every rollout, there and back."""
    before, after = deployment(), deployment()
    after["metadata"]["resourceVersion"] = "9"
    after["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    after["status"] = {"replicas": 0}

    assert production.differences(production.kept(before), production.kept(after)) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda obj: obj["spec"].update(replicas=0), ".spec.replicas was 1 and is 0"),
        (lambda obj: obj["metadata"].update(uid="two"), ".uid was 'one' and is 'two'"),
        (lambda obj: obj["metadata"]["annotations"].clear(), ".annotations.note was 'x' and is None"),
        (lambda obj: obj["metadata"]["labels"].update(more="x"), ".labels.more was None and is 'x'"),
        (
            lambda obj: obj["spec"]["template"]["spec"]["containers"][0].update(image="other"),
            f".spec.template.spec.containers[0].image was '{production.IMAGE}' and is 'other'",
        ),
    ],
)
def test_what_a_run_changed_is_found(change: Any, said: str) -> None:
    """Each kind of change to what must stay is named with its path."""
    before, after = deployment(), deployment()
    change(after)

    assert production.differences(production.kept(before), production.kept(after)) == [said]


@pytest.mark.parametrize(
    ("pods", "said"),
    [
        ([], "expected one of"),
        ([pod(), pod()], "expected one of"),
        ([pod(image="other")], "runs ['other']"),
        ([pod(ready="False")], "is not ready"),
    ],
)
def test_pods_other_than_productions_one_are_problems(pods: list[dict[str, Any]], said: str) -> None:
    """There must be exactly production's pod, with its image, ready."""
    (problem,) = production.pod_problems(pods)

    assert said in problem
    assert production.pod_problems([pod()]) == []


@pytest.mark.parametrize(
    ("actor", "change"),
    [
        (Actor.ANNOTATOR, lambda obj: obj["metadata"]["annotations"].update({actors.TOUCHED: "x"})),
        (Actor.AUTOSCALER, lambda obj: obj["spec"].update(replicas=2)),
        (Actor.WEBHOOK, lambda obj: obj["metadata"]["annotations"].update({admission.STAMP: "x"})),
        (
            Actor.WEBHOOK_OF_PODS,
            lambda obj: obj["spec"]["template"]["metadata"].update(annotations={admission.STAMP: 1}),
        ),
        (Actor.RESTARTER, lambda obj: noted(obj, actors.RESTARTED)),
        (Actor.COLLEAGUE, lambda obj: obj["spec"]["template"]["spec"]["containers"][0].update(env=[actors.EDIT])),
    ],
)
def test_what_an_actor_means_to_leave_is_forgiven_to_it_alone(actor: Actor, change: Any) -> None:
    """Everybody else's trace is a difference, and so is whatever else the actor changed."""
    before, after = deployment(), deployment()
    before["spec"]["template"]["spec"]["containers"][0].pop("env", None)
    after["spec"]["template"]["spec"]["containers"][0].pop("env", None)
    change(after)
    was, now = production.kept(before), production.kept(after)

    assert production.differences(was, production.forgiven(now, actor)) == []
    assert production.differences(was, production.forgiven(now, Actor.EVICTOR))
    after["spec"]["paused"] = True
    assert production.differences(was, production.forgiven(production.kept(after), actor))


def test_pods_that_have_failed_count_only_where_nobody_failed_them() -> None:
    """A run alone leaves no such pod behind; an eviction leaves one, and an autoscaler one without a GPU."""
    failed, waiting = pod() | {"status": {"phase": "Failed"}}, pod() | {"status": {"phase": "Pending"}}

    assert production.counted([pod(), failed], Actor.NONE) == [pod(), failed]
    assert production.counted([pod(), failed], Actor.NODE_PRESSURE) == [pod()]
    assert production.counted([pod(), waiting], Actor.NODE_PRESSURE) == [pod(), waiting]
    assert production.counted([pod(), waiting], Actor.AUTOSCALER) == [pod()]
