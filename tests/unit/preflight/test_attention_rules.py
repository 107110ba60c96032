"""Attention backends, GPUs and the numbers of the KV cache, by release."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from vllm_qualify import catalogue
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.core.remedies import ChangeKind
from vllm_qualify.preflight import attention, models, node

Rulings = Callable[..., tuple[Finding, ...]]
CERTAIN, PROBABLE = Certainty.CERTAIN, Certainty.PROBABLE
MLA = models.from_config({"num_hidden_layers": 4, "kv_lora_rank": 512})


def about(gpu: str, numbers: str = "fp8", *more: str, **facts: Any) -> dict[str, Any]:
    """A GPU, and what ``--kv-cache-dtype`` says."""
    return {"node": node(gpu=gpu), "args": ("--model", "x", "--kv-cache-dtype", numbers, *more), **facts}


@pytest.mark.parametrize(
    ("tag", "asked", "certainty"),
    [
        ("v0.10.2", about("Quadro RTX 8000"), None),
        ("v0.11.0", about("T4"), CERTAIN),
        ("v0.11.0", about("RTX 3090"), PROBABLE),
        ("v0.11.0", about("RTX 4090"), None),
        ("v0.11.0", about("H100"), None),
        ("v0.12.0", about("RTX 3090"), None),
        ("v0.12.0", about("V100"), PROBABLE),
        ("v0.23.0", about("Quadro RTX 8000"), None),
        ("v0.24.0", about("Quadro RTX 8000"), CERTAIN),
        ("v0.24.0", about("T4", "fp8_e5m2"), CERTAIN),
        ("v0.24.0", about("T4", "auto"), None),
        ("v0.24.0", about("T4", "bfloat16"), CERTAIN),
        ("v0.33.0", about("A100"), None),
        ("v0.24.0", about("A100", "fp8", "--attention-backend", "TRITON_ATTN"), CERTAIN),
        ("v0.20.2", about("A100", "fp8", "--attention-backend", "triton_attn"), PROBABLE),
        ("v0.20.2", about("L4", "fp8", "--attention-backend", "TRITON_ATTN"), None),
        ("v0.20.2", about("A100", "fp8", "--attention-backend", "FLASH_ATTN"), CERTAIN),
        ("v0.20.2", about("T4", "auto", "--attention-backend", "FLASH_ATTN"), CERTAIN),
        ("v0.24.0", about("T4", "auto", "--attention-backend", "FLASHINFER"), CERTAIN),
        ("v0.23.0", about("T4", "auto", "--attention-backend", "FLASHINFER"), None),
        ("v0.16.0", about("RTX 5090", model=MLA), PROBABLE),
        ("v0.20.2", about("RTX 5090", model=MLA), None),
        ("v0.26.0", about("A100", model=MLA), CERTAIN),
        ("v0.26.0", about("H100", model=MLA), None),
        ("v0.24.0", about("T4", model=None), PROBABLE),
        ("v0.24.0", about("an unheard-of GPU"), None),
    ],
)
def test_numbers_of_the_kv_cache(found: Rulings, tag: str, asked: dict[str, Any], certainty: Certainty | None) -> None:
    """What a release refuses itself is certain; where a kernel of it fails on the GPU, it is probable."""
    rulings = found("P28", tag, **asked)

    assert [(one.severity, one.certainty) for one in rulings] == ([(Severity.BLOCK, certainty)] if certainty else [])


def test_what_helps_is_said(found: Rulings) -> None:
    """Dropping the option helps, and so does the newest release that still can; the thread is named."""
    (ruling,) = found("P28", "v0.24.0", **about("Quadro RTX 8000"))

    assert [[change.kind for change in remedy.changes] for remedy in ruling.remedies] == [
        [ChangeKind.FLAG],
        [ChangeKind.RELEASE],
    ]
    assert ruling.remedies[1].changes[0].value == "0.23.0"
    assert "vllm-project/vllm#47549" in ruling.source


@pytest.mark.parametrize(
    ("tag", "name", "severity", "instead"),
    [
        ("v0.10.2", "TRITON_ATTN_VLLM_V1", None, ""),
        ("v0.11.0", "TRITON_ATTN_VLLM_V1", Severity.BLOCK, "TRITON_ATTN"),
        ("v0.12.0", "XFORMERS", Severity.BLOCK, ""),
        ("v0.9.2", "UNHEARD_OF", Severity.WARN, ""),
        ("v0.10.2", "UNHEARD_OF", Severity.BLOCK, ""),
        ("v0.15.0", "UNHEARD_OF", None, ""),
    ],
)
def test_names_of_attention_backends(
    found: Rulings, tag: str, name: str, severity: Severity | None, instead: str
) -> None:
    """A name that went ends the start where it is checked, and is passed over where it is not; 0.15 reads none."""
    rulings = found("P29", tag, env={"VLLM_ATTENTION_BACKEND": name})

    assert [one.severity for one in rulings] == ([severity] if severity else [])
    assert all(one.remedies[0].changes[0].value == instead for one in rulings)


def test_the_option_takes_the_names_of_the_release(found: Rulings) -> None:
    """``--attention-backend`` is checked like every other value."""
    assert not found("P18", "v0.20.2", args=("--model", "x", "--attention-backend", "flash_attn"))
    assert found("P18", "v0.20.2", args=("--model", "x", "--attention-backend", "XFORMERS"))[0].blocks


def test_the_limits_name_releases_of_the_catalogue() -> None:
    """Each limit begins and ends with a release that exists, and the release before it that works is older."""
    known = {str(one.version) for one in catalogue.releases()}

    assert {limit.first for limit in attention.LIMITS} <= known
    assert {limit.last for limit in attention.LIMITS} <= known | {""}
    assert all(limit.above < limit.below and limit.source for limit in attention.LIMITS)
