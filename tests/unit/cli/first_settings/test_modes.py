"""Which workload serves every day, and which one reasons."""

from __future__ import annotations

import pytest

from vllm_qualify.cli.first_settings import modes
from vllm_qualify.cli.first_settings.workloads import FoundWorkload
from vllm_qualify.kube.serving import ServingManifest


def workload(
    name: str, *, model: str = "m", replicas: int = 1, namespace: str = "", vllm: bool = True
) -> FoundWorkload:
    """A Deployment that was found."""
    words = ("--model", model)
    manifest = ServingManifest(
        source="a.yaml", kind="Deployment", name=name, namespace=namespace, args=words, command_line=words
    )
    return FoundWorkload(path="a.yaml", manifest=manifest, replicas=replicas, runs_vllm=vllm)


def test_one_is_the_everyday_mode_without_a_guess() -> None:
    """Even where it is named for reasoning."""
    found = modes.chosen([workload("vllm-r1")])

    assert (found.ml and found.ml.manifest.name, found.ml_why, found.r1) == ("vllm-r1", "Deployment vllm-r1", None)


@pytest.mark.parametrize(
    ("name", "model"), [("vllm-r1", "m"), ("r1", "m"), ("b", "deepseek-ai/DeepSeek-R1-Distill"), ("b", "Qwen/QwQ-32B")]
)
def test_the_reasoning_mode_by_its_name_or_model(name: str, model: str) -> None:
    """It is a guess, and the other one is not."""
    found = modes.chosen([workload(name, model=model), workload("a")])

    assert found.ml is not None
    assert found.ml.manifest.name == "a"
    assert found.ml_why == "Deployment a"
    assert found.r1_why == f"guessed: Deployment {name} is named for reasoning"


@pytest.mark.parametrize("name", ["router1", "r10", "unreasonable", "vllm-server1"])
def test_a_name_that_only_looks_like_one(name: str) -> None:
    """Only whole words count."""
    assert not workload(name).reasons


def test_one_that_runs_comes_before_one_that_does_not() -> None:
    """As a guess, since several are as likely."""
    found = modes.chosen([workload("a", replicas=0), workload("b")])

    assert found.ml is not None
    assert found.ml.manifest.name == "b"
    assert [one.manifest.name for one in found.others] == ["a"]
    assert found.ml_why == "guessed: Deployment b is the first of 2 workloads that run vLLM"


def test_a_reasoning_mode_of_another_namespace_is_none() -> None:
    """The two modes share a cluster's namespace."""
    assert modes.chosen([workload("a", namespace="x"), workload("r1", namespace="y")]).r1 is None


def test_what_runs_vllm_comes_before_what_asks_for_a_gpu() -> None:
    """The others are not even named."""
    found = modes.chosen([workload("train", vllm=False), workload("a")])

    assert (found.ml and found.ml.manifest.name, found.others) == ("a", ())


def test_nothing_gives_nothing() -> None:
    """No mode, and nothing that would be a guess."""
    assert modes.chosen([]) == modes.FoundModes()


@pytest.mark.parametrize(
    ("model", "parser"),
    [("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "deepseek_r1"), ("Qwen/Qwen3-8B", "qwen3"), ("meta/llama", "")],
)
def test_the_parser_of_a_model(model: str, parser: str) -> None:
    """By its name; of a distilled one the teacher's."""
    assert modes.reasoning_parser(model) == parser
