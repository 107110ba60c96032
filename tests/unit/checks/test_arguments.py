import json
from dataclasses import replace
from pathlib import Path

import pytest

from vllm_qualify.arguments.parser_report import CONTROL, Parsed, ProbeReport
from vllm_qualify.checks import arguments
from vllm_qualify.core.records import Observation, Outcome

DATA = Path(__file__).parents[1] / "data" / "parser"
RELEASES = ("0.8.5.post1", "0.12.0", "0.15.1")
LATE = ("0.12.0", "0.15.1")
MODEL = "Qwen/Qwen3-8B-AWQ"


def report(release: str, entrypoint: str = "api_server") -> ProbeReport:
    """What the parser of a release really said."""
    return ProbeReport.from_json(json.loads((DATA / f"{release}.{entrypoint}.json").read_text()))


def with_answer(known: ProbeReport, name: str, parsed: Parsed) -> ProbeReport:
    """The same report with another answer to one question."""
    return replace(known, parsed={**known.parsed, name: parsed})


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("entrypoint", ["api_server", "serve"])
def test_the_arguments_of_the_story_pass_everywhere(release: str, entrypoint: str) -> None:
    """What the operator runs today is accepted, means the same and is not on its way out in any of the three."""
    known = report(release, entrypoint)

    judgements = [
        arguments.control(known),
        arguments.accepted(known, "ml"),
        arguments.deprecated(known, "ml"),
        arguments.meaning(known, "ml", model=MODEL),
    ]

    assert [judgement.outcome for judgement in judgements] == [Outcome.PASSED] * 4
    assert judgements[-1].observations == (
        Observation(name="--enforce-eager", value=True),
        Observation(name="--quantization", value="awq_marlin"),
        Observation(name="--gpu-memory-utilization", value=0.9),
        Observation(name="--max-model-len", value=8192),
    )


def test_a_parser_that_takes_anything_proves_nothing() -> None:
    """When a made-up flag is accepted, or something else stopped the parser, the probe is broken, not passed."""
    known = report("0.12.0")
    takes_all = with_answer(known, CONTROL, Parsed(argv=(), accepted=True))
    crashed = with_answer(known, CONTROL, Parsed(argv=(), accepted=False, error="boom"))

    assert [arguments.control(one).outcome for one in (takes_all, crashed)] == [Outcome.BROKEN] * 2
    assert "proves nothing" in arguments.control(takes_all).message


@pytest.mark.parametrize("release", LATE)
def test_every_offender_is_named_with_what_to_write_instead(release: str) -> None:
    """The parser stops at its first error; the message does not: removed, bad value and misspelt are all in it."""
    judgement = arguments.accepted(report(release), "many")

    assert judgement.outcome is Outcome.FAILED
    assert [seen.value for seen in judgement.observations] == [
        "--enable-reasoning",
        "--guided-decoding-backend",
        "--max-model-len lots",
        "--enforce-eagre",
    ]
    for advice in (
        "--reasoning-parser alone",
        "--structured-outputs-config",
        "invalid human_",
        "mean --enforce-eager?",
    ):
        assert advice in judgement.message


def test_reasoning_needs_its_switch_before_it_went() -> None:
    """``--enable-reasoning`` is accepted by 0.8.5.post1 and unknown to the later two."""
    outcomes = [arguments.accepted(report(release), "r1").outcome for release in RELEASES]

    assert outcomes == [Outcome.PASSED, Outcome.FAILED, Outcome.FAILED]


def test_a_value_that_the_release_does_not_know_is_found_behind_its_parser() -> None:
    """Late parsers take any quantization, so what the release knows is looked up; the early one refuses by itself."""
    judgements = [arguments.accepted(report(release), "nonsense") for release in RELEASES]

    assert [judgement.outcome for judgement in judgements] == [Outcome.FAILED] * 3
    assert ["invalid choice" in judgement.message for judgement in judgements] == [True, False, False]
    assert all("did you mean awq_marlin?" in judgement.message for judgement in judgements)


def test_a_plugin_may_bring_a_value_that_the_release_does_not_know() -> None:
    """With a parser plugin on the command line, an unknown name is not held against the release."""
    known = report("0.12.0")
    argv = ("--reasoning-parser", "mine", "--reasoning-parser-plugin", "p.py")
    parsed = Parsed(argv=argv, accepted=True, values={"reasoning_parser": "mine"})

    outcomes = [
        arguments.accepted(with_answer(known, "x", one), "x").outcome
        for one in (parsed, replace(parsed, argv=argv[:2]))
    ]

    assert outcomes == [Outcome.PASSED, Outcome.FAILED]


def test_a_positional_model_is_the_trap_it_is() -> None:
    """The module refuses it in 0.8.5.post1 and ignores it later, which fails in the meaning."""
    known = [report(release) for release in RELEASES]

    assert [arguments.accepted(one, "positional").outcome for one in known] == [Outcome.FAILED, *[Outcome.PASSED] * 2]
    assert [arguments.meaning(one, "positional").outcome for one in known] == [Outcome.BLOCKED, *[Outcome.FAILED] * 2]
    assert f"write --model {MODEL}" in arguments.accepted(known[0], "positional").message
    assert arguments.meaning(known[1], "positional").message.startswith(
        f"the model would be Qwen/Qwen3-0.6B, not {MODEL}"
    )


@pytest.mark.parametrize("release", RELEASES)
def test_a_positional_model_counts_for_vllm_serve(release: str) -> None:
    """There the word in front is the model."""
    assert arguments.meaning(report(release, "serve"), "positional", model=MODEL).outcome is Outcome.PASSED


def test_vllm_serve_and_a_model_behind_its_flag() -> None:
    """An error up to 0.10, accepted with a warning later; the model is the right one then."""
    known = [report(release, "serve") for release in RELEASES]

    assert [arguments.accepted(one, "flagged-model").outcome for one in known] == [
        Outcome.FAILED,
        *[Outcome.PASSED] * 2,
    ]
    assert [arguments.deprecated(one, "flagged-model").outcome for one in known[1:]] == [Outcome.WARNED] * 2
    assert [arguments.meaning(one, "flagged-model", model=MODEL).outcome for one in known[1:]] == [Outcome.PASSED] * 2


def test_another_model_than_the_wanted_one_fails() -> None:
    """The command line may be perfect and still serve what nobody asked for."""
    judgement = arguments.meaning(report("0.12.0"), "ml", model="Qwen/Qwen2.5-7B-Instruct-AWQ")

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message == f"the model would be {MODEL}, not Qwen/Qwen2.5-7B-Instruct-AWQ"


def test_a_changed_value_fails() -> None:
    """A parser that reads another value than the one written is caught, and both are named."""
    known = report("0.12.0")
    changed = replace(known.parsed["ml"], values={**known.parsed["ml"].values, "max_model_len": 4096})

    judgement = arguments.meaning(with_answer(known, "ml", changed), "ml")

    assert (judgement.outcome, judgement.message) == (Outcome.FAILED, "--max-model-len 8192 is read as 4096")


def test_deprecation_is_told_once_with_what_comes_next() -> None:
    """Deprecated options are found by the parser's own mark, and its log line about the same is no second finding."""
    judgement = arguments.deprecated(report("0.12.0"), "going")

    assert judgement.outcome is Outcome.WARNED
    assert judgement.message.count("--task") == 1
    assert "is deprecated; removed by 0.17" in judgement.message
    assert arguments.deprecated(report("0.15.1"), "many").outcome is Outcome.BLOCKED


def test_an_abbreviation_is_warned_of() -> None:
    """An option that is accepted only because no other begins alike breaks with the next release that has one."""
    judgement = arguments.meaning(report("0.12.0"), "abbreviated")

    assert judgement.outcome is Outcome.WARNED
    assert judgement.message.startswith("--max-model is read as --max-model-len")


@pytest.mark.parametrize("release", RELEASES)
def test_files_of_the_container_are_not_missed_here(release: str) -> None:
    """A chat template is said to be unchecked; a file with more arguments leaves the case open."""
    template, config = (arguments.accepted(report(release), name) for name in ("template", "config"))

    assert template.outcome is Outcome.PASSED
    assert "not checked: /templates/qwen.jinja" in template.message
    assert config.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("release", RELEASES)
def test_what_is_checked_after_parsing_counts(release: str) -> None:
    """Options that need each other are judged together, and no group is blamed for missing its partner."""
    judgement = arguments.accepted(report(release), "wanting")

    assert judgement.outcome is Outcome.FAILED
    assert "--enable-auto-tool-choice requires --tool-call-parser" in judgement.message
    assert len(judgement.observations) == 1


def test_a_group_that_misses_its_partner_is_not_blamed() -> None:
    """``--enable-reasoning`` alone fails validation; beside its partner it is not what the release refused."""
    known = report("0.8.5.post1")
    refused = replace(known.parsed["r1"], accepted=False, stage="parse", error="unrecognized arguments: --zzz")

    judgement = arguments.accepted(with_answer(known, "r1", refused), "r1")

    assert [seen.value for seen in judgement.observations] == ["--zzz"]


def test_a_doubled_entrypoint_is_explained() -> None:
    """``serve`` as the first argument is the entrypoint written twice."""
    messages = [
        arguments.accepted(report("0.12.0", entrypoint), "served").message for entrypoint in ("serve", "api_server")
    ]

    assert [message.rpartition("serve: ")[2] for message in messages] == [
        "the container starts vllm serve anyway; drop it",
        "the container starts python3 -m vllm.entrypoints.openai.api_server anyway; drop it",
    ]


def test_the_cause_carries_what_to_do() -> None:
    """The diagnosis names the known cause by its id and repeats the advice."""
    diagnosis = arguments.accepted(report("0.12.0"), "r1").diagnosis

    assert diagnosis is not None
    assert (diagnosis.cause, "drop it" in diagnosis.remedy) == ("E18", True)
