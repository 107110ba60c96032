from __future__ import annotations

import pytest

from vllm_qualify.arguments import server_likeness


@pytest.mark.parametrize(
    ("image", "entrypoint", "arguments", "serves"),
    [
        ("vllm/vllm-openai:v0.12.0", "", "", True),
        ("vllm/vllm-router:v1", "", "", False),
        ("mine:1", "", "--max-model-len 4096", True),
        ("mine:1", "other", "--max-model-len 4096", False),
        ("mine:1", "vllm serve m", "", True),
        ("mine:1", "vllm serve", "m", True),
        ("mine:1", "sh -c", "vllm_serve_m", False),
        ("nginx", "", "", False),
    ],
)
def test_what_runs_vllm(image: str, entrypoint: str, arguments: str, *, serves: bool) -> None:
    """By the image's name, by options that no other server has, or by what is executed."""
    weight = server_likeness.weight(image, entrypoint=entrypoint.split(), arguments=arguments.split(), gpu=False)

    assert (weight >= server_likeness.RUNS_VLLM) is serves


def test_a_gpu_decides_between_equals() -> None:
    """It is no sign of vLLM by itself."""
    plain, gpu = (server_likeness.weight("vllm", entrypoint=(), arguments=(), gpu=one) for one in (False, True))

    assert gpu > plain
    assert server_likeness.weight("nginx", entrypoint=(), arguments=(), gpu=True) < server_likeness.RUNS_VLLM


def test_a_script_that_starts_vllm_counts() -> None:
    """However it does."""
    words = ["bash", "-c", "source x; exec vllm serve m"]

    assert server_likeness.weight("mine", entrypoint=words, arguments=(), gpu=False) > server_likeness.RUNS_VLLM
