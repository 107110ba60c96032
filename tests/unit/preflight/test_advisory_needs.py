"""Which advisories can be reached with the operator's own arguments and model."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from vllm_qualify.catalogue import advisories
from vllm_qualify.core.advisories import Applicability
from vllm_qualify.preflight import Question, advisory_needs
from vllm_qualify.preflight.models import ModelFacts

Ask = Callable[..., Question]
MAKER = Path(__file__).parents[3] / "catalogue_maker" / "advisory_needs.toml"
KEY = ("--model", "m", "--api-key", "k")


@pytest.mark.parametrize(
    ("needs", "args", "applies"),
    [
        ("API key", (), "does not apply"),
        ("API key", ("--api-key", "k"), "applies"),
        ("KV transfer", ("--kv-transfer-config", "{}"), "applies"),
        ("several nodes", (), "does not apply"),
        ("several nodes", ("--pipeline-parallel-size", "2"), "applies"),
        ("several nodes", ("--distributed-executor-backend", "ray"), "applies"),
        ("tool parser qwen3_coder", ("--tool-call-parser", "hermes"), "does not apply"),
        ("tool parser qwen3_coder", ("--tool-call-parser", "qwen3_coder"), "applies"),
        ("prompt embeddings", (), "cannot be told"),
        ("remote code", ("--trust-remote-code",), "applies"),
        ("remote code", (), "cannot be told"),
        ("model revision", (), "does not apply"),
        ("GGUF model", (), "does not apply"),
        ("multimodal model", (), "does not apply"),
        ("own image build", (), "does not apply"),
        ("", (), "cannot be told"),
    ],
)
def test_arguments_decide(ask: Ask, needs: str, args: tuple[str, ...], applies: str) -> None:
    """What is not used cannot be reached; what nobody has read of an advisory cannot be told."""
    question = ask("v0.15.1", args=("--model", "Qwen/Qwen3-8B-AWQ", *args))

    assert advisory_needs.applicability(needs, question).value == applies


def test_a_key_in_the_environment_counts(ask: Ask) -> None:
    """VLLM takes it from there as well."""
    question = ask("v0.15.1", env={"VLLM_API_KEY": None})

    assert advisory_needs.applicability("API key", question) is Applicability.APPLIES


@pytest.mark.parametrize(
    ("model", "applies"),
    [
        (ModelFacts(architectures=("Qwen2_5_VLForConditionalGeneration",)), Applicability.APPLIES),
        (ModelFacts(architectures=("Qwen3ForCausalLM",)), Applicability.DOES_NOT),
        (ModelFacts(), Applicability.UNKNOWN),
        (None, Applicability.UNKNOWN),
    ],
)
def test_the_model_decides(ask: Ask, model: ModelFacts | None, applies: Applicability) -> None:
    """Whether pictures are understood is written in the model's configuration, and nowhere else."""
    assert advisory_needs.applicability("multimodal model", ask("v0.15.1", model=model)) is applies


def test_arguments_that_nobody_can_read_tell_nothing(ask: Ask) -> None:
    """Options that may come from elsewhere leave it open."""
    question = ask("v0.15.1", args=("--model", "m", "$(EXTRA)"), unknowns={"$(EXTRA)": "the ConfigMap vllm"})

    assert advisory_needs.applicability("KV transfer", question) is not Applicability.APPLIES


@pytest.mark.parametrize(
    ("starts", "applies", "why"),
    [
        ([("--model", "m"), KEY], "applies", "needs: API key; in use here"),
        ([("--model", "m")], "does not apply", "needs: API key; not in use here"),
        ([("--model", "m"), ("--model", "m", "$(EXTRA)")], "cannot be told", "needs: API key"),
        ([], "cannot be told", "needs: API key"),
    ],
)
def test_one_start_that_can_be_reached_is_enough(
    ask: Ask, starts: list[tuple[str, ...]], applies: str, why: str
) -> None:
    """Of several starts the one that counts most speaks for the image; with none, nobody can tell."""
    unknowns = {"$(EXTRA)": "the ConfigMap vllm"}
    questions = [ask("v0.15.1", args=args, unknowns=unknowns if "$(EXTRA)" in args else {}) for args in starts]

    verdict, said = advisory_needs.judged("API key", questions)

    assert (verdict.value, said) == (applies, why)


def test_what_nobody_has_read_says_so(ask: Ask) -> None:
    """It is not the operator's arguments that are unknown."""
    assert advisory_needs.judged("", [ask("v0.15.1")]) == (
        Applicability.UNKNOWN,
        "what it needs is not on record",
    )


def test_every_need_of_the_maker_can_be_told() -> None:
    """A word in the maker's file that no rule knows would say "cannot be told" for ever."""
    written = set(tomllib.loads(MAKER.read_text())["needs"].values())

    assert written == set(advisory_needs.NEEDS)
    assert {one.needs for one in advisories.records().advisories} - {""} <= written
