"""`verdict_facts`: what a verdict holds for, read from a run, told in a line, and the same again later or not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import fact_names, redaction, verdict_facts
from vllm_qualify.core.fact_names import (
    ARGUMENTS,
    CONTEXT,
    DIGEST,
    DRIVER,
    GPUS,
    HARNESS,
    MODEL,
    NODE,
    PROCESSOR,
    RAN_ON,
    REVISION,
)
from vllm_qualify.core.verdict_facts import NAMES


def test_what_is_known_before_the_turn_outranks_what_the_turn_saw() -> None:
    """Only that can be looked up again without a candidate; what is no such fact is left out."""
    found = verdict_facts.of(
        {MODEL: "canary", DRIVER: "570", "memory": "8 GiB"}, {MODEL: "a sentence", DIGEST: "sha256:1"}
    )

    assert found == {DIGEST: "sha256:1", DRIVER: "570", MODEL: "canary"}


@pytest.mark.parametrize(
    ("ran_on", "driver"),
    [
        ("NVIDIA H200 GPU-1, driver 570.195.03; NVIDIA H200 GPU-2, driver 570.195.03", "570.195.03"),
        ("NVIDIA H200 GPU-1, driver not told", None),
        ("", None),
    ],
)
def test_the_driver_that_a_turn_saw_is_taken_where_nothing_else_tells_it(ran_on: str, driver: str | None) -> None:
    """A node without labels tells its driver to whoever serves on it."""
    assert verdict_facts.of({}, {RAN_ON: ran_on}).get(DRIVER) == driver


@given(st.text(), st.text())
def test_a_long_fact_is_the_same_as_long_as_its_words_are(words: str, others: str) -> None:
    """However long it is, and however its blanks are written."""
    one, other = (verdict_facts.hashed(f"{each} " * 400) for each in (words, others))
    shown = [" ".join(redaction.shown(f"{each} " * 400).split()) for each in (words, others)]

    assert verdict_facts.same(ARGUMENTS, one, other) == (shown[0] == shown[1])
    assert len(one) <= verdict_facts.LONGEST + 40


def test_a_secret_in_a_long_fact_is_neither_kept_nor_compared() -> None:
    """Another token is no other way of serving."""
    one, other = (verdict_facts.hashed(f"--hf-token hf_{letter * 30} --port 8000") for letter in "ab")

    assert verdict_facts.same(ARGUMENTS, one, other)
    assert "hf_a" not in one
    assert verdict_facts.words_of(one) == "--hf-token [redacted] --port 8000"


def test_the_hash_may_know_more_than_the_words() -> None:
    """Values that may not be read count all the same."""
    one, other = (verdict_facts.hashed("A=[not shown]", whole=f"A={value}") for value in "12")

    assert not verdict_facts.same(ARGUMENTS, one, other)


@pytest.mark.parametrize(
    ("was", "now", "same"),
    [
        ("vllm-qualify 0.1.0", "vllm-qualify 0.1.7", True),
        ("vllm-qualify 0.1.0", "vllm-qualify 0.1.1.dev3+g1234", True),
        ("vllm-qualify 0.1.0", "vllm-qualify 0.2.0", False),
        ("vllm-qualify 0.9.0", "vllm-qualify 1.9.0", False),
        ("vllm-qualify", "vllm-qualify", True),
    ],
)
def test_the_checks_are_those_of_the_first_two_numbers(was: str, now: str, *, same: bool) -> None:
    """A release of the harness that changes what a check means raises the second one."""
    assert verdict_facts.same(HARNESS, was, now) == same


def test_one_line_tells_what_a_verdict_holds_for() -> None:
    """Long facts by the head of their hash, digests cut, and nothing of what is not there."""
    facts = {
        DIGEST: f"sha256:{'1' * 64}",
        DRIVER: "570.195.03",
        fact_names.TOOLKIT: verdict_facts.NONE,
        MODEL: "Qwen/Qwen3-8B-AWQ",
        REVISION: "Qwen/Qwen3-8B-AWQ revision not pinned",
        HARNESS: "vllm-qualify 0.1.3",
    }

    assert verdict_facts.told(facts) == (
        "holds for digest sha256:111111111111..., driver 570.195.03, model Qwen/Qwen3-8B-AWQ revision not pinned, the "
        "checks of vllm-qualify 0.1, until one of them changes"
    )
    assert "the arguments of the manifests (" in verdict_facts.told({ARGUMENTS: verdict_facts.hashed("--port 1")})
    assert verdict_facts.told({}) == ""


@pytest.mark.parametrize(
    ("facts", "place"),
    [
        ({CONTEXT: "home", NODE: "gpu-1", GPUS: "1 x A10"}, "home/gpu-1"),
        ({NODE: "ssh://gpu"}, "ssh://gpu"),
        ({GPUS: "NVIDIA A10 GPU-1", PROCESSOR: "Xeon, 2 CPUs"}, "NVIDIA A10 GPU-1"),
        ({GPUS: verdict_facts.NONE, PROCESSOR: "Xeon, 2 CPUs"}, "Xeon, 2 CPUs"),
        ({}, ""),
    ],
)
def test_a_place_is_known_by_its_name_or_by_what_it_computes_on(facts: dict[str, str], place: str) -> None:
    """Never by a host name."""
    assert verdict_facts.place(facts) == place


def test_every_name_is_there_once() -> None:
    """Two facts of one name would take each other's place in the journal."""
    assert len(set(NAMES)) == len(NAMES)
    assert set(NAMES) > verdict_facts.OF_THE_NODE
