"""How far a rollout is, and what keeps it from going on."""

from __future__ import annotations

from typing import Any

import pytest

from vllm_qualify.kube import rollout
from vllm_qualify.kube.objects import Object


def deployment(*, replicas: int = 2, generation: int = 4, paused: bool = False, **status: Any) -> Object:
    """A Deployment of which its controller says that."""
    told = {"observedGeneration": 4, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2} | status
    return {
        "kind": "Deployment",
        "metadata": {"name": "vllm-server", "generation": generation},
        "spec": {"replicas": replicas, "paused": paused},
        "status": told,
    }


@pytest.mark.parametrize(
    ("live", "ready", "expected"),
    [
        (deployment(), 2, True),
        (deployment(readyReplicas=1), 2, False),
        (deployment(readyReplicas=1), 1, True),
        (deployment(readyReplicas=0), 1, False),
        (deployment(generation=5), 2, False),
        (deployment(updatedReplicas=1), 1, False),
        (deployment(replicas=3), 1, False),
        (deployment(replicas=3, updatedReplicas=3) | {"status": {"observedGeneration": 4}}, 1, False),
    ],
    ids=["all", "one", "as-before", "none", "old-status", "old-pods", "scaling", "no-status"],
)
def test_complete(live: Object, ready: int, *, expected: bool) -> None:
    """For that generation, without old pods, with as many ready ones as there have to be."""
    assert rollout.complete(live, ready=ready) is expected


LATE = {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "timed out"}


@pytest.mark.parametrize(
    ("live", "said"),
    [
        (deployment(), ""),
        (deployment(readyReplicas=0), ""),
        (deployment(replicas=0, updatedReplicas=0) | {"status": {"observedGeneration": 4}}, ""),
        (deployment(paused=True), "it is paused"),
        (deployment(conditions=[LATE]), "its rollout is stuck: timed out"),
        (deployment(replicas=1, updatedReplicas=1), "a rollout is under way: 1 of 2 pods"),
        (deployment(updatedReplicas=0), "a rollout is under way: 0 of 2 pods"),
        (deployment(generation=5), "a rollout is under way"),
    ],
    ids=["done", "not-ready", "at-rest", "paused", "late", "old-beside-new", "old", "unseen"],
)
def test_what_hinders_it(live: Object, said: str) -> None:
    """Pods that are not ready yet are no hindrance: they are of the template that will come again."""
    assert rollout.hindrance(live).startswith(said)
    assert bool(rollout.hindrance(live)) is bool(said)
