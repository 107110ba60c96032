"""Name and tag: what they tell, and what they leave open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vllm_qualify import preflight
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.preflight import ImageFacts, Question

Ask = Callable[..., Question]
Rulings = Callable[..., tuple[Finding, ...]]
HELD = ImageFacts(digest="sha256:1", env={"CUDA_VERSION": "12.8.1"}, entrypoint=("vllm", "serve"))


@pytest.mark.parametrize(
    ("image", "registry", "level", "says"),
    [
        ("vllm/vllm-openai:v0.10.2", None, None, ""),
        ("registry.local/vllm-openai:v0.10.2", None, (Severity.NOTE, Certainty.PROBABLE), "assumed to be a copy"),
        ("ghcr.io/me/vllm:v0.10.2", None, (Severity.BLOCK, Certainty.POSSIBLE), "third-party image"),
        ("ghcr.io/me/vllm:v0.10.2", HELD, (Severity.NOTE, Certainty.POSSIBLE), "third-party image"),
        ("library/nginx:v0.10.2", None, (Severity.BLOCK, Certainty.POSSIBLE), "nothing in library/nginx says"),
        (
            "library/nginx:v0.10.2",
            ImageFacts(digest="sha256:1"),
            (Severity.BLOCK, Certainty.POSSIBLE),
            "nothing in library/nginx",
        ),
        ("me/server:v0.10.2", HELD, None, ""),
        ("rocm/vllm:v0.10.2", None, (Severity.BLOCK, Certainty.PROBABLE), "an image for AMD GPUs"),
        ("me/rocm-tools-vllm:v0.10.2", HELD, (Severity.NOTE, Certainty.POSSIBLE), "third-party image"),
        ("vllm/vllm-openai:v0.99.0", None, (Severity.BLOCK, Certainty.POSSIBLE), "its newest is v0.33.0"),
        (
            "vllm/vllm-openai:v0.9.3",
            None,
            (Severity.BLOCK, Certainty.POSSIBLE),
            "next to it are v0.9.2 and v0.10.0",
        ),
        ("vllm/vllm-openai:v0.1.0", None, (Severity.BLOCK, Certainty.POSSIBLE), "its oldest is v0.5.5"),
        ("vllm/vllm-openai:latest", None, (Severity.BLOCK, Certainty.POSSIBLE), "names no release"),
    ],
)
def test_what_the_name_tells(
    found: Rulings, image: str, registry: ImageFacts | None, level: tuple[Severity, Certainty] | None, says: str
) -> None:
    """Where only a tag speaks nothing is verified; what a registry held counts more than a name."""
    rulings = found("P01", image, registry=registry or ImageFacts())

    assert [(one.severity, one.certainty) for one in rulings] == ([level] if level else [])
    assert all(says in one.actual for one in rulings)


@pytest.mark.parametrize(
    ("image", "instead"),
    [
        ("vllm/vllm-openai:v0.10", "v0.10.0"),
        ("vllm/vllm-openai:0.10.2", "v0.10.2"),
        ("docker.io/vllm/vllm-openai:0.10.2", "v0.10.2"),
        ("vllm/vllm-openai:v0.8.5-post1", "v0.8.5.post1"),
        ("vllm/vllm-openai:v0.10.2", ""),
        ("registry.local/vllm/vllm-openai:0.10.2", ""),
    ],
)
def test_tags_that_the_hub_does_not_have(found: Rulings, image: str, instead: str) -> None:
    """The project writes its tags in one way; a mirror may have its own."""
    rulings = [one for one in found("P02", image) if "are written" in one.actual]

    assert [one.remedies[0].changes[0].value for one in rulings] == ([instead] if instead else [])
    assert all(one.unverified for one in rulings)


@pytest.mark.parametrize(
    ("gpu", "severity", "certainty", "says"),
    [
        ("Banana", Severity.BLOCK, Certainty.POSSIBLE, "'Banana' is not a known GPU"),
        ("RTX 36060", Severity.BLOCK, Certainty.POSSIBLE, "did you mean RTX 3060?"),
        ("Radeon RX 7900", Severity.BLOCK, Certainty.CERTAIN, "a GPU by AMD"),
        ("AMD Instinct MI300X", Severity.BLOCK, Certainty.CERTAIN, "a GPU by AMD"),
        ("Intel Arc A770", Severity.BLOCK, Certainty.CERTAIN, "a GPU by Intel"),
        ("", Severity.BLOCK, Certainty.POSSIBLE, "compute capability of the GPU is not known"),
    ],
)
def test_gpus_that_nobody_knows(found: Rulings, gpu: str, severity: Severity, certainty: Certainty, says: str) -> None:
    """A name that is none cannot be judged, and is told as such; a GPU of another maker runs no code for CUDA."""
    (ruling,) = found("P09", "v0.10.2", node=preflight.node(gpu=gpu, driver="580.95.05"))

    assert (ruling.severity, ruling.certainty) == (severity, certainty)
    assert says in ruling.actual


def test_an_amd_image_on_an_amd_gpu_is_not_judged(found: Rulings) -> None:
    """The catalogue knows images for CUDA alone, so that of others nothing can be verified."""
    (ruling,) = found("P01", "rocm/vllm:v0.10.2", node=preflight.node(gpu="AMD Instinct MI300X"))

    assert ruling.unverified
