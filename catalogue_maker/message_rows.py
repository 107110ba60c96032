"""How a message stands in a line of its file: by the word that every text of its template must hold.

Written here alone; `vllm_qualify.catalogue.messages` reads it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from vllm_qualify.catalogue.messages import ANCHOR, WORD, Message

_WORDS, _LETTERS = 2, 10
"""What a template must hold to be recognised by its text."""


def to_row(message: Message) -> list[Any]:
    """What `messages.from_line` reads, without the releases; the anchor stands in front."""
    return [
        anchor(message.parts), message.file, message.function, message.kind, message.parts, message.guards,
        message.about, message.depends_on, message.code,
    ]  # fmt: skip


def normalised(text: Sequence[str]) -> tuple[str, ...]:
    """Parts of a text without what a log does to it: every run of blanks is one, and none stands beside a gap."""
    return tuple(" ".join(part.split()) for part in text)


def anchor(parts: Sequence[str]) -> str:
    """The word that a text must hold to come from this template; empty where its own words are too few to tell.

    Args:
        parts: normalised.
    """
    own = [word for part in parts for word in WORD.findall(part)]
    if len(own) < _WORDS or sum(map(len, own)) < _LETTERS:
        return ""
    whole = [word for place in range(len(parts)) for word in _whole(parts, place)]
    return max(whole, key=len, default="")


def _whole(parts: Sequence[str], place: int) -> Iterator[str]:
    """The words of a part that no value beside it can make longer."""
    part = parts[place]
    for found in ANCHOR.finditer(part):
        if (found.start() or not place) and (found.end() < len(part) or place == len(parts) - 1):
            yield found[0]
