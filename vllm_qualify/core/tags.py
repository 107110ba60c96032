"""Which tags of a repository are releases in a range, newest first; for runs that look for the newest that qualifies.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import Version

from vllm_qualify.core import images
from vllm_qualify.core.images import BadImage, ImageRef

if TYPE_CHECKING:
    from packaging.specifiers import SpecifierSet

_ARCHITECTURES = {"aarch64": "arm64", "amd64": "amd64", "arm64": "arm64", "x86_64": "amd64"}
_CUDA = re.compile(r"cu(?P<major>\d\d)(?P<minor>\d)", re.ASCII)
_EXPECTED = "expected NAME:RANGE, such as 'vllm/vllm-openai:>=v0.8.5,<0.12', or NAME:* for every release"
_LONGEST_RANGE = 500
_RANGE = re.compile(r"(?P<repository>[^\s<>=!~*]*?)\s*:\s*(?P<range>\*|[<>=!~].*)", re.DOTALL)
_SYSTEM = re.compile(r"ubuntu\d+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRange:
    """Images of one repository whose releases lie in a range.

    Attributes:
        repository: such as ``vllm/vllm-openai``.
        specifier: of versions as PEP 440 has them; empty for every release.
    """

    repository: str
    specifier: SpecifierSet

    def __str__(self) -> str:
        return f"{self.repository}:{self.specifier or '*'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag that names a release.

    Attributes:
        name: as the registry has it, such as ``v0.20.0-cu129``.
        version: of the release.
        variant: what stands behind the release, such as ``cu129``; ``""`` for the default image.
    """

    name: str
    version: Version
    variant: str = ""

    @property
    def architecture(self) -> str:
        """That the tag names, in Go's words: ``amd64`` or ``arm64``; ``""`` where it names none."""
        return next((_ARCHITECTURES[part] for part in self._parts if part in _ARCHITECTURES), "")

    @property
    def cuda(self) -> str:
        """That the tag names, such as ``12.9``; ``""`` where it names none."""
        match = next(filter(None, map(_CUDA.fullmatch, self._parts)), None)
        return f"{match['major']}.{match['minor']}" if match else ""

    @property
    def system(self) -> str:
        """That the tag names, such as ``ubuntu2404``; ``""`` where it names none."""
        return next((part for part in self._parts if _SYSTEM.fullmatch(part)), "")

    @property
    def _parts(self) -> list[str]:
        return self.variant.split("-")


def choose(
    tags: Iterable[str],
    specifier: SpecifierSet,
    *,
    variants: bool = False,
    prereleases: bool = False,
    architecture: str = "amd64",
) -> tuple[Tag, ...]:
    """The tags of releases in a range, newest first; a release's default image before its variants.

    Args:
        tags: as a registry lists them; those that name no release, such as ``latest``, are left out.
        specifier: the range. One that names a pre-release asks for them.
        variants: take in variants too; those for another architecture never.
        prereleases: take in release candidates too.
        architecture: of the node, in Go's words.
    """
    early = prereleases or bool(specifier.prereleases)
    found: dict[tuple[Version, str], Tag] = {}
    # Two spellings of one release are one image; of those, vLLM's own has the v.
    for tag in filter(None, map(read, sorted(set(tags)))):
        fits = specifier.contains(tag.version, prereleases=True) and (early or not tag.version.is_prerelease)
        if fits and (variants or not tag.variant) and tag.architecture in {"", architecture}:
            found[tag.version, tag.variant] = tag
    ordered = sorted(found.values(), key=lambda tag: tag.variant)
    return tuple(sorted(ordered, key=lambda tag: tag.version, reverse=True))


def is_range(text: str) -> bool:
    """What was written after ``--image`` is meant as a range, right or wrong, and not as one image."""
    return _RANGE.fullmatch(text.strip()) is not None


def read(name: str) -> Tag | None:
    """The release that a tag names; ``None`` where it names none."""
    reference = ImageRef(repository="", tag=name)
    return Tag(name=name, version=reference.release, variant=reference.variant) if reference.release else None


def read_range(text: str) -> ImageRange:
    """Read a range of images.

    Args:
        text: what was written after ``--image``, such as ``vllm/vllm-openai:>=v0.8.5``.

    Raises:
        BadImage: it is none; the message says what is wrong with it.
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - few runs name a range.

    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise BadImage(f"{images.shown(text)} is not a range of images; {_EXPECTED}")
    images.parse(f"{match['repository']}:v0")  # What is wrong with the repository is said there.
    written = "" if match["range"] == "*" else match["range"]
    if len(written) > _LONGEST_RANGE:
        raise BadImage(f"{images.shown(text)} has a range of more than {_LONGEST_RANGE} characters; {_EXPECTED}")
    if "===" in written:
        raise BadImage(f"{images.shown(text)} compares versions as text (===), which no tag would match; {_EXPECTED}")
    try:
        return ImageRange(repository=match["repository"], specifier=SpecifierSet(written))
    except InvalidSpecifier as error:
        raise BadImage(f"{images.shown(text)} has a range that cannot be read; {_EXPECTED}") from error
