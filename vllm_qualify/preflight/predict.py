"""What is predicted of images: the rules' findings for each way in which they would be started, put together. Pure.

Made by ``vllm-qualify preflight`` from gathered facts; rendered by ``reports.preflight``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from packaging.version import Version

from vllm_qualify import catalogue, preflight
from vllm_qualify.core import images, rules
from vllm_qualify.core.advisories import AdvisoryOutlook, Rating
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.outcomes import EXIT_NOT_QUALIFIED, EXIT_QUALIFIED, EXIT_UNDECIDED
from vllm_qualify.core.records import Certainty, Finding
from vllm_qualify.core.remedies import ChangeKind
from vllm_qualify.core.rules import RuleResult
from vllm_qualify.preflight import (
    RULES,
    ImageFacts,
    ManifestFacts,
    ModelFacts,
    NodeFacts,
    PredictedVerdict,
    Prediction,
    Question,
    outlook,
    tag_rules,
)
from vllm_qualify.preflight.table import PreflightRule

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
        waivers: reasons by the ids of rules that do not matter.
        policy: how grave an advisory that applies must be to rule an image out; ``None``: none does.
    """

    node: NodeFacts
    starts: tuple[LaunchSpec, ...]
    load_seconds: float | None = None
    waivers: Mapping[str, str] = field(default_factory=dict)
    policy: Rating | None = None


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
        findings: in the order of a start.
        told: what a registry told of the image.
    """

    image: ImageRef
    prediction: Prediction
    findings: tuple[Finding, ...] = ()
    told: RegistryAnswer = field(default_factory=RegistryAnswer)

    @property
    def verdict(self) -> PredictedVerdict:
        """The prediction in one word."""
        return self.prediction.verdict

    @property
    def about(self) -> tuple[str, ...]:
        """The manifests that the first reason is about; none where it is about all, or where there is none."""
        return self.prediction.finding.manifests if self.prediction.finding else ()

    @property
    def other_tags(self) -> tuple[ImageRef, ...]:
        """Images of the same release whose tags would remove what stands in the way."""
        values = (one.value for each in self.prediction.remedies for one in each.changes if one.kind is ChangeKind.TAG)
        return tuple(replace(self.image, tag=value, digest="") for value in values if value)


def of(
    image: ImageRef,
    subject: Subject,
    *,
    told: RegistryAnswer | None = None,
    insisted: bool = False,
    table: Sequence[PreflightRule] = RULES,
) -> ImagePrediction:
    """Predict whether an image serves every start on the node.

    Args:
        image: the candidate.
        subject: node and starts.
        told: what a registry told of the image.
        insisted: somebody wants the registry's word, so that without it nothing is verified.
        table: the rules that are asked.
    """
    asked = told or RegistryAnswer()
    questions = [_question(image, start, subject, asked.facts) for start in subject.starts]
    found = tuple(_together([preflight.findings(question, rules=table) for question in questions], subject.starts))
    doubt = Certainty.PROBABLE if asked.missing else Certainty.POSSIBLE
    told_nothing = asked.missing or (insisted and bool(asked.problem))
    # Registries answer that they have no image as well for what they do not show to everybody.
    known = _without_image(image, found, asked.problem, doubt) if told_nothing else found
    findings = rules.waived(known, subject.waivers)
    return ImagePrediction(image=image, prediction=preflight.verdict(findings), findings=findings, told=asked)


def advisory_outlook(image: ImageRef, subject: Subject, *, running: Version | None = None) -> AdvisoryOutlook | None:
    """What is recorded about the security of an image's release; ``None`` where the catalogue does not have it.

    Args:
        image: the candidate.
        subject: its starts; without one, nobody knows what applies.
        running: the release that runs now; ``None``: the one that the starts name.
    """
    questions = [_question(image, start, subject, ImageFacts()) for start in subject.starts]
    named = next((one.baseline for one in questions if one.baseline), None)
    return outlook.of(image, questions, against=catalogue.find(running) if running else named)


def every(subject: Subject) -> tuple[ImagePrediction, ...]:
    """Predict it of the project's default image of every release, the newest first."""
    refs = (ImageRef(repository=OFFICIAL, tag=f"v{one.version}") for one in reversed(catalogue.releases()))
    return tuple(of(ref, subject) for ref in refs)


def exit_code(found: Sequence[ImagePrediction], *, table: bool = False) -> int:
    """What a process says of its predictions.

    Args:
        found: the predictions.
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
        policy=subject.policy,
    )


def _together(found: Sequence[Sequence[Finding]], starts: Sequence[LaunchSpec]) -> Iterator[Finding]:
    """The findings of all starts, what all of them share once."""
    sources: dict[Finding, list[str]] = {}
    for findings, start in zip(found, starts, strict=True):
        for finding in dict.fromkeys(findings):
            sources.setdefault(finding, []).append(start.manifest.source)
    for finding in sorted(sources, key=lambda one: _ORDER[one.id]):
        shared = len(sources[finding]) == len(starts)
        yield finding if shared else replace(finding, manifests=tuple(sources[finding]))


def _without_image(
    image: ImageRef, found: Sequence[Finding], problem: str, certainty: Certainty
) -> tuple[Finding, ...]:
    """The findings, of which the registry's word is the first: what it does not have cannot be pulled."""
    unsure = certainty is Certainty.POSSIBLE
    result = RuleResult(
        actual=f"the registry gave no information: {problem}" if unsure else problem,
        remedy="try again, or leave out --registry to use only the catalogue" if unsure else "",
        certainty=certainty,
        source="the registry",
    )
    finding = tag_rules.BUILT.finding(result, subject=str(image))
    return (finding, *(one for one in found if one.id != finding.id))
