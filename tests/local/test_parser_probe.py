"""What the real parsers say of the operator's command lines, and what is concluded from it."""

import pytest

from tests.local.probing import MODEL, asked, asked_as_deployed
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.checks import arguments as judge
from vllm_qualify.core.records import Outcome

pytestmark = pytest.mark.local

OLD, MIDDLE, NEW = "0.8.5.post1", "0.12.0", "0.15.1"
BOTH = pytest.mark.parametrize("entrypoint", list(Entrypoint), ids=lambda entrypoint: entrypoint.value)
EACH = pytest.mark.parametrize("version", [OLD, MIDDLE, NEW])


@EACH
@pytest.mark.parametrize("name", ["ml", "r1"])
def test_the_manifests_of_the_home_lab_are_accepted(version: str, name: str) -> None:
    """What the operator has today is accepted by the exact release of each image and means the same."""
    report = asked_as_deployed(version)

    assert report.facts.version == version
    assert judge.control(report).outcome is Outcome.PASSED
    assert judge.accepted(report, name).outcome is Outcome.PASSED
    assert judge.meaning(report, name).outcome is Outcome.PASSED


@EACH
@BOTH
def test_the_arguments_of_the_story_mean_the_same(version: str, entrypoint: Entrypoint) -> None:
    """Whichever way a release is started, the four arguments come through with their values."""
    report = asked(version, entrypoint)

    assert judge.meaning(report, "story", model=MODEL).outcome is Outcome.PASSED
    values = report.parsed["story"].values
    read = [values[name] for name in ("enforce_eager", "quantization", "gpu_memory_utilization", "max_model_len")]
    assert read == [True, "awq_marlin", 0.9, 8192]


@EACH
@BOTH
def test_a_made_up_flag_is_rejected(version: str, entrypoint: Entrypoint) -> None:
    """Otherwise nothing that the parser accepts would prove anything."""
    assert judge.control(asked(version, entrypoint)).outcome is Outcome.PASSED


@BOTH
def test_the_switch_for_reasoning_went(entrypoint: Entrypoint) -> None:
    """0.8.5.post1 takes ``--enable-reasoning``; the later ones do not know it."""
    outcomes = [judge.accepted(asked(version, entrypoint), "reasoning").outcome for version in (OLD, MIDDLE, NEW)]

    assert outcomes == [Outcome.PASSED, Outcome.FAILED, Outcome.FAILED]


def test_a_quantization_that_does_not_exist_is_found_in_every_release() -> None:
    """The parser itself refuses it in 0.8.5.post1 only; later any text passes, and what is registered decides."""
    reports = [asked_as_deployed(version) for version in (OLD, MIDDLE, NEW)]

    assert [report.parsed["nonsense"].accepted for report in reports] == [False, True, True]
    assert [judge.accepted(report, "nonsense").outcome for report in reports] == [Outcome.FAILED] * 3


def test_a_positional_model_is_refused_then_ignored_by_the_module() -> None:
    """The trap: since 0.10.2 the module takes the word and serves its default model."""
    reports = [asked(version, Entrypoint.API_SERVER) for version in (OLD, MIDDLE, NEW)]

    assert [report.parsed["positional"].accepted for report in reports] == [False, True, True]
    served = [judge.served_model(report.parsed["positional"], Entrypoint.API_SERVER) for report in reports[1:]]
    assert served == ["Qwen/Qwen3-0.6B"] * 2


def test_a_flagged_model_is_refused_then_warned_of_by_vllm_serve() -> None:
    """Up to 0.10 it is an error there; later it works and is said to go."""
    reports = [asked(version, Entrypoint.SERVE) for version in (OLD, MIDDLE, NEW)]

    assert [judge.accepted(report, "flagged").outcome for report in reports] == [Outcome.FAILED, *[Outcome.PASSED] * 2]
    assert [judge.deprecated(report, "flagged").outcome for report in reports[1:]] == [Outcome.WARNED] * 2
    assert [judge.served_model(report.parsed["flagged"], Entrypoint.SERVE) for report in reports[1:]] == [MODEL] * 2
