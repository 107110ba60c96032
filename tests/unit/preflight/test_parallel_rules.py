"""Several GPUs: those that there are, and the parts of a model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.preflight import ManifestFacts, ModelFacts, NodeFacts, Question, models, node
from vllm_qualify.preflight.parallel_rules import shared

Ask = Callable[..., Question]
Rulings = Callable[..., tuple[Finding, ...]]
QWEN72 = models.from_config(
    {
        "num_hidden_layers": 80,
        "num_attention_heads": 64,
        "num_key_value_heads": 8,
        "hidden_size": 8192,
        "intermediate_size": 29568,
        "quantization_config": {"quant_method": "awq", "bits": 4, "group_size": 128},
    },
    name="Qwen/Qwen2.5-72B-Instruct-AWQ",
)


def having(count: int | None) -> NodeFacts:
    """A node with so many GPUs; ``None``: nobody told."""
    return node(gpu="RTX 3090", driver="580.95.05", count=count)


def started(*args: str) -> ManifestFacts:
    """A command line without limits of a container."""
    return ManifestFacts(args=("--model", "x", *args))


@pytest.mark.parametrize(
    ("count", "args", "certainty"),
    [
        (1, (), None),
        (1, ("-tp", "2"), Certainty.PROBABLE),
        (2, ("-tp", "2"), None),
        (2, ("--tensor-parallel-size=2", "-pp", "2"), Certainty.PROBABLE),
        (4, ("-tp", "2", "-pp", "2"), None),
        (2, ("-tp", "2", "--data-parallel-size", "2"), Certainty.PROBABLE),
        (2, ("-tp", "2", "--data-parallel-size", "2", "--data-parallel-size-local", "1"), None),
        (1, ("-tp", "2", "--distributed-executor-backend", "ray"), Certainty.POSSIBLE),
        (1, ("-tp", "2", "--nnodes", "2"), Certainty.POSSIBLE),
        (1, ("--data-parallel-size", "2", "--data-parallel-rank", "0"), Certainty.POSSIBLE),
        (None, ("-tp", "2"), Certainty.POSSIBLE),
    ],
)
def test_the_number_of_gpus(
    found: Rulings, count: int | None, args: tuple[str, ...], certainty: Certainty | None
) -> None:
    """More than the node has do not start; where others may bring some, or nobody told, it cannot be verified."""
    rulings = found("P31", "v0.12.0", node=having(count), manifest=started(*args))

    assert [(one.severity, one.certainty) for one in rulings] == ([(Severity.BLOCK, certainty)] if certainty else [])


@pytest.mark.parametrize(
    ("count", "limit", "env", "stops"),
    [
        (2, 1, {}, True),
        (2, 2, {}, False),
        (None, 2, {}, False),
        (2, None, {"CUDA_VISIBLE_DEVICES": "1"}, True),
        (4, None, {"CUDA_VISIBLE_DEVICES": "0,1"}, False),
        (2, None, {"NVIDIA_VISIBLE_DEVICES": "all"}, False),
    ],
)
def test_what_the_container_sees(
    ask: Ask,
    count: int | None,
    limit: int | None,
    env: dict[str, Any],
    stops: bool,  # noqa: FBT001
) -> None:
    """The limits of the container and the variables for visible devices count, not the node alone."""
    manifest = replace(started("-tp", "2"), env=env, gpus=limit)
    question = ask("v0.10.2", node=having(count), manifest=manifest)

    assert bool(list(shared(question))) is stops


@pytest.mark.parametrize(
    ("model", "size", "says", "instead"),
    [
        (QWEN72, 3, "64 attention heads", "1"),
        (replace(QWEN72, quantization="", group=0), 3, "64 attention heads", "2"),
        (QWEN72, 8, "not a multiple of the 128 weights", "1"),
        (replace(QWEN72, quantization="", group=0), 8, "", ""),
        (replace(QWEN72, quantization="", group=0), 16, "", ""),
        (replace(QWEN72, heads=24, kv_heads=8), 12, "8 key-value heads", "1"),
        (replace(QWEN72, kv_heads=64, intermediate=100, group=0), 8, "the width of 100", "4"),
        (ModelFacts(), 7, "", ""),
    ],
)
def test_what_a_model_can_be_shared_among(
    found: Rulings, model: ModelFacts, size: int, says: str, instead: str
) -> None:
    """Heads are refused by vLLM itself; widths and groups fail in the layers. The next smaller number is named."""
    rulings = found("P31", "v0.12.0", node=having(64), model=model, manifest=started("-tp", str(size)))

    assert [one.remedies[0].changes[0].value for one in rulings] == ([instead] if says else [])
    assert all(says in one.actual and (one.certainty is Certainty.CERTAIN) is ("attention" in says) for one in rulings)


@given(heads=st.integers(0, 128), kv=st.integers(0, 64), width=st.integers(0, 40_000), size=st.integers(1, 1000))
def test_the_number_that_is_named_fits(ask: Ask, heads: int, kv: int, width: int, size: int) -> None:
    """What is offered in place of a number of GPUs is not refused in its turn."""
    model = ModelFacts(heads=heads, kv_heads=kv, intermediate=width)

    for answer in shared(ask("v0.12.0", node=having(1000), model=model, manifest=started("-tp", str(size)))):
        better = started("-tp", answer.remedies[0].changes[0].value)
        assert not list(shared(ask("v0.12.0", node=having(1000), model=model, manifest=better)))
