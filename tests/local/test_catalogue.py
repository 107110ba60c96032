"""The catalogue says what the real parsers say: two extractors that disagree are worthless."""

from functools import cache

import pytest
from packaging.version import Version

from vllm_qualify import catalogue, images, standins
from vllm_qualify.args import Flag, ParserFacts, ProbeRequest
from vllm_qualify.argv import Entrypoint
from vllm_qualify.catalogue import Release
from vllm_qualify.edge import caches, environments, parser_env, parser_probe
from vllm_qualify.standins import EnginePlan

pytestmark = pytest.mark.local

EACH = pytest.mark.parametrize("version", ["0.8.5.post1", "0.12.0", "0.15.1"])
BOTH = pytest.mark.parametrize("entrypoint", list(Entrypoint), ids=lambda entrypoint: entrypoint.value)
ABBREVIATED = ("(...)", "...")
"""How the catalogue ends a default that is an object of vLLM's own; the parser prints all of its fields."""


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


def by_dest(facts: ParserFacts) -> dict[str, Flag]:
    """The options but for ``--help``, which argparse adds to every parser."""
    return {flag.dest: flag for flag in facts.flags if flag.dest != "help"}


@EACH
@BOTH
def test_the_options_are_the_same(version: str, entrypoint: Entrypoint) -> None:
    """Every option with all its spellings, what it takes, and whether it is deprecated."""
    ours, theirs = by_dest(known(version).parser(entrypoint)), by_dest(real(version, entrypoint))

    for read, said in ((ours, theirs), (theirs, ours)):
        for dest, flag in read.items():
            other = said[dest]
            assert (flag.options, flag.nargs, flag.const, flag.type) == (
                other.options,
                other.nargs,
                other.const,
                other.type,
            ), dest
            assert flag.deprecated == other.deprecated, dest


@EACH
@BOTH
def test_the_choices_are_the_same(version: str, entrypoint: Entrypoint) -> None:
    """Where the parser checks a value it allows what the catalogue says, and on some starts what is said to waver."""
    theirs = by_dest(real(version, entrypoint))

    for dest, flag in by_dest(known(version).parser(entrypoint)).items():
        wavering = set(known(version).flags[(flag.options or (dest,))[0]].wavering)
        assert set(flag.choices) <= set(theirs[dest].choices) <= set(flag.choices) | wavering, dest


@EACH
@BOTH
def test_the_defaults_are_the_same(version: str, entrypoint: Entrypoint) -> None:
    """Every default but for those that are objects of vLLM's own."""
    theirs = by_dest(real(version, entrypoint))

    for dest, flag in by_dest(known(version).parser(entrypoint)).items():
        if not flag.default.endswith(ABBREVIATED):
            assert flag.default == theirs[dest].default, dest


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
