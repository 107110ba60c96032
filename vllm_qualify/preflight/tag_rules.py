"""Rules about the tag itself: does the catalogue know the release, and does the release have such an image? Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.preflight import image
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.ruling import Answer, Change, ChangeKind
from vllm_qualify.records import Certainty, Severity


def release_known(question: Question) -> Iterator[Answer]:
    """P01: what the catalogue does not have cannot be predicted."""
    if question.release is not None:
        return
    version = question.image.release
    yield Answer(
        severity=Severity.BLOCK,
        certainty=Certainty.POSSIBLE,
        actual=f"the catalogue has no release {version}" if version else "the tag names no release of vLLM",
        expected="a tag such as v0.8.5.post1",
        remedy="try it, or add the release to the catalogue; only the facts of its registry were judged",
    )


def variant_built(question: Question) -> Iterator[Answer]:
    """P02: a tag that the release's own pipeline does not make may not exist."""
    release = question.release
    if release is None or question.registry.digest or image.variant(question) or not image.official(question):
        return
    known = ", ".join(f"-{one.suffix}" for one in release.image.variants) or "none but the default"
    yield Answer(
        severity=Severity.BLOCK,
        certainty=Certainty.POSSIBLE,
        actual=f"the pipeline of v{release.version} builds no image with the suffix -{question.image.variant}",
        expected=f"one of its suffixes: {known}",
        remedy="look whether the registry has this tag",
        source=release.image.default.cuda.source,
        ways=((Change(kind=ChangeKind.TAG, text=f"take the tag v{release.version}"),),),
    )
