"""Which ReplicaSets of a Deployment a run left behind."""

from __future__ import annotations

from typing import Any

import pytest

from vllm_qualify.kube import revisions
from vllm_qualify.kube.objects import Object


def template(image: str, **labels: str) -> Object:
    """A pod template."""
    return {"metadata": {"labels": {"app": "vllm"} | labels}, "spec": {"containers": [{"name": "v", "image": image}]}}


def replica_set(uid: str = "new", *, image: str = "candidate", owner: str = "vllm-server", **spec: Any) -> Object:
    """One of the history, as the controller makes it."""
    owners = [{"kind": "Deployment", "name": owner}]
    made = template(image, **{"pod-template-hash": "5d4f"})
    return {"metadata": {"name": "x", "uid": uid, "ownerReferences": owners}, "spec": {"template": made} | spec}


def deployment(image: str = "candidate") -> Object:
    """What a run wrote."""
    return {"kind": "Deployment", "metadata": {"name": "vllm-server"}, "spec": {"template": template(image)}}


@pytest.mark.parametrize(
    ("found", "left"),
    [
        (replica_set(), True),
        (replica_set(replicas=0), True),
        (replica_set("old"), False),
        (replica_set(image="somebody's"), False),
        (replica_set(replicas=1), False),
        (replica_set() | {"status": {"replicas": 1}}, False),
    ],
    ids=["candidate", "at-rest", "before-the-run", "of-others", "wanted", "ending"],
)
def test_what_a_run_left(found: Object, *, left: bool) -> None:
    """Made since it began, from what it wrote, with no pod by now; all three."""
    assert bool(revisions.left_by([found], before=["old"], written=[deployment()])) is left


def test_a_history_is_that_of_the_owner() -> None:
    """Two Deployments may select the same labels."""
    theirs = replica_set(owner="other")

    assert revisions.of(deployment(), [theirs, replica_set("mine")]) == (replica_set("mine"),)
