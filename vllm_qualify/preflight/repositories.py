"""What the name of an image says of it: the project's own, a copy of it, somebody's vLLM, for other hardware? Pure."""

from __future__ import annotations

import re
from enum import Enum

from vllm_qualify.core.images import ImageRef

_CUDA = re.compile(r"cu(?:da)?\d{0,4}", re.ASCII)
_HUB = frozenset({"", "docker.io", "index.docker.io", "registry-1.docker.io"})
_OWN = ("vllm", "vllm-openai")
_WORD = re.compile(r"[a-z0-9]+", re.ASCII)
_HARDWARE = {
    "amd": "AMD GPUs",
    "ascend": "Ascend NPUs",
    "cpu": "CPUs",
    "gaudi": "Gaudi",
    "hpu": "Gaudi",
    "ipex": "Intel GPUs",
    "metal": "Apple's GPUs",
    "neuron": "Trainium and Inferentia",
    "npu": "NPUs",
    "openvino": "OpenVINO",
    "rocm": "AMD GPUs",
    "tpu": "TPUs",
    "xpu": "Intel GPUs",
}


class RepositoryKind(Enum):
    """What a repository is, as far as its name tells."""

    OWN = "the project's own"
    COPY = "a copy of the project's own"
    VLLM = "a third-party vLLM image"
    FOREIGN = "not recognisably vLLM"


def name(image: ImageRef) -> RepositoryKind:
    """What the repository is by its name.

    A mirror keeps the path, so that any registry before ``vllm/vllm-openai`` is taken for one; others cut the path.
    """
    path = _path(image)
    if path[-2:] == _OWN:
        return RepositoryKind.OWN
    if path[-1:] == _OWN[1:]:
        return RepositoryKind.COPY
    return RepositoryKind.VLLM if any("vllm" in part for part in path) else RepositoryKind.FOREIGN


def on_the_hub(image: ImageRef) -> bool:
    """It is the project's own repository itself, whose tags the catalogue knows."""
    return _path(image) == _OWN and _host(image) in _HUB


def other_hardware(image: ImageRef) -> str:
    """For what else than CUDA the image is built, by its name and its tag; empty where neither says so."""
    words = [word for part in (*_path(image), image.tag.lower()) for word in _WORD.findall(part)]
    if any(map(_CUDA.fullmatch, words)):
        return ""
    return next((_HARDWARE[word] for word in words if word in _HARDWARE), "")


def _host(image: ImageRef) -> str:
    first, slash, _ = image.repository.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else ""


def _path(image: ImageRef) -> tuple[str, ...]:
    host = _host(image)
    return tuple(image.repository.removeprefix(f"{host}/" if host else "").split("/"))
