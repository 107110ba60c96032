"""The question that every rule answers a part of: will this image serve this manifest on this node? Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.arguments.parser_report import ParserFacts
from vllm_qualify.catalogue import Release
from vllm_qualify.core import images
from vllm_qualify.core.advisories import Rating
from vllm_qualify.core.images import ImageRef
from vllm_qualify.preflight import models, serve_command
from vllm_qualify.preflight.facts import ManifestFacts, NodeFacts
from vllm_qualify.preflight.models import ModelFacts
from vllm_qualify.preflight.serve_command import ServeCommand, UnknownValue
from vllm_qualify.registry.oci_image import ImageFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """A command and its parser with all that they follow from; the same question about another node has them too."""

    made_from: tuple[Release | None, ImageFacts, ManifestFacts]
    command: ServeCommand | None
    parser: ParserFacts | None

    @classmethod
    def of(cls, release: Release | None, registry: ImageFacts, manifest: ManifestFacts) -> _Reading:
        """Read what is executed."""
        read = serve_command.of(release, registry, manifest)
        parser = release.parser(read.entrypoint) if release and read else None
        command = serve_command.with_gaps(read, parser) if read and parser else read
        return cls(made_from=(release, registry, manifest), command=command, parser=parser)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One image, and everything that is known around it.

    Attributes:
        image: the candidate.
        release: what the catalogue knows of its release; ``None`` where it has none.
        registry: what a registry told of the image itself; it outranks the catalogue.
        node: where it is to run.
        manifest: how it is to be started.
        model: what is known of the model that the manifest names; ``None`` where nobody looked.
        baseline: the release that callers know now; ``None`` where it is not known.
        load_seconds: the load budget; ``None`` for none.
        fields: the request fields that callers use; empty: not known.
        metrics: the metrics that alerts and dashboards use; empty: not known.
        policy: how grave an advisory that applies must be to rule an image out; ``None``: none does.
        command: what is executed; ``None`` where that cannot be read.
        parser: the options of the release that the command is read with; ``None`` where one of the two is not known.
    """

    image: ImageRef
    release: Release | None = None
    registry: ImageFacts = field(default_factory=ImageFacts)
    node: NodeFacts = field(default_factory=NodeFacts)
    manifest: ManifestFacts = field(default_factory=ManifestFacts)
    model: ModelFacts | None = None
    baseline: Release | None = None
    load_seconds: float | None = None
    fields: frozenset[str] = frozenset()
    metrics: frozenset[str] = frozenset()
    policy: Rating | None = None
    _read: _Reading | None = field(default=None, repr=False, compare=False)
    command: ServeCommand | None = field(init=False)
    parser: ParserFacts | None = field(init=False, repr=False)

    @property
    def env(self) -> Mapping[str, str | None]:
        """The variables of the container: the image's own, then the manifest's; ``None`` for an unknown value."""
        return {**(self.registry.env or {}), **self.manifest.env}

    def __post_init__(self) -> None:
        # Worked out once: every second rule asks for them, and a table of all releases has many rows.
        made_from = (self.release, self.registry, self.manifest)
        read = self._read
        if read is None or any(one is not other for one, other in zip(read.made_from, made_from, strict=True)):
            read = _Reading.of(*made_from)
        object.__setattr__(self, "_read", read)
        object.__setattr__(self, "command", read.command)
        object.__setattr__(self, "parser", read.parser)


def about(
    image: ImageRef,
    *,
    node: NodeFacts,
    manifest: ManifestFacts,
    registry: ImageFacts | None = None,
    model: ModelFacts | None = None,
    load_seconds: float | None = None,
    policy: Rating | None = None,
) -> Question:
    """Put a question together, with what the catalogue and this package know of the image, its past and the model.

    Args:
        image: the candidate.
        node: where it is to run.
        manifest: how it is to be started; its own image is the release that callers know.
        registry: what a registry told; ``None`` where nobody asked.
        model: what is known of the model; ``None``: what this package knows by its name.
        load_seconds: the load budget.
        policy: from which severity on an advisory that applies rules an image out.
    """
    question = Question(
        image=image,
        release=_release(image.release),
        registry=registry or ImageFacts(),
        node=node,
        manifest=manifest,
        model=model,
        baseline=_baseline(manifest.image),
        load_seconds=load_seconds,
        policy=policy,
    )
    if model is not None or question.command is None:
        return question
    try:
        return replace(question, model=models.known(question.command.model))
    except UnknownValue:
        # The rules of the model say so.
        return question


def _baseline(image: str) -> Release | None:
    try:
        return _release(images.parse(image).release)
    except images.BadImage:
        return None


def _release(version: Version | None) -> Release | None:
    return catalogue.find(version) if version else None
