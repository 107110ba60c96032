"""What tells a Deployment that somebody changed, and a pod that is not the candidate's."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from vllm_qualify.kube import expected_state

Object = dict[str, Any]
ONE, OTHER = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
WRITTEN: Object = {
    "kind": "Deployment",
    "metadata": {"name": "vllm", "uid": "u1", "generation": 4, "labels": {"app": "vllm"}},
    "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "vllm", "image": "new"}]}}},
}


def test_a_note_explains_a_generation() -> None:
    """The server counts a Deployment's annotations as it counts its spec; the revision is the controller's own."""
    live = copy.deepcopy(WRITTEN)
    live["metadata"] |= {"generation": 5, "annotations": {"seen": "yes"}}
    revised = copy.deepcopy(WRITTEN)
    revised["metadata"] |= {"generation": 5, "annotations": {"deployment.kubernetes.io/revision": "4"}}

    assert expected_state.changed(WRITTEN, live) == ()
    assert expected_state.changed(WRITTEN, revised) != ()


def pod(image: str, digest: str = "") -> Object:
    """A pod whose only container runs that."""
    statuses = [{"name": "vllm", "image": image, "imageID": f"docker.io/x@{digest}"}] if digest else []
    spec = {"containers": [{"name": "vllm", "image": image}]}
    return {"metadata": {"name": "vllm-1"}, "spec": spec, "status": {"containerStatuses": statuses}}


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        (("spec", "replicas"), 2, ["spec.replicas"]),
        (("spec", "template"), {}, ["spec.template.spec"]),
        (("metadata", "labels"), {"app": "x"}, ["metadata.labels.app"]),
        (("metadata", "uid"), "u2", ["metadata.uid"]),
        (("metadata", "annotations"), {"seen": "yes"}, []),
        (("metadata", "generation"), 7, ["metadata.generation, so it was changed and changed back"]),
        (("metadata", "generation"), 3, []),
        (("metadata", "resourceVersion"), "9", []),
    ],
)
def test_what_counts_as_changed(path: tuple[str, str], value: object, expected: list[str]) -> None:
    """What decides about its pods, whose it is, and that it is the same object; not what anybody notes on it."""
    live = copy.deepcopy(WRITTEN)
    live[path[0]][path[1]] = value

    assert [one.path for one in expected_state.changed(WRITTEN, live)] == expected


@pytest.mark.parametrize(
    ("found", "prepared", "said"),
    [
        (pod("new"), "", ""),
        (pod("new"), ONE, ""),
        (pod("new", ONE), ONE, ""),
        (pod("new", ONE), "", ""),
        (pod("mirror/new", ONE), ONE, ""),
        (pod("old"), ONE, "pod vllm-1 runs old, and the candidate is new"),
        (pod("old", OTHER), ONE, f"pod vllm-1 runs old ({OTHER}), and the candidate is new ({ONE})"),
        (pod("mirror/new", ONE), "", "pod vllm-1 runs mirror/new, and the candidate is new"),
        (pod("new", OTHER), ONE, "its tag was moved during the run"),
    ],
)
def test_the_digest_decides_where_it_is_known(found: Object, prepared: str, said: str) -> None:
    """Else the name does, as it was applied."""
    told = expected_state.mismatch(found, container="vllm", image="new", prepared=prepared)

    assert said in told
    assert bool(told) is bool(said)


def test_a_pod_without_the_container_is_not_the_candidate_s() -> None:
    """A stranger's pod may be built in any way."""
    told = expected_state.mismatch(pod("new"), container="engine", image="new", prepared=ONE)

    assert told == "pod vllm-1 runs no such container, and the candidate is new"


@pytest.mark.parametrize(("status", "expected"), [("True", "exceeded quota"), ("False", "")])
def test_why_there_is_no_pod(status: str, expected: str) -> None:
    """By the condition that the cluster keeps for it; one that is over says nothing."""
    condition = {"type": "ReplicaFailure", "status": status, "message": "exceeded\n quota"}

    assert expected_state.without_pods({"status": {"conditions": [condition]}}) == expected
    assert expected_state.without_pods({}) == ""
