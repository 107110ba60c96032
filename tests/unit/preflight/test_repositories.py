"""What the name of an image says of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import images
from vllm_qualify.core.images import ImageRef
from vllm_qualify.preflight import repositories
from vllm_qualify.preflight.repositories import RepositoryKind


@pytest.mark.parametrize(
    ("repository", "name"),
    [
        ("vllm/vllm-openai", RepositoryKind.OWN),
        ("docker.io/vllm/vllm-openai", RepositoryKind.OWN),
        ("registry.local:5000/hub/vllm/vllm-openai", RepositoryKind.OWN),
        ("registry.local/vllm-openai", RepositoryKind.COPY),
        ("vllm-openai", RepositoryKind.COPY),
        ("lmcache/vllm-openai", RepositoryKind.COPY),
        ("ghcr.io/me/vllm", RepositoryKind.VLLM),
        ("me/vllm-openai-awq", RepositoryKind.VLLM),
        ("vllm.local/nginx", RepositoryKind.FOREIGN),
        ("nginx", RepositoryKind.FOREIGN),
        ("vllm.local:5000/team/nginx", RepositoryKind.FOREIGN),
    ],
)
def test_names(repository: str, name: RepositoryKind) -> None:
    """A mirror keeps the path or its end; the host of a registry says nothing of what is in it."""
    assert repositories.name(ImageRef(repository=repository, tag="v0.10.2")) is name


@pytest.mark.parametrize(
    ("image", "hardware"),
    [
        ("rocm/vllm:v0.10.2", "AMD GPUs"),
        ("vllm/vllm-openai-rocm:v0.14.0", "AMD GPUs"),
        ("vllm/vllm-openai-cpu:v0.10.2", "CPUs"),
        ("vllm/vllm-tpu:v0.10.2", "TPUs"),
        ("intel/vllm-xpu:v0.10.2", "Intel GPUs"),
        ("opea/vllm-gaudi:v0.10.2", "Gaudi"),
        ("quay.io/ascend/vllm-ascend:v0.10.2", "Ascend NPUs"),
        ("vllm/vllm-openai:v0.10.2-rocm", "AMD GPUs"),
        ("vllm/vllm-openai:v0.10.2-cu129", ""),
        ("vllm/vllm-openai:v0.10.2-amd64", ""),
        ("me/vllm-cuda-cpu-offload:v0.10.2", ""),
        ("cpu.local/vllm/vllm-openai:v0.10.2", ""),
        ("vllm/vllm-openai:v0.10.2", ""),
    ],
)
def test_other_hardware(image: str, hardware: str) -> None:
    """Names and tags of images for other hardware say so in a word of their own."""
    assert repositories.other_hardware(images.parse(image)) == hardware


@given(st.lists(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), max_size=3))
def test_a_mirror_is_the_original(path: list[str]) -> None:
    """Neither the registry nor a path in front changes what the name says; only the original is on the hub."""
    mirror = images.parse("/".join(("registry.local:5000", *path, "vllm", "vllm-openai:v0.12.0")))

    assert repositories.name(mirror) is RepositoryKind.OWN
    assert not repositories.on_the_hub(mirror)
    assert repositories.on_the_hub(images.parse("vllm/vllm-openai:v0.12.0"))
