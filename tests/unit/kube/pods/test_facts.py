from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vllm_qualify.kube.pods import facts

RECORDED = Path(__file__).parents[1] / "recorded"


def recorded(name: str) -> dict[str, Any]:
    """A pod as kubectl gave it in the lab."""
    pod: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())["pod"]
    return pod


def test_a_pod_of_another_deployment_is_not_ours() -> None:
    """The ReplicaSet between them bears the Deployment's name and the template's hash, no more and no less."""
    pod = recorded("ready")

    assert facts.owned_by(pod, "vllm-server")
    assert not facts.owned_by(pod, "vllm")
    assert not facts.owned_by(recorded("crash"), "crash1")


def test_who_holds_the_gpu_is_told_from_who_asks_for_it() -> None:
    """A pod without a node, and one that was refused, ask for a GPU and hold none."""
    looks = {name: recorded(name) for name in ("crash", "gpu-taken", "no-gpu", "ready")}

    assert {name: facts.asks_for_gpu(pod) for name, pod in looks.items()} == {
        "crash": 0,
        "gpu-taken": 1,
        "no-gpu": 1,
        "ready": 1,
    }
    assert [name for name, pod in looks.items() if facts.holds_gpu(pod)] == ["ready"]


def test_digests_are_those_of_what_runs() -> None:
    """Each container names its image and the digest that was pulled; before the pull there is none."""
    found = {each.container: each for each in facts.images(recorded("ready"))}

    assert found["vllm"].image == "docker.io/vllm/vllm-openai:v0.8.5.post1"
    assert found["vllm"].digest.startswith("sha256:")
    assert len(found["vllm"].digest) == len("sha256:") + 64
    assert facts.images(recorded("not-found"))[0].digest == ""


def test_a_pod_that_is_being_deleted_is_not_ready() -> None:
    """The Service drops it, whatever its last probe said."""
    pod = recorded("ready")

    assert facts.ready(pod)
    pod["metadata"]["deletionTimestamp"] = "2026-11-23T17:48:00Z"
    assert not facts.ready(pod)
