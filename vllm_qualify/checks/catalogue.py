"""Holds the release catalogue against the candidate's own parser; called by the suite of the arguments. Pure.

Preflight speaks from the catalogue alone, so it is only as right as the catalogue is, and only about an image that is
the release that its tag names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

from packaging.version import InvalidVersion, Version

from vllm_qualify import catalogue
from vllm_qualify.arguments.parser_report import Flag, ParserFacts, ProbeReport
from vllm_qualify.catalogue import Release
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import Judgement, Observation, Outcome

_ABBREVIATED = ("(...)", "...")  # Ends a default that is an object of vLLM's own; the parser prints all its fields.
_ADDED_BY_ARGPARSE = "help"
# Their defaults are VLLM_LOGGING_CONFIG_PATH and VLLM_SERVER_DEV_MODE, which the operator's manifest may well set.
_FROM_ENVIRONMENT = frozenset({"log_config_file", "log_error_stack"})
_LONGEST = 120
# Compared in another way, words for people, or what the sources say and no parser does.
_NOT_COMPARED = frozenset({"choices", "default", "dest", "help", "reads"})
# Since 0.31 the platform's own device is a choice (vllm: engine/arg_utils.py), and a parser is asked on a processor.
_DEVICE = frozenset({"cuda"})
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueDifference:
    """One option of which the catalogue and the parser say different things, and what."""

    option: str
    what: str

    def __str__(self) -> str:
        return f"{self.option} {self.what}"


def compared(report: ProbeReport, image: ImageRef) -> Judgement:
    """The image's parser has the options that the catalogue has of the release that the image's tag names.

    Args:
        report: what the image's own parser said.
        image: the candidate.
    """
    release = catalogue.find(image.release) if image.release else None
    if release is None:
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=_nothing_known(image))
    facts = report.facts
    known, told = len(_by_dest(release.parser(facts.entrypoint))), len(_by_dest(facts))
    if told < known / 2:
        message = (
            f"{image} reported {told} options, where vLLM {release.version} has {known}: that is not vLLM's own parser"
        )
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=message)
    differing = differences(release, facts)
    observations = (
        Observation(name="options", value=told),
        Observation(name="options-that-differ", value=len({one.option for one in differing})),
    )
    if found := (*_other_release(release, facts), *differing):
        return Judgement(outcome=Outcome.WARNED, message=_warning(release, facts, found), observations=observations)
    same = f"all {told} options of {facts.entrypoint} match the catalogue for vLLM {release.version}"
    return Judgement(outcome=Outcome.PASSED, message=same, observations=observations)


def differences(release: Release, facts: ParserFacts) -> tuple[CatalogueDifference, ...]:
    """Where the catalogue and a parser do not say the same of an option; those that only one of them has come first.

    Left alone is what no two starts of a parser need agree in: choices that waver by chance, defaults that the
    environment sets, and defaults that are configuration objects, of which the catalogue has the name alone.

    Args:
        release: what the catalogue says.
        facts: what the parser says.
    """
    ours, theirs = _by_dest(release.parser(facts.entrypoint)), _by_dest(facts)
    missing = (
        CatalogueDifference(option=_name(ours[dest]), what="is not in the image") for dest in ours.keys() - theirs
    )
    more = (
        CatalogueDifference(option=_name(theirs[dest]), what="is not in the catalogue") for dest in theirs.keys() - ours
    )
    both = (dest for dest in ours if dest in theirs)
    return (
        *sorted((*missing, *more), key=str),
        *(
            CatalogueDifference(option=_name(ours[dest]), what=what)
            for dest in both
            for what in _differs(ours[dest], theirs[dest], wavering=_wavering(release, ours[dest]))
        ),
    )


def _by_dest(facts: ParserFacts) -> dict[str, Flag]:
    return {flag.dest: flag for flag in facts.flags if flag.dest != _ADDED_BY_ARGPARSE}


def _name(flag: Flag) -> str:
    return flag.options[0] if flag.options else flag.dest


def _wavering(release: Release, flag: Flag) -> frozenset[str]:
    return frozenset(release.flags[_name(flag)].wavering)


def _differs(ours: Flag, theirs: Flag, *, wavering: frozenset[str]) -> Iterator[str]:
    for field in (field.name for field in fields(Flag) if field.name not in _NOT_COMPARED):
        if (was := getattr(ours, field)) != (now := getattr(theirs, field)):
            yield f"has {field} {_cut(now)} in the image and {_cut(was)} in the catalogue"
    least, most = set(ours.choices) - _DEVICE, set(ours.choices) | wavering
    if not least <= set(theirs.choices) <= most:
        lost, new = sorted(least - set(theirs.choices)), sorted(set(theirs.choices) - most)
        parts = (f"does not allow {', '.join(lost)}" * bool(lost), f"allows {', '.join(new)} as well" * bool(new))
        yield _shortened(" and ".join(filter(None, parts)))
    comparable = ours.dest not in _FROM_ENVIRONMENT and not ours.default.endswith(_ABBREVIATED)
    if comparable and ours.default != theirs.default:
        yield f"has default {_shortened(theirs.default)} in the image and {_shortened(ours.default)} in the catalogue"


def _other_release(release: Release, facts: ParserFacts) -> Iterator[CatalogueDifference]:
    """The package in the image is of another release; a rebuild, and a build from between two, says nothing."""
    try:
        said = Version(facts.version)
    except InvalidVersion:
        return
    if not said.is_devrelease and said.base_version != release.version.base_version:
        yield CatalogueDifference(option="the package", what=f"claims to be vLLM {said}")


def _nothing_known(image: ImageRef) -> str:
    if image.release is None:
        return f"{image} names no release in its tag, so the catalogue has nothing to compare its parser with"
    newest = catalogue.releases()[-1].version
    ends = f"it ends with {newest}; update vllm-qualify" if image.release > newest else "it has only final releases"
    return f"the catalogue has no vLLM {image.release}: {ends}"


def _warning(release: Release, facts: ParserFacts, found: tuple[CatalogueDifference, ...]) -> str:
    shown = "; ".join(map(str, found[:_SHOWN])) + (f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else "")
    return (
        f"{facts.entrypoint} in the image differs from the catalogue of vLLM {release.version}: {shown}. Either the "
        "image is not the release that its tag names, or the catalogue is wrong. Preflight's statements on its "
        "arguments may then be wrong; the other cases of ARGS used the image itself"
    )


def _cut(value: object) -> str:
    return _shortened(", ".join(map(str, value)) if isinstance(value, tuple) else repr(value))


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
