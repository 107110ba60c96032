"""Which suggestions hold together: what one rule suggests is asked of the others before it is told. Pure.

A newer release that the image's own linker configuration would spare may still meet the hook of the node's toolkit, and
a variable that gets past the hook helps nothing where the driver is too old. So each remedy is made on paper, and the
rules are asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from packaging.version import InvalidVersion, Version

from vllm_qualify import catalogue
from vllm_qualify.core.records import Finding
from vllm_qualify.core.remedies import Change, ChangeKind, Remedy, told
from vllm_qualify.preflight.question import Question
from vllm_qualify.registry.oci_image import ImageFacts

HOOK = "features.disable-cuda-compat-lib-hook"
"""The switch of the toolkit's configuration; a change of the node by this name can be made on paper."""
_NEWEST_OF_BRANCH = "999.99"

Judge = Callable[[Question], Sequence[Finding]]


def consistent(question: Question, findings: Sequence[Finding], judge: Judge) -> tuple[Finding, ...]:
    """The same findings without the remedies that another rule of the same question makes pointless.

    Args:
        question: that they answer.
        findings: all of them.
        judge: gives the findings of a question as they are before this.
    """
    known: dict[Remedy, dict[str, bool] | None] = {}

    def left(remedy: Remedy) -> dict[str, bool] | None:
        if remedy not in known:
            changed = _made(question, remedy)
            known[remedy] = None if changed is None else _stops(judge(changed))
        return known[remedy]

    return tuple(_kept(one, left) if one.blocks and len(one.remedies) > 1 else one for one in findings)


def _kept(finding: Finding, left: Callable[[Remedy], dict[str, bool] | None]) -> Finding:
    every = finding.remedies
    kept = tuple(one for one in every if not any(_outdone(one, by=other, left=left) for other in every))
    return replace(finding, remedies=kept, remedy=told(kept) if finding.remedy == told(every) else finding.remedy)


def _outdone(remedy: Remedy, *, by: Remedy, left: Callable[[Remedy], dict[str, bool] | None]) -> bool:
    """Another remedy leaves less to be done, and the manifest can carry it, or what it spares has no such remedy."""
    mine, theirs = left(remedy), left(by)
    if mine is None or theirs is None or not theirs.keys() < mine.keys():
        return False
    return by.in_manifest or any(mine[id_] for id_ in mine.keys() - theirs.keys())


def _stops(findings: Iterable[Finding]) -> dict[str, bool]:
    """The rules that stand in the way, and whether one surely does whatever the manifest says."""
    return {
        one.id: not one.unverified and not any(remedy.in_manifest for remedy in one.remedies)
        for one in findings
        if one.blocks
    }


def _made(question: Question, remedy: Remedy) -> Question | None:
    """The question once all of it is changed; ``None`` where a change cannot be made on paper."""
    for change in remedy.changes:
        changed = _changed(question, change)
        if changed is None:
            return None
        question = changed
    return question


def _changed(question: Question, change: Change) -> Question | None:
    match change.kind:
        case ChangeKind.DRIVER if change.value:
            return replace(question, node=replace(question.node, driver=f"{change.value}.{_NEWEST_OF_BRANCH}"))
        case ChangeKind.ENVIRONMENT if change.name:
            # A variable without a value is one to drop: an empty one is not the same to everybody who reads it.
            kept = {name: value for name, value in question.manifest.env.items() if name != change.name}
            env = {**kept, change.name: change.value} if change.value else kept
            return replace(question, manifest=replace(question.manifest, env=env))
        case ChangeKind.NODE if change.name == HOOK:
            return replace(question, node=replace(question.node, compat_hook=False))
        case ChangeKind.RELEASE if change.value:
            variant = f"-{question.image.variant}" if question.image.variant else ""
            return _of_tag(question, f"v{change.value}{variant}")
        case ChangeKind.TAG if change.value:
            return _of_tag(question, change.value)
    return None


def _of_tag(question: Question, tag: str) -> Question | None:
    """The same question about another image; what a registry told was of the first one."""
    image = replace(question.image, tag=tag, digest="")
    try:
        release = catalogue.find(image.release or Version("0"))
    except InvalidVersion:
        return None
    return replace(question, image=image, release=release, registry=ImageFacts()) if release else None
