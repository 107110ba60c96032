"""Small pieces of text."""

from __future__ import annotations

from vllm_qualify.preflight import phrases


def test_a_source_is_told_once() -> None:
    """Threads of one repository stand together, each number once, in the order in which they came."""
    told = phrases.sources(
        "gpustack/gpustack#4678; vllm-project/vllm#33992", "vllm-project/vllm#30784, #33992; gpustack/gpustack#4678"
    )

    assert told == "gpustack/gpustack#4678; vllm-project/vllm#33992, #30784"
    assert phrases.sources("docker/Dockerfile; docker/Dockerfile", "") == "docker/Dockerfile"
