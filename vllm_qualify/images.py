"""Image references and the vLLM release that a tag names; read by everything that handles a candidate."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

_NAME = re.compile(
    r"(?P<repository>(?:[a-zA-Z0-9][a-zA-Z0-9.-]*(?::\d+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>[a-z0-9]+:[0-9a-fA-F]{32,}))?"
)
_RELEASE = re.compile(r"v?(?P<version>\d+(?:\.\d+)+(?:(?:\.?post|rc)\d+)?)(?:-(?P<variant>[a-z0-9.-]+))?")


class BadImage(ValueError):
    """A reference that no registry could resolve; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageRef:
    """One image reference, taken apart but never changed.

    Attributes:
        repository: everything before tag and digest, such as ``vllm/vllm-openai``.
        tag: the tag, ``""`` when only a digest is given.
        digest: ``sha256:...``, ``""`` when there is none.
    """

    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.repository}{tag}" + (f"@{self.digest}" if self.digest else "")

    @property
    def short(self) -> str:
        """What a table column or a test id shows: the tag, else the head of the digest."""
        return self.tag or self.digest.partition(":")[2][:12]

    @property
    def release(self) -> Version | None:
        """The vLLM release that the tag names; ``None`` for ``latest``, ``nightly`` or a bare digest."""
        match = _RELEASE.fullmatch(self.tag)
        if match is None:
            return None
        try:
            return Version(match["version"])
        except InvalidVersion:
            return None

    @property
    def variant(self) -> str:
        """The build variant behind the release, such as ``cu129``; ``""`` for the default image."""
        match = _RELEASE.fullmatch(self.tag)
        return (match and match["variant"]) or ""


def parse(text: str) -> ImageRef:
    """Read an image reference.

    Args:
        text: what was written after ``--image``, for example ``vllm/vllm-openai:v0.8.5.post1``.

    Raises:
        BadImage: the text is empty, is no reference, or has neither a tag nor a digest.
    """
    if not text.strip():
        raise BadImage("the image is empty; expected something like vllm/vllm-openai:v0.8.5.post1")
    match = _NAME.fullmatch(text)
    if match is None:
        raise BadImage(f"{text!r} is no image reference; expected NAME:TAG, as in vllm/vllm-openai:v0.8.5.post1")
    if not (match["tag"] or match["digest"]):
        raise BadImage(
            f"{text!r} names no tag, so it would mean :latest, which is another image tomorrow; "
            f"add the tag, as in {text}:v0.8.5.post1"
        )
    return ImageRef(repository=match["repository"], tag=match["tag"] or "", digest=match["digest"] or "")
