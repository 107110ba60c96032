"""What staying costs, in the light of the operator's own arguments."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.catalogue import advisories
from vllm_qualify.catalogue.advisories import Advisory, Rating
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.preflight import Question, advisory_rules
from vllm_qualify.preflight.advisory_rules import Applicability
from vllm_qualify.preflight.models import ModelFacts

Ask = Callable[..., Question]
Rulings = Callable[..., tuple[Finding, ...]]
MAKER = Path(__file__).parents[3] / "catalogue_maker" / "advisory_needs.toml"


def needing(what: str) -> Advisory:
    """An advisory that is open in every release."""
    return Advisory(id="P-1", aliases=(), introduced=Version("0"), fixed=None, last=None, score=None, needs=what)


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

    assert advisory_rules.applicability(needing(needs), question).value == applies


def test_a_key_in_the_environment_counts(ask: Ask) -> None:
    """VLLM takes it from there as well."""
    question = ask("v0.15.1", env={"VLLM_API_KEY": None})

    assert advisory_rules.applicability(needing("API key"), question) is Applicability.APPLIES


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
    assert advisory_rules.applicability(needing("multimodal model"), ask("v0.15.1", model=model)) is applies


def test_arguments_that_nobody_can_read_tell_nothing(ask: Ask) -> None:
    """Options that may come from elsewhere leave it open."""
    question = ask("v0.15.1", args=("--model", "m", "$(EXTRA)"), unknowns={"$(EXTRA)": "the ConfigMap vllm"})

    assert advisory_rules.applicability(needing("KV transfer"), question) is not Applicability.APPLIES


def test_both_directions_are_told(found: Rulings) -> None:
    """A note with what the upgrade closes and what it opens; it stands in nobody's way."""
    (finding,) = found("P32", "v0.19.1", baseline=catalogue.find(Version("0.8.5.post1")))

    assert (finding.severity, finding.certainty) == (Severity.NOTE, Certainty.CERTAIN)
    assert "14 advisories are recorded as open in v0.19.1 (as of 2026-07-23)" in finding.actual
    assert "the upgrade closes 23 and opens 4 (CVE-2026-54234 (7.5), " in finding.actual
    assert "CC BY 4.0" in finding.source


def test_none_on_record_is_not_called_safe(found: Rulings) -> None:
    """A release without a record says until when was looked."""
    (finding,) = found("P32", "v0.24.0")

    assert finding.actual.startswith("0 advisories are recorded as open in v0.24.0 (as of 2026-07-23)")
    assert "safe" not in finding.actual


def test_a_release_that_nobody_knows_is_not_spoken_of(found: Rulings) -> None:
    """Of latest nothing is known."""
    assert found("P32", "latest") == ()


def test_every_need_of_the_maker_can_be_told() -> None:
    """A word in the maker's file that no rule knows would say "cannot be told" for ever."""
    written = set(tomllib.loads(MAKER.read_text())["needs"].values())

    assert written == set(advisory_rules.NEEDS)
    assert {one.needs for one in advisories.records().advisories} - {""} <= written


def test_the_gravest_of_some() -> None:
    """The highest rating speaks for all, and of none there is none."""
    records = advisories.records()

    assert advisory_rules.gravest(records.open_in(Version("0.8.5.post1"))) is Rating.CRITICAL
    assert advisory_rules.gravest(()) is Rating.UNRATED
