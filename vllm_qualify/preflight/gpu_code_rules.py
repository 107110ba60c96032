"""Rule of the code in an image: was everything in it compiled for the GPU? Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify import catalogue
from vllm_qualify.catalogue import cuda_drivers, gpu_models
from vllm_qualify.catalogue.gpu_models import Capability
from vllm_qualify.core.records import Certainty, Severity
from vllm_qualify.core.remedies import ChangeKind, Remedy, one_change
from vllm_qualify.core.rules import RuleResult, row, unverified, weakest
from vllm_qualify.preflight import gpu_code, image
from vllm_qualify.preflight.cuda_rules import ASK_THE_DRIVER
from vllm_qualify.preflight.gpu_code import CodePart, GpuCode
from vllm_qualify.preflight.question import Question


def architectures(question: Question) -> Iterator[RuleResult]:
    """P09: all of the image has code for the GPU: compiled for it (else E09), or PTX that the driver compiles (E10)."""
    own = question.node.compute_capability
    if own is None:
        yield _unknown_gpu(question)
        return
    parts = tuple(gpu_code.parts(question))
    fitting = {part: gpu_code.fitting(part.archs.value, own) for part in parts}
    without = [part for part in parts if fitting[part] is GpuCode.NONE]
    portable = [part for part in parts if fitting[part] is GpuCode.PORTABLE]
    if without:
        # Of several, one that is certain is enough.
        yield _none(question, min(without, key=_doubt), own)
    elif (failed := gpu_code.failure(question)) is not None:
        said = f"v{question.release.version if question.release else ''}: {failed.said} (E09)"
        yield RuleResult(
            certainty=failed.certainty,
            actual=said,
            source=failed.source,
            remedies=_other_release(question, own) if failed.certainty is not Certainty.POSSIBLE else (),
            remedy="" if failed.certainty is not Certainty.POSSIBLE else "try it, or use another release",
        )
    elif portable:
        yield _portable(question, portable[0], own)
    elif parts:
        said = "; ".join(f"{part.name} built for {' '.join(part.archs.value)}" for part in parts)
        sure = weakest(*(part.archs.certainty for part in parts))
        said = f"{said}; the GPU is {own[0]}.{own[1]}"
        yield RuleResult(severity=Severity.NOTE, actual=said, certainty=sure, source=_sources(parts))


def _unknown_gpu(question: Question) -> RuleResult:
    """What is said of a GPU whose compute capability is not known: whether its name is one, and whose."""
    name = question.node.gpu
    maker = gpu_models.maker(name)
    if maker not in {"", "NVIDIA"}:
        certainty = Certainty.CERTAIN if image.official(question) else Certainty.PROBABLE
        said = f"{name} is a GPU by {maker}, but the image is for CUDA, so only for NVIDIA GPUs"
        other = one_change(ChangeKind.RELEASE, f"use an image that is built for GPUs by {maker}")
        return RuleResult(certainty=certainty, actual=said, remedies=(other,))
    if not name:
        return unverified("the compute capability of the GPU is not known", ASK_THE_DRIVER)
    near = gpu_models.alike(name)
    hint = f"; did you mean {near.upper()}?" if near else ""
    remedy = (
        "write it as nvidia-smi does, such as NVIDIA GeForce RTX 3060, or give --compute-capability and --gpu-memory"
    )
    return unverified(f"{name!r} is not a known GPU{hint}", remedy)


def _none(question: Question, part: CodePart, own: Capability) -> RuleResult:
    said = (
        f"{part.name} built for {' '.join(part.archs.value)}; the GPU is {own[0]}.{own[1]}; none of its code fits (E09)"
    )
    embedded = question.node.kind == "embedded"
    if embedded:
        said += "; boards with such a GPU need images built for them, which are not in the catalogue"
    return RuleResult(
        certainty=Certainty.POSSIBLE if embedded else part.archs.certainty,
        actual=said,
        source=part.archs.source,
        remedies=_other_release(question, own),
        remedy="use an image from the board's maker, or try it" if embedded else "",
    )


def _portable(question: Question, part: CodePart, own: Capability) -> RuleResult:
    said = (
        f"{part.name} built for {' '.join(part.archs.value)}; the GPU is {own[0]}.{own[1]}; only PTX fits, which the "
        "driver must compile (E10 if it is older than the image's CUDA)"
    )
    severity = Severity.BLOCK if _older_driver(question) else Severity.WARN
    return RuleResult(severity=severity, actual=said, certainty=Certainty.PROBABLE, source=part.archs.source)


def _other_release(question: Question, own: Capability) -> tuple[Remedy, ...]:
    """The nearest release whose default image fits, newer ones first."""
    release = question.release
    if release is None:
        return ()
    every = catalogue.releases()
    newer = [one for one in every if one.version > release.version]
    older = [one for one in reversed(every) if one.version < release.version]
    for one in (*newer, *older):
        if gpu_code.default_fits(one, own):
            text = f"take v{one.version}, which is built for this GPU"
            return (one_change(ChangeKind.RELEASE, text, value=str(one.version)),)
    return ()


def _older_driver(question: Question) -> bool:
    wanted, driver = image.cuda(question), question.node.driver_version
    known = cuda_drivers.cuda_of(driver) if driver else None
    return wanted is not None and known is not None and wanted.value > known.value


def _doubt(part: CodePart) -> int:
    return tuple(Certainty).index(part.archs.certainty)


def _sources(parts: tuple[CodePart, ...]) -> str:
    return "; ".join(dict.fromkeys(part.archs.source for part in parts))


RULES = (row("P09", "no code for this GPU", "the image has code for the GPU", architectures),)
