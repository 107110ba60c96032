from __future__ import annotations

from typing import Any

from tests.kubernetes.home_lab import HomeLab

_SCALER: dict[str, Any] = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "spec": {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "vllm-server"},
        "minReplicas": 1,
        "maxReplicas": 2,
    },
}


def test_nothing_begins_while_a_real_autoscaler_is_there(home_lab: HomeLab) -> None:
    """It is named, production is not touched, and nobody has the lock."""
    candidate = home_lab.candidate("v0.8.5.post1", repository="controlled/vllm-openai")
    home_lab.cluster.apply(_SCALER | {"metadata": {"name": "vllm-server", "namespace": home_lab.namespace}})
    before = home_lab.snapshot()

    run = home_lab.qualify("--image", candidate, "-k", "starts or put_back")
    home_lab.say("delete", "hpa", "vllm-server")

    assert run.code == 10, run.said
    assert "HorizontalPodAutoscaler vllm-server" in run.said
    assert (home_lab.snapshot(), home_lab.leftovers()) == (before, [])
