"""Exchanges an image in scripts, units, quadlets and files of variables: in the line where it really stands. Pure.

Only what is no comment is changed; what else names the old tag is a claim, which the operator has to judge.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from vllm_qualify.core import images
from vllm_qualify.core.images import ImageRef

_COMMENT = re.compile(r"\s*[#;]")
# What may stand right before or behind a reference that is whole.
_BEFORE, _BEHIND = r"(?<![\w./@])", r"(?![\w.@/:-])"
_ASSIGNED = r"(?P<lead>(?:=|:-|:=)[\"']?)"


def with_image(text: str, *, old: str, image: ImageRef) -> str | None:
    """A text with another image wherever it starts or fetches the old one.

    Args:
        text: of the file.
        old: the reference that it starts now.
        image: the new one.

    Returns:
        ``None`` where the old one stands nowhere in a way that could be exchanged.
    """
    whole = _exchanged(text, re.compile(_BEFORE + re.escape(old) + _BEHIND), str(image))
    if whole is not None:
        return whole
    tag, same = tag_of(old), images.repository_of(old) == image.repository
    written = re.compile(_ASSIGNED + re.escape(tag) + _BEHIND)
    return _exchanged(text, written, rf"\g<lead>{tag_and_digest(image)}") if tag and same else None


def with_value(text: str, *, name: str, old: str, new: str) -> str | None:
    """A file of variables with another value of one of them; quotes and comments stay.

    Returns:
        ``None`` where it does not set the variable to the old value.
    """
    line = re.compile(
        rf"(?P<lead>^[ \t]*(?:export[ \t]+)?{re.escape(name)}[ \t]*[=:][ \t]*[\"']?){re.escape(old)}{_BEHIND}"
    )
    return _exchanged(text, line, rf"\g<lead>{new}")


def mentions(text: str, old: Collection[str]) -> Iterator[tuple[int, str]]:
    """The lines that name one of some references or its tag, with their numbers, counted from 1."""
    tags = {tag_of(one) for one in old} - {"", "latest"}
    named = re.compile(
        "|".join([*(rf"(?<![\w.]){re.escape(tag)}(?![\w-]|\.\w)" for tag in tags), *map(re.escape, old)])
    )
    for number, line in enumerate(text.split("\n"), 1):
        if old and named.search(line):
            yield number, line


def tag_of(reference: str) -> str:
    """The tag of a reference; ``""`` for none."""
    return reference.partition("@")[0].rpartition("/")[2].partition(":")[2]


def tag_and_digest(image: ImageRef) -> str:
    """What stands behind the colon of a reference."""
    return str(image).removeprefix(image.repository).removeprefix(":")


def _exchanged(text: str, pattern: re.Pattern[str], new: str) -> str | None:
    after = "".join(_lines(text, pattern, new))
    return None if after == text else after


def _lines(text: str, pattern: re.Pattern[str], new: str) -> Iterator[str]:
    for line in text.splitlines(keepends=True):
        yield line if _COMMENT.match(line) else pattern.sub(new, line)
