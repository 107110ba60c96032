"""Rules about name and tag: is it a vLLM image for this node, whose release is known, and does it exist? Pure."""

from __future__ import annotations

from collections.abc import Iterator

from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.catalogue import gpu_models
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, Remedy, one_change
from vllm_qualify.core.rules import RuleResult, row
from vllm_qualify.preflight import image, repositories
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.repositories import RepositoryKind

_ASK = "read its content from the registry (--registry), or try it"


def release_known(question: Question) -> Iterator[RuleResult]:
    """P01: what the catalogue does not have, and what no name says to be vLLM for CUDA, cannot be predicted."""
    hardware = repositories.other_hardware(question.image)
    if hardware and not (question.registry.env or {}).get("CUDA_VERSION"):
        yield _for_others(question, hardware)
    elif question.release is None:
        yield _unknown_release(question)
    else:
        yield from _by_name(question)


def variant_built(question: Question) -> Iterator[RuleResult]:
    """P02: a tag that the release's own pipeline does not make may not exist."""
    release = question.release
    if release is None or question.registry.digest or not image.official(question):
        return
    tag = f"v{release.version}" + (f"-{question.image.variant}" if question.image.variant else "")
    if repositories.on_the_hub(question.image) and question.image.tag != tag and not question.image.digest:
        yield _stop(
            f"the tags of {question.image.repository} are written v{release.version}, so it has no "
            f"{question.image.tag}",
            f"the tag {tag}",
            _other_tag(tag),
        )
    elif image.variant(question) is None:
        known = ", ".join(f"-{one.suffix}" for one in release.image.variants) or "only the default"
        yield _stop(
            f"the pipeline of v{release.version} builds no image with the suffix -{question.image.variant}",
            f"one of its suffixes: {known}",
            _other_tag(f"v{release.version}"),
            source=release.image.default.cuda.source,
        )


def _for_others(question: Question, hardware: str) -> RuleResult:
    """An image for other hardware than NVIDIA's."""
    version = question.image.release
    own = gpu_models.maker(question.node.gpu)
    said = f"{question.image.repository} is by its name an image for {hardware}, which is not in the catalogue"
    if own and own != "NVIDIA":
        return _stop(said, "an image for CUDA", remedy="try it")
    tag = f"v{version}" if version and catalogue.find(version) else ""
    remedies: tuple[Remedy, ...] = (one_change(ChangeKind.RELEASE, f"use vllm/vllm-openai:{tag}"),) if tag else ()
    return RuleResult(
        certainty=Certainty.PROBABLE,
        actual=f"{said}; the node has an NVIDIA GPU",
        expected="an image for CUDA",
        remedy="" if remedies else "use an image for CUDA, such as vllm/vllm-openai",
        remedies=remedies,
    )


def _unknown_release(question: Question) -> RuleResult:
    version = question.image.release
    said = "the tag names no release of vLLM"
    if version is not None:
        said = f"the catalogue has no release {version}; {_neighbours(version)}"
    return _stop(
        said,
        "a tag such as v0.8.5.post1",
        remedy="try it, or add the release to the catalogue; only the facts from its registry were judged",
    )


def _neighbours(version: Version) -> str:
    """What the catalogue has in its place."""
    every = [one.version for one in catalogue.releases()]
    below, above = [one for one in every if one < version], [one for one in every if one > version]
    if not above:
        return f"its newest is v{every[-1]}"
    return f"next to it are v{below[-1]} and v{above[0]}" if below else f"its oldest is v{every[0]}"


def _by_name(question: Question) -> Iterator[RuleResult]:
    """How far the name of the repository lets the tag be believed."""
    match repositories.name(question.image):
        case RepositoryKind.COPY:
            said = f"{question.image.repository} is assumed to be a copy of vllm/vllm-openai, only by its name"
            yield RuleResult(severity=Severity.NOTE, certainty=Certainty.PROBABLE, actual=said)
        case RepositoryKind.VLLM if question.registry.digest:
            said = (
                f"{question.image.repository} is a third-party image of vLLM, whose release is known only from the tag"
            )
            yield RuleResult(severity=Severity.NOTE, certainty=Certainty.POSSIBLE, actual=said)
        case RepositoryKind.VLLM:
            said = f"{question.image.repository} is a third-party image of vLLM; its content is known only from the tag"
            yield _stop(said, "vllm/vllm-openai, or an answer of the registry", remedy=_ASK)
        case RepositoryKind.FOREIGN if not _serves(question):
            said = f"nothing in {question.image.repository} says that it is vLLM; a tag that looks like a release"
            yield _stop(f"{said} of vLLM proves nothing", "an image of vLLM, such as vllm/vllm-openai", remedy=_ASK)


def _serves(question: Question) -> bool:
    """The registry says that the image starts vLLM."""
    return any("vllm" in word for word in (question.registry.entrypoint or ()) + question.registry.cmd)


def _other_tag(tag: str) -> Remedy:
    return one_change(ChangeKind.TAG, f"use the tag {tag}", value=tag)


def _stop(actual: str, expected: str, *remedies: Remedy, remedy: str = "", source: str = "") -> RuleResult:
    return RuleResult(
        certainty=Certainty.POSSIBLE,
        actual=actual,
        expected=expected,
        remedy=remedy or "check whether the registry has this tag",
        source=source,
        remedies=remedies,
    )


BUILT = row("P02", "tag may not exist", "the release has an image with this tag", variant_built, doubtful=True)
"""The rule that the image exists; a registry knows best."""
RULES = (
    row(
        "P01",
        "image or release not known here",
        "the catalogue knows the image and its release",
        release_known,
        doubtful=True,
    ),
    BUILT,
)
