"""From the operator's command line to that of a CPU build."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from vllm_qualify.targets.local.command import LocalArguments, local_arguments

STORY = ("--model", "Qwen/Qwen3-8B-AWQ", "--enforce-eager", "--quantization", "awq_marlin", "--max-model-len", "8192")


def split(
    *words: str, parser: str = "", tools: str = "", release: str = "0.15.1", gpu: bool = False, dtype: str = ""
) -> LocalArguments:
    """Split for one release."""
    return local_arguments(
        words, reasoning_parser=parser, tool_parser=tools, release=Version(release), gpu=gpu, dtype=dtype
    )


def test_what_needs_the_gpu_is_left_out_and_said() -> None:
    """The story's arguments keep what a CPU build takes; the rest is listed as it was written."""
    found = split(*STORY)

    assert found.kept == ("--enforce-eager", "--max-model-len", "8192")
    assert found.left_out == ("--model Qwen/Qwen3-8B-AWQ", "--quantization awq_marlin")


@pytest.mark.parametrize("words", [("--api-key", "one-key", "two-key"), ("--api_key=one-key",)])
def test_the_key_of_the_api_is_left_out_unseen(words: tuple[str, ...]) -> None:
    """Nobody asks the canary for it, and reports name what was left out."""
    found = split(*words)

    assert found.kept == ()
    assert "-key" not in found.left_out[0].removeprefix("--api-key")
    assert "***" in found.left_out[0]


def test_spelling_does_not_matter() -> None:
    """VLLM reads underscores and joined values as well, so they are left out as well."""
    assert split("--gpu_memory_utilization=0.9", "-tp", "2").kept == ()


def test_a_positional_model_is_left_out() -> None:
    """The model in front of the options is replaced by the canary."""
    assert split("Qwen/Qwen3-8B-AWQ", "--enforce-eager").kept == ("--enforce-eager",)


@pytest.mark.parametrize(
    ("release", "added"),
    [
        ("0.8.5.post1", ("--enable-reasoning", "--reasoning-parser", "deepseek_r1")),
        ("0.9.0", ("--reasoning-parser", "deepseek_r1")),
        ("0.15.1", ("--reasoning-parser", "deepseek_r1")),
    ],
)
def test_a_reasoning_parser_is_switched_on_as_the_release_wants_it(release: str, added: tuple[str, ...]) -> None:
    """Up to 0.8 it needs a second switch, which later releases refuse."""
    assert split(parser="deepseek_r1", release=release).added == added


@pytest.mark.parametrize(
    ("release", "added"),
    [("0.5.5", ()), ("0.6.0", ("--enable-auto-tool-choice", "--tool-call-parser", "hermes"))],
)
def test_a_parser_for_calls_is_switched_on_where_the_release_has_one(release: str, added: tuple[str, ...]) -> None:
    """Before 0.6.0 nothing reads the calls of a model."""
    assert split(tools="hermes", release=release).added == added


def test_the_operator_s_parser_for_calls_is_left_out() -> None:
    """It reads what the operator's model writes, and the canary writes otherwise."""
    found = split("--enable-auto-tool-choice", "--tool-call-parser", "llama3_json", "--enforce-eager", tools="hermes")

    assert found.kept == ("--enforce-eager",)
    assert found.left_out == ("--enable-auto-tool-choice", "--tool-call-parser llama3_json")
    assert found.added == ("--enable-auto-tool-choice", "--tool-call-parser", "hermes")


def test_without_a_parser_nothing_is_added() -> None:
    """The operator's manifest alone decides."""
    assert split(*STORY).added == ()


def test_a_gpu_takes_its_memory_and_its_number_format() -> None:
    """They are the operator's own, and they are for one GPU."""
    words = ("--dtype", "auto", "--gpu-memory-utilization", "0.90", "--kv-cache-dtype=fp8", "--swap-space", "4")

    assert split(*words, gpu=True).kept == words


def test_several_gpus_and_the_operator_s_model_are_left_out() -> None:
    """One GPU serves a canary, whose weights are not those that the arguments are about."""
    words = ("-tp", "2", "-dp=2", "--speculative-config", "{}", "--hf-overrides", "{}", "-q", "awq")

    found = split(*words, "--max-num-seqs", "64", gpu=True)

    assert found.kept == ("--max-num-seqs", "64")
    assert found.left_out == ("-tp 2", "-dp=2", "--speculative-config {}", "--hf-overrides {}", "-q awq")


def test_a_number_format_of_this_machine_takes_the_place_of_the_manifest_s() -> None:
    """Two of them would leave it to the parser which one counts."""
    assert split("--dtype", "half", gpu=True, dtype="bfloat16").left_out == ("--dtype half",)


@given(
    words=st.lists(st.sampled_from(["--model", "x", "--enforce-eager", "-q", "awq", "--seed=1", "--port", "80"])),
    gpu=st.booleans(),
)
def test_nothing_is_lost(*, words: list[str], gpu: bool) -> None:
    """Every word is either kept or left out."""
    found = split(*words, gpu=gpu)

    said = " ".join(found.left_out).split()
    assert sorted([*found.kept, *said]) == sorted(words)
