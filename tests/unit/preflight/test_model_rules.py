"""The rules of the model: quantization, numbers, architecture, transformers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vllm_qualify import preflight
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.preflight import models

Rulings = Callable[..., tuple[Finding, ...]]
LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "torch_dtype": "bfloat16"}
T4 = {"gpu": "T4", "driver": "570.195.03", "toolkit": "1.18.0"}


def rulings(
    found: Rulings, rule: str, tag: str, *args: str, config: dict[str, Any], gpu: str = "RTX 3060"
) -> list[Finding]:
    """What a rule says of a model on a GPU, but for the notes."""
    node = preflight.node(**T4 | {"gpu": gpu})
    told = found(rule, tag, args=("--model", "x", *args), model=models.from_config(config, name="x"), node=node)
    return [one for one in told if one.severity is not Severity.NOTE]


@pytest.mark.parametrize(
    ("where", "args", "method", "says"),
    [
        (("v0.12.0", "T4"), ("--quantization", "awq_marlin"), "awq", "needs compute capability 8.0, the GPU has 7.5"),
        (("v0.12.0", "T4"), ("--quantization", "awq"), "awq", ""),
        (("v0.16.0", "T4"), ("--quantization", "awq_marlin"), "awq", ""),
        (("v0.12.0", "T4"), (), "awq", ""),
        (("v0.12.0", "RTX 3060"), ("--quantization", "gptq"), "awq", "contradicts the model, which is awq (E22)"),
        (("v0.12.0", "RTX 3060"), ("-q", "awq_marlin"), "awq", ""),
        (("v0.12.0", "RTX 3060"), (), "rot13", "does not know the model's quantization rot13 (E23)"),
        (("v0.12.0", "RTX 3060"), ("--quantization", "None"), "awq", ""),
        (("v0.16.0", "RTX 3060"), (), "fbgemm_fp8", "refuses fbgemm_fp8 as deprecated (E25)"),
        (("v0.16.0", "RTX 3060"), ("--allow-deprecated-quantization",), "fbgemm_fp8", ""),
    ],
)
def test_quantization(found: Rulings, where: tuple[str, str], args: tuple[str, ...], method: str, says: str) -> None:
    """Release and GPU are able to the method, and option and model agree, or it is said which of them does not."""
    config = LLAMA | {"quantization_config": {"quant_method": method}}

    stops = rulings(found, "P10", where[0], *args, config=config, gpu=where[1])

    assert [says in one.actual for one in stops] == ([True] if says else [])


def test_a_slower_method_is_offered(found: Rulings) -> None:
    """Where the GPU is too old for awq_marlin, awq is what would help."""
    config = LLAMA | {"quantization_config": {"quant_method": "awq"}}

    (stop,) = rulings(found, "P10", "v0.12.0", "--quantization", "awq_marlin", config=config, gpu="T4")

    assert (stop.certainty, stop.remedy) == (Certainty.CERTAIN, "write --quantization awq")


@pytest.mark.parametrize(
    ("gpu", "args", "severity"),
    [
        ("T4", ("--dtype", "bfloat16"), Severity.BLOCK),
        ("T4", (), Severity.WARN),
        ("T4", ("--dtype", "half"), None),
        ("RTX 3060", ("--dtype", "bfloat16"), None),
        ("RTX 3060", ("--dtype", "bfloat16", "--quantization", "awq"), Severity.BLOCK),
    ],
)
def test_precision(found: Rulings, gpu: str, args: tuple[str, ...], severity: Severity | None) -> None:
    """Old cards have no bfloat16, and plain awq computes in float16 only; both are cured by --dtype half."""
    told = rulings(found, "P11", "v0.12.0", *args, config=LLAMA, gpu=gpu)

    assert [one.severity for one in told] == ([severity] if severity else [])
    assert all(one.remedy == "write --dtype half" for one in told)


@pytest.mark.parametrize(
    ("tag", "certainty"),
    [("v0.5.5", Certainty.CERTAIN), ("v0.7.3", Certainty.PROBABLE), ("v0.8.5", None)],
)
def test_architectures(found: Rulings, tag: str, certainty: Certainty | None) -> None:
    """An architecture that is absent stops the start; where transformers' own may step in, that is only probable."""
    told = rulings(found, "P14", tag, config={"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3"})

    assert [one.certainty for one in told] == ([certainty] if certainty else [])


def test_an_architecture_that_no_release_has(found: Rulings) -> None:
    """Nothing is offered for a model of the future."""
    (told,) = rulings(found, "P14", "v0.12.0", config={"architectures": ["FutureForCausalLM"]})

    assert (told.remedies, "FutureForCausalLM" in told.actual) == ((), True)


def test_a_model_of_which_nothing_is_known(found: Rulings) -> None:
    """Without a config.json the rules that need one say so, and stop nothing."""
    told = [one for rule in ("P12", "P14") for one in found(rule, "v0.12.0", model=None)]

    assert [(one.severity, one.certainty) for one in told] == [(Severity.NOTE, Certainty.POSSIBLE)] * 2
    assert all("not checked" in one.actual for one in told)


@pytest.mark.parametrize(
    ("tag", "kind", "severity"),
    [
        ("v0.8.5", "qwen3", None),
        ("v0.7.3", "qwen3", Severity.WARN),
        ("v0.12.0", "qwen3_next", None),
        ("v0.12.0", "unheard-of", None),
    ],
)
def test_transformers(found: Rulings, tag: str, kind: str, severity: Severity | None) -> None:
    """A release that accepts older versions than the model needs, and lacks the model, is warned of."""
    name = "Qwen3NextForCausalLM" if kind == "qwen3_next" else "Qwen3ForCausalLM"
    config = {"architectures": [name], "model_type": kind}

    assert [one.severity for one in rulings(found, "P15", tag, config=config)] == ([severity] if severity else [])
