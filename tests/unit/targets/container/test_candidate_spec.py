"""What a candidate's container has otherwise than production's."""

from __future__ import annotations

import pytest

from vllm_qualify.container.spec import ContainerSpec, Mount, MountKind
from vllm_qualify.targets.container import candidate_spec


def mounted(target: str, *, read_only: bool = False) -> ContainerSpec:
    """A container of production with one folder of the host."""
    mount = Mount(kind=MountKind.BIND, source="/host", target=target, read_only=read_only)
    return ContainerSpec(image="vllm/vllm-openai:v0.8.5", mounts=(mount,), env={"A": "1"})


def test_only_the_image_differs() -> None:
    """A model cache is shared, and everything else is as in production."""
    production = mounted("/root/.cache/huggingface")

    found = candidate_spec.in_place(production, "new:1", environment={}, volume="own")

    assert candidate_spec.difference(production, found).splitlines() == [
        "- image: vllm/vllm-openai:v0.8.5",
        "+ image: new:1",
    ]


@pytest.mark.parametrize("target", ["/root/.cache/vllm", "/home/vllm/.cache/flashinfer", "/root/.triton/cache"])
def test_what_production_compiled_is_not_given_to_a_candidate(target: str) -> None:
    """Another release would overwrite it; it gets an empty volume of its own there."""
    (found,) = candidate_spec.in_place(mounted(target), "new:1", environment={}, volume="own").mounts

    assert (found.kind, found.source, found.target) == (MountKind.VOLUME, "own-1", target)


def test_a_cache_that_holds_more_keeps_what_is_not_compiled() -> None:
    """The models in it are shared; volumes lie over the compiled parts."""
    found = candidate_spec.in_place(mounted("/root/.cache"), "new:1", environment={}, volume="own").mounts

    assert found[0].source == "/host"
    assert {one.target for one in found[1:]} == {"/root/.cache/vllm", "/root/.cache/flashinfer"}


def test_a_place_that_a_variable_names_is_known() -> None:
    """VLLM_CACHE_ROOT moves it."""
    spec = mounted("/cache")

    found = candidate_spec.in_place(spec, "new:1", environment={"VLLM_CACHE_ROOT": "/cache"}, volume="own").mounts

    assert [one.source for one in found] == ["own-1"]


def test_a_canary_is_reached_from_this_machine_alone() -> None:
    """Its models come read-only, and its port is published on the loopback interface."""
    spec = candidate_spec.canary("a:b", ("--max-model-len", "512"), models="/c", model="ml", gpus=True, env={})

    assert [str(port) for port in spec.ports] == ["127.0.0.1::8000/tcp"]
    assert str(spec.mounts[0]) == "/c:/canary:ro"
    assert spec.gpus is not None
    assert (spec.command or ())[:4] == ("--model", "/canary/ml", "--served-model-name", "ml")
