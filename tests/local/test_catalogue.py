"""The catalogue says what the real parsers say: two extractors that disagree are worthless."""

from functools import cache

import pytest
from packaging.version import Version

from vllm_qualify import catalogue, images, standins
from vllm_qualify.args import ParserFacts, ProbeReport, ProbeRequest
from vllm_qualify.argv import Entrypoint
from vllm_qualify.catalogue import Release
from vllm_qualify.edge import caches, environments, parser_env, parser_probe
from vllm_qualify.judge import catalogued
from vllm_qualify.records import Outcome
from vllm_qualify.standins import EnginePlan

pytestmark = pytest.mark.local

EACH = pytest.mark.parametrize("version", ["0.8.5.post1", "0.12.0", "0.15.1"])
BOTH = pytest.mark.parametrize("entrypoint", list(Entrypoint), ids=lambda entrypoint: entrypoint.value)


@cache
def real(version: str, entrypoint: Entrypoint) -> ParserFacts:
    """What the parser of the official release says of itself."""
    plan, cache = standins.plan_for(images.parse(f"vllm/vllm-openai:v{version}")), caches.default()
    assert isinstance(plan, EnginePlan)
    python = environments.ensure(plan, cache=cache, offline=False, say=print).python
    overlay = parser_env.overlay(Version(version), python=python, cache=cache.root, say=print)
    return parser_probe.probe(python, overlay, ProbeRequest(entrypoint=entrypoint, argvs={})).facts


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

    judgement = catalogued.compared(report, images.parse(f"vllm/vllm-openai:v{version}"))

    assert judgement.outcome is Outcome.PASSED, judgement.message


@EACH
def test_the_registries_are_the_same(version: str) -> None:
    """What late releases check only after the parser: quantizations, reasoning parsers, tool call parsers."""
    entrypoint = Entrypoint.API_SERVER

    assert known(version).parser(entrypoint).known_values == real(version, entrypoint).known_values


def test_only_one_option_wavers() -> None:
    """The guided decoding backend of 0.8.5 unites two lists in a set and takes whichever comes first."""
    options = {dest for dest, fact in known("0.8.5.post1").flags.items() if fact.wavering}

    assert options == {"--guided-decoding-backend"}
    assert not any(fact.wavering for version in ("0.12.0", "0.15.1") for fact in known(version).flags.values())
