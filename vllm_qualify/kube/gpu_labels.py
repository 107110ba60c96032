"""What the labels of a node tell of its GPU, as NVIDIA's GPU feature discovery writes them. Pure.

Source: NVIDIA/k8s-device-plugin, docs/gpu-feature-discovery; the driver's version has three labels in older releases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vllm_qualify.core import foreign
from vllm_qualify.kube.objects import Object

PRODUCT = "nvidia.com/gpu.product"
_DRIVER = "nvidia.com/cuda.driver-version.full"
_DRIVER_PARTS = (
    (
        "nvidia.com/cuda.driver-version.major",
        "nvidia.com/cuda.driver-version.minor",
        "nvidia.com/cuda.driver-version.revision",
    ),
    ("nvidia.com/cuda.driver.major", "nvidia.com/cuda.driver.minor", "nvidia.com/cuda.driver.rev"),
)
_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
# What the device plugin adds to the name where a GPU is shared or cut into parts.
_SUFFIX = re.compile(r"(?:-SHARED)?-MIG-.+|-SHARED$")


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuLabels:
    """What a node says of its GPU; ``""``, ``0`` and ``None`` where it does not.

    Attributes:
        node: name of the node.
        gpu: as the driver names it, with dashes for blanks.
        driver: version of the driver.
        memory_mib: of one GPU.
        compute_capability: 8.6 as ``(8, 6)``.
        gpus: how many it has.
    """

    node: str
    gpu: str = ""
    driver: str = ""
    memory_mib: int | None = None
    compute_capability: tuple[int, int] | None = None
    gpus: int = 1


def read(node: Object) -> GpuLabels:
    """Read the labels of a Node object; labels of another form than feature discovery's are not known then."""
    metadata = foreign.mapping(node.get("metadata"))
    labels = foreign.mapping(metadata.get("labels"))
    major = _number(labels, "nvidia.com/gpu.compute.major")
    minor = _number(labels, "nvidia.com/gpu.compute.minor")
    return GpuLabels(
        node=foreign.text(metadata.get("name")),
        gpu=_SUFFIX.sub("", foreign.text(labels.get(PRODUCT))),
        driver=_driver(labels),
        memory_mib=_number(labels, "nvidia.com/gpu.memory") or None,
        compute_capability=(major, minor) if major and minor is not None else None,
        gpus=_number(labels, "nvidia.com/gpu.count") or 1,
    )


def _driver(labels: Mapping[str, Any]) -> str:
    if full := foreign.text(labels.get(_DRIVER)):
        return full
    for names in _DRIVER_PARTS:
        parts = [foreign.text(labels.get(name)) for name in names]
        if all(map(_NUMBER.fullmatch, parts[:2])):
            return ".".join(part for part in parts if _NUMBER.fullmatch(part))
    return ""


def _number(labels: Mapping[str, Any], name: str) -> int | None:
    value = foreign.text(labels.get(name))
    return int(value) if _NUMBER.fullmatch(value) else None
