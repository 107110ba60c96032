"""What of a document is told where it may have only so many bytes: of everything the most important. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_NOTE_BYTES = 80  # What the note takes that says how much of a part is missing.


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of a document.

    Attributes:
        rank: the part with the lowest is the most important; among equals the earlier one.
        blocks: its text, the most important first; each is told as a whole, or not at all.
    """

    rank: int
    blocks: tuple[str, ...]


def fitting(parts: Sequence[Part], room: int) -> tuple[int, ...]:
    """How many blocks of each part there is room for.

    In rounds: the first block of every part, the most important part first, then the second block of every part. So no
    part goes untold because another one has much to tell.

    Args:
        parts: in the order of the document.
        room: how many bytes all of them may have, line ends included.
    """
    told = [0] * len(parts)
    order = sorted(range(len(parts)), key=lambda index: parts[index].rank)
    for turn in range(max((len(part.blocks) for part in parts), default=0)):
        for index in order:
            # Of a part that lost a block nothing more is told: what follows may lean on it.
            if told[index] != turn or turn >= len(parts[index].blocks):
                continue
            noted = turn == 0 and len(parts[index].blocks) > 1
            size = len(parts[index].blocks[turn].encode()) + 1 + (_NOTE_BYTES if noted else 0)
            if size <= room:
                room -= size
                told[index] += 1
    return tuple(told)
