"""--force: what facts alone rule out is not deployed, unless somebody insists."""

from __future__ import annotations

import pytest

from tests.plugin import clustered
from tests.plugin.clustered import IMAGE, Done

LABELS = """
    from tests.plugin import cluster_within
    labels = {
        "nvidia.com/gpu.product": "NVIDIA-GeForce-RTX-3060",
        "nvidia.com/gpu.memory": "12288",
        "nvidia.com/gpu.compute.major": "8",
        "nvidia.com/gpu.compute.minor": "6",
        "nvidia.com/cuda.driver-version.full": "570.195.03",
    }
    change = lambda node: node["metadata"].update(labels=labels)
    cluster_within.HOME.api.edit("Node", "k3s-gpu-worker", change, namespace="")
"""
HOPELESS = ("--image", "vllm/vllm-openai:v0.20.0")


def run(checkout: pytest.Pytester, *arguments: str) -> Done:
    """A run against production on an RTX 3060 with driver 570."""
    return clustered.run(checkout, *arguments, "--target", "kubernetes", conftest=LABELS)


def test_what_is_ruled_out_costs_no_gpu_time(checkout: pytest.Pytester) -> None:
    """Production is not even looked at; the matrix says why, how certainly, and what would change it."""
    done = run(checkout, *HOPELESS)

    (candidate,) = done.matrix["candidates"]
    assert (done.result.ret, done.written, candidate["cases"]) == (1, [], [])
    assert candidate["verdict"] == "ruled-out"
    assert "P03" in candidate["summary"]
    assert "(certain, from facts alone, at no GPU time)" in candidate["summary"]
    assert "v0.20.0-cu129" in candidate["summary"]


def test_the_others_are_tried_all_the_same(checkout: pytest.Pytester) -> None:
    """One hopeless candidate neither ends the run nor makes it green."""
    done = run(checkout, *HOPELESS, *IMAGE)

    assert done.result.ret == 1
    out, tried = done.matrix["candidates"]
    assert out["verdict"] == "ruled-out"
    assert "DEPLOY/starts" in {case["id"] for case in tried["cases"]}


def test_who_insists_gets_it_tried(checkout: pytest.Pytester) -> None:
    """Facts may be wrong; --force deploys what they rule out."""
    done = run(checkout, *HOPELESS, "--force")

    assert [one["verdict"] for one in done.matrix["candidates"]] != ["ruled-out"]
    assert any("deployments/vllm-server" in line or "Deployment" in line for line in done.written), done.written


def test_what_is_only_feared_is_told_and_tried(checkout: pytest.Pytester) -> None:
    """Nobody knows the toolkit of the node, so error 804 is possible and no reason to refuse."""
    done = run(checkout, "--image", "vllm/vllm-openai:v0.12.0")

    found = [one for one in done.matrix["findings"] if one["subject"].endswith("v0.12.0")]
    assert [one["certainty"] for one in found] == ["possible"]
    assert done.matrix["candidates"][0]["cases"]
    done.result.stdout.fnmatch_lines(["note: preflight would be more certain with `toolkit` in*"])


def test_a_node_that_says_nothing_of_its_gpu_rules_nothing_out(checkout: pytest.Pytester) -> None:
    """One line says so, and all is tried as before."""
    done = clustered.run(checkout, *HOPELESS, "--target", "kubernetes")

    assert done.matrix["candidates"][0]["cases"]
    done.result.stdout.fnmatch_lines(["note: preflight knows nothing about the node, so it rules out little: *"])
