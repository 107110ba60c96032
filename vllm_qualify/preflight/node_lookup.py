"""Finds out what a node is: from its labels in a cluster, or through NVML on this machine. For ``preflight``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vllm_qualify import preflight
from vllm_qualify.catalogue import gpu_models
from vllm_qualify.gpu import nvml
from vllm_qualify.gpu.reading import Gpu, GpuReading
from vllm_qualify.kube import gpu_labels, paths
from vllm_qualify.kube.gpu_labels import GpuLabels
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.preflight import NodeFacts, ToolkitMode
from vllm_qualify.preflight.launch_specs import BadInput

HERE = "this machine"
_PATIENCE_SECONDS = 0.0


def from_cluster(
    context: str,
    name: str = "",
    *,
    toolkit: str = "",
    mode: ToolkitMode = ToolkitMode.UNKNOWN,
    kubectl: Kubectl | None = None,
) -> NodeFacts:
    """What the labels of a node tell, and of the toolkit what somebody else does, since no label tells of that.

    Args:
        context: of the kubeconfig.
        name: of the node; ``""`` for the only one with a GPU.
        toolkit: version of its NVIDIA Container Toolkit; ``""`` for not known.
        mode: of that toolkit's runtime.
        kubectl: another way to the cluster.

    Raises:
        BadInput: the cluster does not answer, there is no such node, or its labels tell no GPU.
    """
    asked = kubectl or Kubectl(context=context, patience_seconds=_PATIENCE_SECONDS)
    try:
        labels = _named(asked, name) if name else _only(asked)
    except Refused as refusal:
        raise BadInput(f"the nodes of {context} cannot be read: {refusal}") from refusal
    known = preflight.node(
        name=labels.node,
        gpu=labels.gpu,
        driver=labels.driver,
        toolkit=toolkit,
        mode=mode,
        memory_mib=labels.memory_mib,
        compute_capability=labels.compute_capability,
    )
    return replace(known, gpus=labels.gpus, gpus_told=True)


def of_this_machine(read: Callable[[], GpuReading] = nvml.read) -> NodeFacts:
    """What NVML tells here.

    Raises:
        BadInput: it shows no GPU.
    """
    seen = read()
    if seen.problem:
        raise BadInput(
            f"no node was given, and this machine shows no GPU ({seen.problem}); say what the node has, as in "
            '--gpu "RTX 3060" --driver 570.195.03 --toolkit 1.18.0, or name it: --context CONTEXT --node NODE'
        )
    # vLLM takes the first GPU where it needs one.
    return replace(of_card(seen.gpus[0]), gpus=len(seen.gpus), gpus_told=True)


def of_card(card: Gpu) -> NodeFacts:
    """A node with one GPU as NVML shows it on this machine."""
    return preflight.node(
        name=HERE,
        gpu=card.name,
        driver=card.driver,
        memory_mib=card.memory_total_mib,
        compute_capability=gpu_models.capability(card.compute_capability),
    )


def _named(kubectl: Kubectl, name: str) -> GpuLabels:
    """One node; a Role may allow to read it and no others."""
    node = kubectl.get(paths.path("Node", name=name))
    if node is None:
        raise BadInput(
            f"{kubectl.context} has no node {name}; kubectl --context {kubectl.context} get nodes lists them"
        )
    labels = gpu_labels.read(node)
    if not labels.gpu:
        raise BadInput(
            f"node {name} of {kubectl.context} has no label {gpu_labels.PRODUCT}, which NVIDIA's GPU feature discovery "
            "sets; give --gpu and --driver instead"
        )
    return labels


def _only(kubectl: Kubectl) -> GpuLabels:
    """The one node that has a GPU."""
    read = map(gpu_labels.read, kubectl.items(paths.path("Node")))
    found = [one for one in read if one.gpu]
    if not found:
        raise BadInput(
            f"no node of {kubectl.context} has the label {gpu_labels.PRODUCT}, which NVIDIA's GPU feature discovery "
            "sets; give --gpu and --driver instead"
        )
    if len(found) > 1:
        names = ", ".join(one.node for one in found)
        raise BadInput(f"{kubectl.context} has several nodes with a GPU; add --node with one of {names}")
    return found[0]
