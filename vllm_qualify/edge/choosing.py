"""Gathers what preflight needs to know of a run's candidates, and chooses which of them are tried.

Called by the plugin before anything is collected; it only reads.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

from vllm_qualify import candidates, forecasts, preflight
from vllm_qualify.candidates import Choice, Foretell
from vllm_qualify.config import Cluster, RegistryAccess, Settings
from vllm_qualify.edge import candidate_images, image_facts, node_facts, starts
from vllm_qualify.edge import settings as settings_files
from vllm_qualify.edge.candidate_images import NoCandidates, Wanted
from vllm_qualify.edge.registry import Registry
from vllm_qualify.edge.starts import BadInput
from vllm_qualify.forecasts import Forecast, Subject
from vllm_qualify.images import ImageRef
from vllm_qualify.preflight import NodeFacts, ToolkitMode
from vllm_qualify.registry_wire import NoImageFacts
from vllm_qualify.tags import ImageRange


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
    wanted: Wanted = field(default_factory=Wanted)
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
    return node_facts.from_cluster(cluster.context, cluster.node, toolkit=cluster.toolkit, mode=mode)


def subject(settings: Settings, node: NodeFacts, environment: Mapping[str, str]) -> Subject:
    """What every candidate of a run is asked about, with the variables that are set for the run."""
    modes = (mode for mode in (settings.modes.ml, settings.modes.r1) if mode is not None)
    return Subject(
        node=node,
        starts=starts.with_env([starts.of(settings_files.serving(mode)) for mode in modes], environment),
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
    return candidates.named(images, functools.partial(forecasts.of, subject=asked))


def of_search(
    images: Sequence[ImageRef],
    search: Search,
    settings: Settings,
    asked: Subject,
    *,
    asking: Asking = candidate_images.asking,
) -> Choice:
    """Of images and ranges, those that are tried, the newest first.

    Raises:
        NoCandidates: a range holds none, or nobody can say.
    """
    try:
        with _registry(search, settings, asking) as registry:
            found = [*images]
            for one in search.ranges:
                found += candidate_images.of_range(one, search.wanted, registry=registry)
            ordered = candidates.newest_first(found)
            if search.force:
                return Choice(images=ordered[: search.tries], beyond=max(0, len(ordered) - search.tries))
            return candidates.newest(ordered, _foretell(asked, registry), tries=search.tries)
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

    def foretell(image: ImageRef) -> Forecast:
        first = forecasts.of(image, asked)
        if registry is None or candidates.unpromising(first):
            return first
        return forecasts.of(image, asked, told=image_facts.asked(registry, image))

    return foretell
