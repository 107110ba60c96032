"""Gathers what preflight needs to know of a run's candidates, and chooses which of them are tried.

Called by the plugin before anything is collected; it only reads.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from vllm_qualify import preflight
from vllm_qualify.catalogue.tags import ImageRange
from vllm_qualify.config import Cluster, RegistryAccess, Settings
from vllm_qualify.config import loading as settings_files
from vllm_qualify.core.images import ImageRef
from vllm_qualify.preflight import NodeFacts, ToolkitMode, image_lookup, launch_specs, node_lookup, predict
from vllm_qualify.preflight.launch_specs import BadInput
from vllm_qualify.preflight.predict import ImagePrediction, Subject
from vllm_qualify.registry.client import Registry
from vllm_qualify.registry.protocol import NoImageFacts
from vllm_qualify.selection import choice, tag_listing
from vllm_qualify.selection.choice import Choice, Foretell
from vllm_qualify.selection.tag_listing import NoCandidates, TagRange


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """A run that looks for the newest candidate that qualifies.

    Attributes:
        ranges: of images.
        tries: how many are tried at most.
        wanted: which tags of the ranges count.
        offline: ask no registry.
        force: try also what preflight rules out.
    """

    ranges: tuple[ImageRange, ...] = ()
    tries: int = 3
    wanted: TagRange = field(default_factory=TagRange)
    offline: bool = False
    force: bool = False


NodeReader = Callable[[Cluster], NodeFacts]
Asking = Callable[[RegistryAccess], AbstractContextManager[Registry]]


def node_of(cluster: Cluster) -> NodeFacts:
    """What the labels of the cluster's node tell, and what the settings tell of it.

    Raises:
        BadInput: the labels cannot be read, or tell no GPU.
    """
    mode = ToolkitMode.of(cluster.runtime_mode)
    return node_lookup.from_cluster(cluster.context, cluster.node, toolkit=cluster.toolkit, mode=mode)


def subject(settings: Settings, node: NodeFacts, environment: Mapping[str, str]) -> Subject:
    """What every candidate of a run is asked about, with the variables that are set for the run."""
    modes = (mode for mode in (settings.modes.ml, settings.modes.r1) if mode is not None)
    return Subject(
        node=node,
        starts=launch_specs.with_env([launch_specs.of(settings_files.serving(mode)) for mode in modes], environment),
        load_seconds=settings.budgets.load_seconds,
    )


def known(cluster: Cluster | None, read: NodeReader = node_of) -> tuple[NodeFacts, str]:
    """The node as far as it is known, and what the reader must know of that; no cluster has no node."""
    if cluster is None:
        return preflight.node(), ""
    try:
        node = read(cluster)
    except BadInput as problem:
        return preflight.node(), f"preflight knows nothing of the node, so it rules little out: {problem}"
    if not cluster.toolkit:
        return node, "preflight would be surer with `toolkit` in [cluster], which nvidia-ctk --version tells"
    return node, ""


def of_names(images: Sequence[ImageRef], asked: Subject) -> Choice:
    """Of images that were named, those that are tried; the catalogue alone is asked."""
    return choice.named(images, functools.partial(predict.of, subject=asked))


def of_search(
    images: Sequence[ImageRef],
    search: Search,
    settings: Settings,
    asked: Subject,
    *,
    asking: Asking = tag_listing.asking,
) -> Choice:
    """Of images and ranges, those that are tried, the newest first.

    Raises:
        NoCandidates: a range holds none, or nobody can say.
    """
    try:
        with _registry(search, settings, asking) as registry:
            found = [*images]
            for one in search.ranges:
                found += tag_listing.of_range(one, search.wanted, registry=registry)
            ordered = choice.newest_first(found)
            if search.force:
                return Choice(images=ordered[: search.tries], beyond=max(0, len(ordered) - search.tries))
            return choice.newest(ordered, _foretell(asked, registry), tries=search.tries)
    except NoImageFacts as error:
        raise NoCandidates(str(error)) from error


@contextmanager
def _registry(search: Search, settings: Settings, asking: Asking) -> Iterator[Registry | None]:
    if search.offline or not search.ranges:
        yield None
        return
    with asking(settings.registry) as registry:
        yield registry


def _foretell(asked: Subject, registry: Registry | None) -> Foretell:
    """Predict from the catalogue; a registry, which counts questions, is asked of what that does not rule out."""

    def foretell(image: ImageRef) -> ImagePrediction:
        first = predict.of(image, asked)
        if registry is None or choice.unpromising(first):
            return first
        return predict.of(image, asked, told=image_lookup.asked(registry, image))

    return foretell
