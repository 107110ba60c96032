"""For which GPUs the parts of an image were compiled: vLLM's own kernels, and torch's. Pure.

Compiled code runs on the minor releases of its major compute capability from its own on; the integrated GPUs of
NVIDIA's boards take their own alone (CUDA's programming guide, binary compatibility). PTX runs on everything later,
once the driver has compiled it. Either part missing ends in error E09, so both are asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from packaging.version import Version

from vllm_qualify.catalogue import Fact, Release, gpu_models
from vllm_qualify.catalogue.gpu_models import Capability
from vllm_qualify.core.records import Certainty
from vllm_qualify.core.rules import weakest
from vllm_qualify.preflight import image
from vllm_qualify.preflight.question import Question

_ARCH = re.compile(r"(\d{1,2})\.(\d)([af]?)(\+PTX)?", re.ASCII)
# Orin, Thor and their elders: no other code than their own runs on them.
_INTEGRATED = frozenset({(5, 3), (6, 2), (7, 2), (8, 7), (10, 1), (11, 0)})


class GpuCode(Enum):
    """What an image has for a GPU."""

    COMPILED = "compiled"
    PORTABLE = "portable"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodePart:
    """One part of an image that brings code for GPUs.

    Attributes:
        name: as a sentence names it.
        archs: the compute capabilities that it was built for.
    """

    name: str
    archs: Fact[tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFailure:
    """An image that was seen to fail on GPUs that it was built for."""

    first: Version
    last: Version
    above: Capability
    below: Capability
    certainty: Certainty
    said: str
    source: str


def fitting(archs: Sequence[str], own: Capability) -> GpuCode:
    """What code of these builds does on a GPU."""
    portable = False
    for match in filter(None, map(_ARCH.fullmatch, archs)):
        arch = (int(match[1]), int(match[2]))
        exact = match[3] == "a" or own in _INTEGRATED or arch in _INTEGRATED
        if arch == own or (not exact and arch[0] == own[0] and arch <= own):
            return GpuCode.COMPILED
        portable |= bool(match[4]) and not match[3] and arch <= own
    return GpuCode.PORTABLE if portable else GpuCode.NONE


def parts(question: Question) -> Iterator[CodePart]:
    """The parts of the image that are known."""
    own = image.arch_list(question)
    if own is not None:
        yield CodePart(name="vLLM's kernels", archs=own)
    cuda = image.cuda(question)
    torch = _torch(question.release, cuda.value[0] if cuda else 0) if question.release else None
    if torch is not None and not image.official(question):
        # Who derives an image may put another torch in.
        torch = replace(torch, certainty=weakest(torch.certainty, Certainty.POSSIBLE))
    if torch is not None:
        yield CodePart(name="torch", archs=torch)


def failure(question: Question) -> KnownFailure | None:
    """What was seen to fail on this GPU although it was built for it; ``None`` where nothing was."""
    release, own = question.release, question.node.compute_capability
    if release is None or own is None or not image.official(question):
        return None
    return _failed(release, own)


def default_fits(release: Release, own: Capability) -> bool:
    """The default image of a release is compiled for a GPU, and was not seen to fail on it."""
    default = release.image.default
    torch = _torch(release, default.cuda.value.major)
    lists = (default.arch_list, torch) if torch else (default.arch_list,)
    return all(fitting(one.value, own) is GpuCode.COMPILED for one in lists) and _failed(release, own) is None


def _failed(release: Release, own: Capability) -> KnownFailure | None:
    return next(
        (one for one in _failures() if one.first <= release.version <= one.last and one.above <= own < one.below), None
    )


def _torch(release: Release, cuda: int) -> Fact[tuple[str, ...]] | None:
    """The last span that holds for the release and its major release of CUDA."""
    found = [
        fact for span, least, fact in _spans() if span[0] <= release.version <= span[1] and (not least or cuda >= least)
    ]
    return found[-1] if found else None


@cache
def _file() -> Any:
    text = (Path(__file__).with_name("data") / "torch_archs.json").read_text(encoding="utf-8")
    return json.loads(text)


@cache
def _spans() -> tuple[tuple[tuple[Version, Version], int, Fact[tuple[str, ...]]], ...]:
    return tuple(
        (
            _span(one["in"]),
            int(one.get("cuda", 0)),
            Fact(value=tuple(one["archs"].split()), certainty=Certainty(one["certainty"]), source=one["source"]),
        )
        for one in _file()["spans"]
    )


@cache
def _failures() -> tuple[KnownFailure, ...]:
    return tuple(
        KnownFailure(
            first=_span(one["in"])[0],
            last=_span(one["in"])[1],
            above=gpu_models.capability(one["from"]) or (0, 0),
            below=gpu_models.capability(one.get("until", "")) or (999, 0),
            certainty=Certainty(one["certainty"]),
            said=one["said"],
            source=one["source"],
        )
        for one in _file()["failed"]
    )


def _span(text: str) -> tuple[Version, Version]:
    first, dots, last = text.partition("..")
    return Version(first), Version(last or ("9999" if dots else first))
