"""The catalogue says what the real parsers say: two extractors that disagree are worthless."""

import pytest
from packaging.version import Version

from tests.local.probing import asked, official
from vllm_qualify import catalogue
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import ParserFacts, ProbeReport
from vllm_qualify.catalogue import Release
from vllm_qualify.checks import catalogue as catalogued
from vllm_qualify.core.records import Outcome

pytestmark = pytest.mark.local

EACH = pytest.mark.parametrize("version", ["0.8.5.post1", "0.12.0", "0.15.1", "0.20.2", "0.25.1", "0.32.0"])
BOTH = pytest.mark.parametrize("entrypoint", list(Entrypoint), ids=lambda entrypoint: entrypoint.value)


def real(version: str, entrypoint: Entrypoint) -> ParserFacts:
    """What the parser of the official release says of itself."""
    return asked(version, entrypoint).facts


def known(version: str) -> Release:
    """What the catalogue says of the release."""
    release = catalogue.find(Version(version))
    assert release is not None
    return release


@EACH
@BOTH
def test_the_options_are_the_same(version: str, entrypoint: Entrypoint) -> None:
    """Every option with all its spellings, what it takes, what it allows, its default, and whether it is deprecated."""
    assert catalogued.differences(known(version), real(version, entrypoint)) == ()


@EACH
@BOTH
def test_an_image_of_the_release_is_not_warned_of(version: str, entrypoint: Entrypoint) -> None:
    """What the suite concludes of a candidate that is what its tag says."""
    report = ProbeReport(facts=real(version, entrypoint), parsed={})

    judgement = catalogued.compared(report, official(version))

    assert judgement.outcome is Outcome.PASSED, judgement.message


@EACH
def test_the_registries_are_the_same(version: str) -> None:
    """What late releases check only after the parser: quantizations, reasoning parsers, tool call parsers."""
    entrypoint = Entrypoint.API_SERVER
    told = real(version, entrypoint).known_values
    ours = known(version).parser(entrypoint).known_values

    assert {"quantization", "reasoning_parser", "tool_call_parser"} == set(told)
    assert {dest: ours[dest] for dest in told} == told


def test_only_one_option_wavers() -> None:
    """The guided decoding backend of 0.8.5 unites two lists in a set and takes whichever comes first."""
    options = {dest for dest, fact in known("0.8.5.post1").flags.items() if fact.wavering}

    assert options == {"--guided-decoding-backend"}
    assert not any(fact.wavering for version in ("0.12.0", "0.15.1") for fact in known(version).flags.values())
