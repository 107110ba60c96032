"""What is known of the candidate's image; what the registry tells of it outranks the catalogue. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TypeVar

from packaging.version import Version

from vllm_qualify.catalogue import Compat, Fact, Variant, cuda_drivers
from vllm_qualify.catalogue.cuda_drivers import Cuda
from vllm_qualify.core.records import Certainty
from vllm_qualify.core.rules import weakest
from vllm_qualify.preflight import repositories
from vllm_qualify.preflight.question import Question
from vllm_qualify.preflight.repositories import RepositoryKind

Value = TypeVar("Value")

HOST_LIBRARIES = "/usr/lib/x86_64-linux-gnu"
# Where the driver of the host appears in a container: on Debian and Ubuntu, elsewhere, and on arm64.
_HOST_FOLDERS = frozenset({HOST_LIBRARIES, "/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/lib/aarch64-linux-gnu"})
_SUFFIX = re.compile(r"cu(\d\d)(\d)(?:-.*)?", re.ASCII)
_TRUE = frozenset({"1", "true", "True", "TRUE"})
_USUAL_PATH = "/usr/local/nvidia/lib64:/usr/local/cuda/lib64"
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})(?:\.\d{1,6})*", re.ASCII)
# A step of the image's history that puts the compatibility library first, and one that undoes it.
_SETS_COMPAT = re.compile(r">>?\s*/etc/ld\.so\.conf\.d/[^\s/]*cuda-compat\.conf")
_DROPS_COMPAT = re.compile(r"\brm\b(?:(?!\brm\b)[^;&|])*/etc/ld\.so\.conf\.d/[^\s/]*cuda-compat\.conf")


def variant(question: Question) -> Variant | None:
    """The catalogue's image with this tag; ``None`` where the release, or an image with this suffix, is not known."""
    return question.release.image.find(question.image.variant) if question.release else None


def official(question: Question) -> bool:
    """It is the project's own image, or a copy by the same name, so that the catalogue's facts are about it."""
    return repositories.name(question.image) in {RepositoryKind.OWN, RepositoryKind.COPY}


def cuda(question: Question) -> Fact[Cuda] | None:
    """The CUDA of the image; ``None`` where nobody knows."""
    match = _VERSION.match((question.registry.env or {}).get("CUDA_VERSION", ""))
    if match:
        return Fact(
            value=(int(match[1]), int(match[2])), certainty=Certainty.CERTAIN, source="CUDA_VERSION of the image"
        )
    known = variant(question)
    if known is not None:
        return _own(
            question, Fact(value=_cuda(known.cuda.value), certainty=known.cuda.certainty, source=known.cuda.source)
        )
    suffix = _SUFFIX.fullmatch(question.image.variant)
    if suffix:
        return Fact(
            value=(int(suffix[1]), int(suffix[2])), certainty=Certainty.PROBABLE, source="the suffix of the tag"
        )
    return None


def compat(question: Question) -> Fact[Compat] | None:
    """What the image does with the compatibility library; ``None`` where nobody knows."""
    for step in reversed(question.registry.history):
        if _DROPS_COMPAT.search(step):
            return Fact(value=Compat.TRANSIENT, certainty=Certainty.PROBABLE, source="the image's history")
        if _SETS_COMPAT.search(step):
            return Fact(value=Compat.PERSISTENT, certainty=Certainty.CERTAIN, source="the image's history")
    return _own(question, question.release.image.compat) if question.release else None


def compat_driver(question: Question) -> Fact[str] | None:
    """The driver version of the compatibility library in the image; ``None`` where nobody knows."""
    known = cuda(question)
    library = cuda_drivers.compat_of(known.value) if known else None
    return replace(library, certainty=weakest(known.certainty, library.certainty)) if known and library else None


def arch_list(question: Question) -> Fact[tuple[str, ...]] | None:
    """The compute capabilities that the image was built for; ``None`` where nobody knows."""
    words = (question.registry.env or {}).get("TORCH_CUDA_ARCH_LIST", "").replace(";", " ").split()
    if words:
        return Fact(value=tuple(words), certainty=Certainty.CERTAIN, source="TORCH_CUDA_ARCH_LIST of the image")
    known = variant(question)
    return _own(question, known.arch_list) if known else None


def host_first(question: Question) -> bool:
    """``LD_LIBRARY_PATH`` puts the driver of the host before everything that the image brings."""
    for folder in (question.env.get("LD_LIBRARY_PATH") or "").split(":"):
        if folder.rstrip("/") in _HOST_FOLDERS:
            return True
        if "compat" in folder:
            return False
    return False


def compat_first(question: Question) -> bool:
    """``LD_LIBRARY_PATH`` puts the compatibility library first."""
    return "compat" in (question.env.get("LD_LIBRARY_PATH") or "") and not host_first(question)


def compat_enabled(question: Question) -> bool:
    """``VLLM_ENABLE_CUDA_COMPATIBILITY`` asks for the compatibility library, which images since 0.17 obey."""
    return question.env.get("VLLM_ENABLE_CUDA_COMPATIBILITY") in _TRUE


def override(question: Question) -> str:
    """The value of ``LD_LIBRARY_PATH`` under which the driver of the host is taken, whatever the image brings."""
    given = question.env.get("LD_LIBRARY_PATH") or _USUAL_PATH
    others = [folder for folder in given.split(":") if folder and "compat" not in folder and folder != HOST_LIBRARIES]
    return ":".join((HOST_LIBRARIES, *others))


def _own(question: Question, fact: Fact[Value]) -> Fact[Value]:
    """A fact of the catalogue, which is about the project's own images; of others it is a guess."""
    if repositories.name(question.image) is RepositoryKind.OWN:
        return fact
    if official(question):
        return replace(fact, certainty=weakest(fact.certainty, Certainty.PROBABLE))
    source = f"the project's own image of this release ({fact.source})"
    return Fact(value=fact.value, certainty=Certainty.POSSIBLE, source=source)


def _cuda(version: Version) -> Cuda:
    return (version.major, version.minor)
