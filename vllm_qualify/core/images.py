"""Image references and the vLLM release that a tag names; read by everything that handles a candidate."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.version import Version

from vllm_qualify.core.errors import UserError

# The grammar of the distribution project's reference package. Its one liberty is not taken: a first part with capitals
# and neither dot nor port would be a host there, but is a misspelt repository here.
_HOST = r"(?:localhost|\[[0-9a-fA-F:]+\]|(?=[^/]*[.:])[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?)(?::\d+)?"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_NAME = re.compile(
    rf"(?P<repository>(?:{_HOST}/)?{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?",
    re.ASCII,
)
_EXPECTED = "expected NAME:TAG, such as vllm/vllm-openai:v0.8.5.post1"
_LONGEST_REPOSITORY = 255
_MOST_SHOWN = 100
_POINTS = 2
_RELEASE = re.compile(
    r"v?(?P<version>\d+(?:\.\d+)+(?:[.-]?(?:post|rc)\d+)?)(?:-(?P<variant>[A-Za-z0-9_.-]+))?",
    re.ASCII,
)


class BadImage(UserError, ValueError):
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
        return Version(match["version"]) if match else None

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
        raise BadImage(f"the image is empty; {_EXPECTED}")
    match = _NAME.fullmatch(text)
    if match is None or len(match["repository"]) > _LONGEST_REPOSITORY:
        raise BadImage(f"{shown(text)} is not an image reference{_hint(text)}; {_EXPECTED}")
    if not match["tag"] and (release := _RELEASE.fullmatch(text)):
        raise BadImage(f"{text!r} is only a tag; {_meant(release, text)}")
    if not (match["tag"] or match["digest"]):
        raise BadImage(
            f"{text!r} has no tag, so it would mean :latest, which changes over time; "
            f"add the tag, such as {text}:v0.8.5.post1"
        )
    return ImageRef(repository=match["repository"], tag=match["tag"] or "", digest=match["digest"] or "")


def repository_of(text: str) -> str:
    """A reference without tag and digest, whatever else it is."""
    folder, slash, last = text.partition("@")[0].rpartition("/")
    return folder + slash + last.partition(":")[0]


def release_of(text: str) -> str:
    """The release that the tag of a reference names; ``""`` where it names none, or where the text is no reference."""
    try:
        release = parse(text).release
    except BadImage:
        return ""
    return str(release) if release else ""


def _meant(release: re.Match[str], text: str) -> str:
    """The reference that was meant, in the form in which vLLM's tags are written: three numbers behind a v."""
    if release["version"].count(".") < _POINTS:
        return _EXPECTED
    return f"did you mean vllm/vllm-openai:v{text.removeprefix('v')}?"


def shown(text: str) -> str:
    """A name for a message: in quotes, and cut."""
    return repr(text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}...")


def _hint(text: str) -> str:
    """What is likely to be wrong, for the slips that happen; ``""`` for the others."""
    repository, _, digest = text.partition("@")
    if "://" in text:
        return ": it looks like a URL"
    if text.split() != [text]:
        return ": it contains a space"
    if digest and _NAME.fullmatch(repository):
        return ": its digest must be sha256: and 64 hexadecimal digits"
    if text != text.lower() and _NAME.fullmatch(text.lower()):
        return ": repositories must be lower case"
    return ""
