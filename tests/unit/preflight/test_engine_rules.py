"""Which engine a start asks for, and whether the release has it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.preflight import node

Rulings = Callable[..., tuple[Finding, ...]]
ONE, ZERO = {"VLLM_USE_V1": "1"}, {"VLLM_USE_V1": "0"}


@pytest.mark.parametrize(
    ("tag", "env", "args", "says"),
    [
        ("v0.11.0", ZERO, (), "assert envs.VLLM_USE_V1"),
        ("v0.11.0", ONE, (), ""),
        ("v0.11.0", {}, (), ""),
        ("v0.11.0", {}, ("--max-num-partial-prefills", "4"), "--max-num-partial-prefills is not supported by"),
        ("v0.11.0", {}, ("--max-num-partial-prefills", "1"), ""),
        ("v0.11.0", {}, ("--logits-processor-pattern", "x"), "--logits-processor-pattern is not supported by"),
        ("v0.11.0", {"VLLM_ATTENTION_BACKEND": "DUAL_CHUNK_FLASH_ATTN"}, (), "is not supported by the engine V1"),
        ("v0.10.2", ZERO, (), ""),
        ("v0.11.1", ZERO, (), ""),
        ("v0.10.2", ONE, ("--preemption-mode", "swap"), "VLLM_USE_V1=1 forbids"),
        ("v0.10.2", {}, ("--preemption-mode", "swap"), ""),
        ("v0.9.2", ONE, ("--kv-cache-dtype", "fp8"), "--kv-cache-dtype fp8 on this GPU"),
        ("v0.9.2", ONE, ("--num-scheduler-steps", "8"), "--num-scheduler-steps"),
        ("v0.9.2", ONE | {"VLLM_ATTENTION_BACKEND": "XFORMERS"}, (), "VLLM_ATTENTION_BACKEND=XFORMERS"),
        ("v0.7.3", ONE, ("--preemption-mode", "swap"), ""),
        ("v0.10.2", {"VLLM_USE_V1": "true"}, (), "is not a number"),
        ("v0.12.0", {"VLLM_USE_V1": "true"}, (), ""),
    ],
)
def test_what_sends_a_release_to_an_engine_that_it_lacks(
    found: Rulings, tag: str, env: dict[str, str], args: tuple[str, ...], says: str
) -> None:
    """0.11.0 asks as before and has V1 alone; before, ``VLLM_USE_V1=1`` forbids what only V0 can do."""
    rulings = found("P30", tag, env=env, args=("--model", "x", *args))

    assert [(one.severity, one.certainty) for one in rulings] == ([(Severity.BLOCK, Certainty.CERTAIN)] if says else [])
    assert all(says in one.actual for one in rulings)


@pytest.mark.parametrize(("tag", "stops"), [("v0.9.2", 1), ("v0.10.1.1", 1), ("v0.10.2", 0), ("v0.11.0", 0)])
def test_gpus_before_ampere(found: Rulings, tag: str, stops: int) -> None:
    """Up to 0.10.1.1 V1 needs compute capability 8.0, so that ``VLLM_USE_V1=1`` is refused on a T4."""
    assert len(found("P30", tag, env=ONE, node=node(gpu="T4"))) == stops


def test_a_value_from_elsewhere_is_not_known(found: Rulings) -> None:
    """A value out of a ConfigMap may be 0, and 0.11.0 would die of it; nobody can tell."""
    (ruling,) = found("P30", "v0.11.0", env={"VLLM_USE_V1": None})

    assert ruling.unverified
