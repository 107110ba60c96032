"""From what was written after ``--image`` to the candidates of a run; every problem is a usage error."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from vllm_qualify.core import images
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.images import ImageRef
from vllm_qualify.plugin.option_table import NEWEST
from vllm_qualify.selection.request import CandidateRequest, Choice

if TYPE_CHECKING:
    from vllm_qualify.config import Settings
    from vllm_qualify.core.tags import ImageRange
    from vllm_qualify.plugin.baseline_choice import Baseline
    from vllm_qualify.preflight import NodeFacts
    from vllm_qualify.targets.kind import TargetKind

_NO_REFERENCE = frozenset("<>=!~*")
"""What the name of one image cannot have."""


def requested(option: Namespace, settings: Settings) -> tuple[CandidateRequest, tuple[str, ...]]:
    """The candidates that were asked for, by the options, else by the settings; and what is wrong with that."""
    found: dict[ImageRef, None] = dict.fromkeys(() if option.image else settings.candidates)
    ranges: dict[str, ImageRange] = {}
    bad = []
    for text in option.image:
        try:
            if (one := _range(text)) is not None:
                ranges[str(one)] = one
            else:
                found[images.parse(text)] = None
        except UserError as error:
            bad.append(f"--image: {error}")
    request = CandidateRequest(
        images=tuple(found),
        ranges=tuple(ranges.values()),
        pick=bool(option.pick),
        tries=option.max_tries or CandidateRequest().tries,
        variants=option.variants,
        pre_releases=option.pre_releases,
        offline=option.offline or (option.check and not option.ask_target),
        force=option.force,
    )
    return request, (*bad, *_contradictions(option, request))


def _range(text: str) -> ImageRange | None:
    """The range that a text is meant as; ``None`` for one image.

    Raises:
        BadImage: it is a range that cannot be read.
    """
    if _NO_REFERENCE.isdisjoint(text):
        return None
    from vllm_qualify.core import tags  # noqa: PLC0415 - few runs name a range.

    return tags.read_range(text) if tags.is_range(text) else None


def choose(
    request: CandidateRequest,
    option: Namespace,
    settings: Settings,
    *,
    kind: TargetKind,
    environment: Mapping[str, str],
    baseline: Baseline,
    away: str = "",
) -> tuple[Choice, tuple[str, ...]]:
    """Choose the candidates of a run, and say what the reader should know before; what only looks takes them all.

    Args:
        request: what was asked for.
        option: the other options.
        settings: what the candidates are held to.
        kind: what they run on.
        environment: variables that are set for each.
        baseline: what they are compared with.
        away: where they would run, if nobody there is asked; ``""``: the target and the registries may be.

    Raises:
        UserError: there is none, or none that can be tried on this target.
    """
    if option.collectonly or option.list_checks:
        return Choice(images=request.images), ()
    from vllm_qualify.plugin import candidate_advisories  # noqa: PLC0415 - all of preflight; a collection asks none of it.
    from vllm_qualify.selection import search  # noqa: PLC0415 - as above.
    from vllm_qualify.selection.tag_listing import NoCandidates  # noqa: PLC0415 - as above.

    try:
        choice = search.choose(request, settings, read_node=_node_reader(kind, away), environment=environment)
    except NoCandidates as error:
        raise UserError(f"--image: {error}") from error
    recorded = candidate_advisories.of(choice.images, settings, environment=environment, baseline=baseline)
    choice = replace(choice, advisories=recorded)
    return choice, (*_told(choice), *_obstacles(choice.tries, settings, kind))


def _node_reader(kind: TargetKind, away: str) -> Callable[[Settings], tuple[NodeFacts, str] | None]:
    """Reads the node of a target; of one that is not asked, nothing is known."""
    from vllm_qualify import preflight  # noqa: PLC0415 - all of it; a collection asks none of it.

    def unasked(_: Settings) -> tuple[NodeFacts, str]:
        return preflight.node(), f"preflight knows nothing of the node: {away} was not asked (--ask-target asks)"

    return unasked if away else kind.node


def _contradictions(option: Namespace, request: CandidateRequest) -> Iterator[str]:
    ranges, pick = request.ranges, request.pick
    if ranges and not pick:
        yield f"--image {ranges[0]}: a range may match dozens of images; add --pick {NEWEST}, or name images"
    given = {"--max-tries": option.max_tries, "--max-time": option.max_time}
    for name in (name for name, value in given.items() if value and not pick):
        yield f"{name}: only limits a search; add --pick {NEWEST}, or leave it out"
    given = {"--variants": option.variants, "--pre-releases": option.pre_releases}
    for name in (name for name, value in given.items() if value and not ranges):
        yield f"{name}: only applies to a range; add --image 'vllm/vllm-openai:>=v0.8.5', or leave it out"
    for image in (image for image in request.images if pick and image.release is None):
        yield f"--pick {NEWEST}: the tag of {image} names no release, so its age is unknown; leave it out"


def _told(choice: Choice) -> Iterator[str]:
    """What becomes of the candidates, in a few words; the matrix tells each with its reason."""
    if choice.note:
        yield choice.note
    if choice.skipped:
        names = ", ".join(image.short for image in choice.skipped)
        yield f"not tried because preflight rules it out (--force tries it anyway, --env sets a variable): {names}"
    if choice.not_considered:
        yield f"not looked at: {choice.not_considered} older candidates (--max-tries)"


def _obstacles(chosen: Sequence[ImageRef], settings: Settings, kind: TargetKind) -> tuple[str, ...]:
    """What keeps candidates from being tried on the target; told before the first one starts.

    Raises:
        UserError: none of them can be tried.
    """
    obstacles = tuple(filter(None, (kind.obstacle(image, settings) for image in chosen)))
    if obstacles and len(obstacles) == len(chosen):
        raise UserError("\n".join(obstacles))
    return obstacles
