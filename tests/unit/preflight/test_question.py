"""Putting a question together."""

from __future__ import annotations

import pytest

from vllm_qualify import preflight
from vllm_qualify.core import images
from vllm_qualify.preflight import ManifestFacts, ModelFacts

NODE = preflight.node(gpu="RTX 3060")
TAG = images.parse("vllm/vllm-openai:v0.12.0")


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("--model", "qwen/qwen3-8b-awq", "--enforce-eager"), "Qwen/Qwen3-8B-AWQ"),
        (("Qwen/Qwen3-8B-AWQ", "--enforce-eager"), "Qwen/Qwen3-8B-AWQ"),
        (("--model=mine/own",), None),
        (("--enforce-eager",), None),
        ((), None),
    ],
)
def test_the_model_is_found_by_its_name(args: tuple[str, ...], name: str | None) -> None:
    """The model is the one that the command line names, wherever it does; one that nobody knows stays unknown."""
    question = preflight.about(TAG, node=NODE, manifest=ManifestFacts(args=args))

    assert (question.model and question.model.name) == name


def test_what_is_told_of_the_model_counts() -> None:
    """A configuration that somebody read is not replaced by the one of this package."""
    told = ModelFacts(name="mine")

    question = preflight.about(TAG, node=NODE, manifest=ManifestFacts(args=("Qwen/Qwen3-8B-AWQ",)), model=told)

    assert question.model is told


@pytest.mark.parametrize(
    ("image", "baseline"),
    [("vllm/vllm-openai:v0.5.5", "0.5.5"), ("vllm/vllm-openai:latest", None), ("", None), ("A B", None)],
)
def test_callers_know_the_image_of_the_manifest(image: str, baseline: str | None) -> None:
    """The release that the manifest names is what an upgrade is compared with, where it names one."""
    question = preflight.about(TAG, node=NODE, manifest=ManifestFacts(image=image))

    assert (question.baseline and str(question.baseline.version)) == baseline
    assert str(question.release and question.release.version) == "0.12.0"


def test_an_image_that_cannot_be_read() -> None:
    """A command that starts no vLLM server leaves model and parser unknown."""
    question = preflight.about(TAG, node=NODE, manifest=ManifestFacts(command=("./start.sh",)))

    assert (question.command, question.parser, question.model) == (None, None, None)
