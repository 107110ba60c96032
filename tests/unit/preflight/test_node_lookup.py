"""What a node is: by its labels, or through NVML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from lab.parts import GPU_LABELS
from vllm_qualify.gpu.reading import Gpu, GpuReading
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.preflight import node_lookup
from vllm_qualify.preflight.launch_specs import BadInput
from vllm_qualify.system.process_runner import CompletedProcess

WORKER = {"metadata": {"name": "k3s-gpu-worker", "labels": GPU_LABELS}}
MASTER = {"metadata": {"name": "k3s-master", "labels": {}}}


class Cluster:
    """A kubectl that knows these nodes and answers nothing but reads of nodes."""

    def __init__(self, *nodes: dict[str, Any]) -> None:
        self.nodes = {node["metadata"]["name"]: node for node in nodes}

    def __call__(self, argv: list[str], **_: Any) -> CompletedProcess:
        *_, verb, raw, path = argv
        assert (verb, raw) == ("get", "--raw")
        name = urlsplit(path).path.removeprefix("/api/v1/nodes").strip("/")
        if not name:
            return CompletedProcess(exit_code=0, stdout=json.dumps({"items": list(self.nodes.values())}))
        if name in self.nodes:
            return CompletedProcess(exit_code=0, stdout=json.dumps(self.nodes[name]))
        return CompletedProcess(exit_code=1, stderr=f'Error from server (NotFound): nodes "{name}" not found')


def found(*nodes: dict[str, Any], name: str = "") -> node_lookup.NodeFacts:
    """The facts from a cluster of these nodes."""
    return node_lookup.from_cluster("home", name, kubectl=Kubectl(context="home", run=Cluster(*nodes)))


def test_the_only_node_with_a_gpu() -> None:
    """Without a name it is found among all, and its labels outrank what the GPU's name tells."""
    node = found(MASTER, WORKER)

    assert (node.name, node.driver, node.memory_mib, node.compute_capability) == (
        "k3s-gpu-worker",
        "570.195.03",
        12288,
        (8, 6),
    )
    assert node.geforce
    assert not node.assumed
    assert node.toolkit == ""


def test_the_named_node() -> None:
    """One that is named need not be the only one, and nothing else is asked about."""
    other = {"metadata": {"name": "other", "labels": GPU_LABELS}}

    assert found(WORKER, other, name="other").name == "other"


@pytest.mark.parametrize(
    ("nodes", "name", "said"),
    [
        ((MASTER,), "", "no node of home has the label nvidia.com/gpu.product"),
        ((WORKER, {"metadata": {"name": "b", "labels": GPU_LABELS}}), "", "add --node with one of k3s-gpu-worker, b"),
        ((WORKER,), "gone", "home has no node gone"),
        ((MASTER,), "k3s-master", "node k3s-master of home has no label nvidia.com/gpu.product"),
    ],
)
def test_what_cannot_be_found_out(nodes: tuple[dict[str, Any], ...], name: str, said: str) -> None:
    """Each case is one line that says what to do."""
    with pytest.raises(BadInput, match=said) as caught:
        found(*nodes, name=name)

    assert "\n" not in str(caught.value)


def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    """A kubectl that refuses is told with its own words."""
    missing = Kubectl(context="home", program=str(tmp_path / "no-kubectl"), patience_seconds=0)

    with pytest.raises(BadInput, match="the nodes of home cannot be read: there is no"):
        node_lookup.from_cluster("home", kubectl=missing)


def test_this_machine() -> None:
    """NVML's figures are taken as they are; of several GPUs the first, and how many there are."""
    card = Gpu(
        index=0, name="NVIDIA GeForce RTX 3060", driver="570.195.03", memory_total_mib=12288, compute_capability="8.6"
    )

    node = node_lookup.of_this_machine(lambda: GpuReading(gpus=(card, card), source="nvml"))

    assert (node.gpu, node.driver, node.memory_mib, node.compute_capability, node.gpus) == (
        card.name,
        "570.195.03",
        12288,
        (8, 6),
        2,
    )


def test_no_gpu_here() -> None:
    """Where NVML shows none, the reason and what to give instead are one line."""
    with pytest.raises(BadInput, match=r"no NVIDIA driver\); say what the node has") as caught:
        node_lookup.of_this_machine(lambda: GpuReading(source="nvml", problem="no NVIDIA driver"))

    assert "\n" not in str(caught.value)
