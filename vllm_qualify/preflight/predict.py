"""What is predicted of images: the rules' findings for each way in which they would be started, put together. Pure.

Made by ``vllm-qualify preflight`` from gathered facts; rendered by ``reports.preflight``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from packaging.version import Version

from vllm_qualify import catalogue, preflight
from vllm_qualify.core import images
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.outcomes import EXIT_NOT_QUALIFIED, EXIT_QUALIFIED, EXIT_UNDECIDED
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.preflight import (
    RULES,
    ChangeKind,
    ImageFacts,
    ManifestFacts,
    ModelFacts,
    NodeFacts,
    PredictedVerdict,
    Prediction,
    Question,
    Ruling,
)

TAG_RULE = "P02"
"""The rule that the image exists; a registry knows best."""
OFFICIAL = "vllm/vllm-openai"
_ORDER = {rule.id: place for place, rule in enumerate(RULES)}


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchSpec:
    """One way to start a candidate.

    Attributes:
        manifest: the command line and what stands around it.
        served: the model that it names.
        model: what is known of that model; ``None`` where nobody knows its configuration.
    """

    manifest: ManifestFacts
    served: str = ""
    model: ModelFacts | None = None

    @property
    def release(self) -> Version | None:
        """The release that the manifest names now, from which the upgrade goes."""
        try:
            return images.parse(self.manifest.image).release
        except images.BadImage:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What every image is asked about.

    Attributes:
        node: where it is to run.
        starts: how it is to be started, each way in turn with the same image; at least one.
        load_seconds: the load budget; ``None`` for none.
    """

    node: NodeFacts
    starts: tuple[LaunchSpec, ...]
    load_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A finding, and the manifests that it is about; none where it holds for all."""

    ruling: Ruling
    manifests: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryAnswer:
    """What a registry told of one image; nothing where none was asked.

    Attributes:
        facts: of the image itself.
        problem: why it told none; ``""`` where it did, or where none was asked.
        missing: that is because it does not have the image.
    """

    facts: ImageFacts = field(default_factory=ImageFacts)
    problem: str = ""
    missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePrediction:
    """What is predicted of one image.

    Attributes:
        image: the candidate.
        prediction: what all findings come to.
        statements: the findings in the order of a start.
        told: what a registry told of the image.
    """

    image: ImageRef
    prediction: Prediction
    statements: tuple[Statement, ...] = ()
    told: RegistryAnswer = field(default_factory=RegistryAnswer)

    @property
    def verdict(self) -> PredictedVerdict:
        """The prediction in one word."""
        return self.prediction.verdict

    @property
    def about(self) -> tuple[str, ...]:
        """The manifests that the first reason is about; none where it is about all, or where there is none."""
        found = (one.manifests for one in self.statements if one.ruling == self.prediction.finding)
        return next(found, ())

    @property
    def other_tags(self) -> tuple[ImageRef, ...]:
        """Images of the same release whose tags would remove what stands in the way."""
        values = (change.value for way in self.prediction.ways for change in way if change.kind is ChangeKind.TAG)
        return tuple(replace(self.image, tag=value, digest="") for value in values if value)


def of(
    image: ImageRef, subject: Subject, *, told: RegistryAnswer | None = None, insisted: bool = False
) -> ImagePrediction:
    """Predict whether an image serves every start on the node.

    Args:
        image: the candidate.
        subject: node and starts.
        told: what a registry told of the image.
        insisted: somebody wants the registry's word, so that without it nothing is verified.
    """
    asked = told or RegistryAnswer()
    questions = [_question(image, start, subject, asked.facts) for start in subject.starts]
    found = tuple(_together([preflight.findings(question) for question in questions], subject.starts))
    doubt = Certainty.PROBABLE if asked.missing else Certainty.POSSIBLE
    told_nothing = asked.missing or (insisted and bool(asked.problem))
    # Registries answer that they have no image as well for what they do not show to everybody.
    statements = _without_image(image, found, asked.problem, doubt) if told_nothing else found
    prediction = preflight.verdict([one.ruling for one in statements])
    return ImagePrediction(image=image, prediction=prediction, statements=statements, told=asked)


def every(subject: Subject) -> tuple[ImagePrediction, ...]:
    """Predict it of the project's default image of every release, the newest first."""
    refs = (ImageRef(repository=OFFICIAL, tag=f"v{one.version}") for one in reversed(catalogue.releases()))
    return tuple(of(ref, subject) for ref in refs)


def exit_code(found: Sequence[ImagePrediction], *, table: bool = False) -> int:
    """What a process says of its forecasts.

    Args:
        found: the forecasts.
        table: they are choices, of which one is enough; otherwise each of them was asked for.

    Returns:
        0 all (of a table: one) should work as they are started now, 10 that cannot be verified, 1 otherwise.
    """
    verdicts = [one.verdict for one in found]
    if (
        PredictedVerdict.SHOULD_WORK in verdicts
        if table
        else all(one is PredictedVerdict.SHOULD_WORK for one in verdicts)
    ):
        return EXIT_QUALIFIED
    undecided = {PredictedVerdict.SHOULD_WORK, PredictedVerdict.CANNOT_VERIFY}
    unsure = PredictedVerdict.CANNOT_VERIFY in verdicts if table else undecided.issuperset(verdicts)
    return EXIT_UNDECIDED if unsure else EXIT_NOT_QUALIFIED


def _question(image: ImageRef, start: LaunchSpec, subject: Subject, registry: ImageFacts) -> Question:
    return preflight.about(
        image,
        node=subject.node,
        manifest=start.manifest,
        registry=registry,
        model=start.model,
        load_seconds=subject.load_seconds,
    )


def _together(found: Sequence[Sequence[Ruling]], starts: Sequence[LaunchSpec]) -> Iterator[Statement]:
    """The findings of all starts, what all of them share once."""
    sources: dict[Ruling, list[str]] = {}
    for rulings, start in zip(found, starts, strict=True):
        for ruling in dict.fromkeys(rulings):
            sources.setdefault(ruling, []).append(start.manifest.source)
    for ruling in sorted(sources, key=lambda one: _ORDER[one.id]):
        shared = len(sources[ruling]) == len(starts)
        yield Statement(ruling=ruling, manifests=() if shared else tuple(sources[ruling]))


def _without_image(
    image: ImageRef, found: Sequence[Statement], problem: str, certainty: Certainty
) -> tuple[Statement, ...]:
    """The findings, of which the registry's word is the first: what it does not have cannot be pulled."""
    (rule,) = (rule for rule in RULES if rule.id == TAG_RULE)
    ruling = Ruling(
        id=rule.id,
        severity=Severity.BLOCK,
        title=rule.title,
        subject=str(image),
        actual=problem if certainty is not Certainty.POSSIBLE else f"the registry told nothing: {problem}",
        remedy="ask again, or leave out --registry for what the catalogue alone says"
        if certainty is Certainty.POSSIBLE
        else "",
        certainty=certainty,
        source="the registry",
    )
    return (Statement(ruling=ruling), *(one for one in found if one.ruling.id != TAG_RULE))
