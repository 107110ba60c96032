"""Chooses the candidates of a run: gathers what preflight needs to know of them, and asks the registries of ranges.

Called by the plugin before anything is collected; it only reads.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from vllm_qualify import preflight
from vllm_qualify.config import RegistryAccess, Settings
from vllm_qualify.config.policy import Policy
from vllm_qualify.core.images import ImageRef
from vllm_qualify.preflight import RULES, NodeFacts, image_lookup, predict, settings_subject
from vllm_qualify.preflight.advisory_rules import RULES as POLICY
from vllm_qualify.preflight.predict import ImagePrediction, Subject
from vllm_qualify.registry.client import Registry
from vllm_qualify.registry.protocol import NoImageFacts
from vllm_qualify.selection import choice, tag_listing
from vllm_qualify.selection.choice import Predict
from vllm_qualify.selection.request import CandidateRequest, Choice
from vllm_qualify.selection.tag_listing import NoCandidates

NodeReader = Callable[[Settings], tuple[NodeFacts, str] | None]
Asking = Callable[[RegistryAccess], AbstractContextManager[Registry]]


def choose(
    request: CandidateRequest,
    settings: Settings,
    *,
    read_node: NodeReader,
    environment: Mapping[str, str],
    asking: Asking = tag_listing.asking,
) -> Choice:
    """What becomes of the images that were asked for.

    Args:
        request: them.
        settings: what they are held to.
        read_node: reads the node that they would run on, and what the reader must know of that; ``None`` for none.
        environment: variables that are set for each.
        asking: opens the way to the registries.

    Raises:
        NoCandidates: a range holds none, or nobody can say.
    """
    told = None if request.force and not request.pick else read_node(settings)
    if told is None and not request.pick and (request.force or settings.policy == Policy()):
        return Choice(images=request.images)
    node, note = told or (preflight.node(), "")
    subject = settings_subject.subject(settings, node=node, variables=environment)
    if request.pick:
        made = of_search(request, settings, subject, asking=asking)
    else:
        # The catalogue alone is asked.
        # Where there is no node to judge them on, the policy is all that can be held against them.
        table = RULES if told else POLICY
        made = choice.named(request.images, functools.partial(predict.of, subject=subject, table=table))
    # Of a node that nobody knows, nothing is predicted that would be worth a warning.
    return replace(made, note=note, findings=made.findings if node.gpu else ())


def of_search(request: CandidateRequest, settings: Settings, asked: Subject, *, asking: Asking) -> Choice:
    """Of images and ranges, those that are tried, the newest first.

    Raises:
        NoCandidates: a range holds none, or nobody can say.
    """
    try:
        with _registry(request, settings, asking) as registry:
            found = [*request.images]
            for one in request.ranges:
                found += tag_listing.of_range(
                    one, registry=registry, variants=request.variants, pre_releases=request.pre_releases
                )
            ordered = choice.newest_first(found)
            if request.force:
                return Choice(images=ordered[: request.tries], not_considered=max(0, len(ordered) - request.tries))
            return choice.newest(ordered, _predictor(asked, registry), tries=request.tries)
    except NoImageFacts as error:
        raise NoCandidates(str(error)) from error


@contextmanager
def _registry(request: CandidateRequest, settings: Settings, asking: Asking) -> Iterator[Registry | None]:
    if request.offline or not request.ranges:
        yield None
        return
    with asking(settings.registry) as registry:
        yield registry


def _predictor(asked: Subject, registry: Registry | None) -> Predict:
    """Predict from the catalogue; a registry, which counts questions, is asked of what that does not rule out."""

    def predict_one(image: ImageRef) -> ImagePrediction:
        first = predict.of(image, asked)
        if registry is None or choice.unpromising(first):
            return first
        return predict.of(image, asked, told=image_lookup.asked(registry, image))

    return predict_one
