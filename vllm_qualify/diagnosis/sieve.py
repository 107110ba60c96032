"""Finds the few places of a large log that are worth reading: where one of many words stands.

Searching for each word by itself reads a log two hundred times. Every word of eleven bytes or more covers eight bytes
that begin at a multiple of four, wherever it stands, and every word of seven covers four of them; so those are looked
up in a table instead, all at once, and only what is found there is compared with the word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

_STEP = 4
_FREQUENT = frozenset(b" etaoinsrhldcu")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(48)


class Sieve:
    """Tells where any of its words stands in a block of bytes."""

    def __init__(self, words: Iterable[bytes]) -> None:
        kept = tuple(words)
        least = {width: width + _STEP - 1 for width in (_STEP, 2 * _STEP)}
        self._short = tuple(word for word in kept if len(word) < least[_STEP])
        self._tables = (
            _Table((word for word in kept if least[_STEP] <= len(word) < least[2 * _STEP]), width=_STEP),
            _Table((word for word in kept if len(word) >= least[2 * _STEP]), width=2 * _STEP),
        )

    def places(self, block: bytes) -> list[tuple[int, bytes]]:
        """The words in the block with their offsets, in order."""
        places = {(at, word) for word in self._short for at in _all(block, word)}
        for table in self._tables:
            places.update(table.places(block))
        return sorted(places)


class _Table:
    """The parts of words that may stand at a multiple of four, each ``width`` bytes."""

    def __init__(self, words: Iterable[bytes], *, width: int) -> None:
        self._width = width
        self._words: dict[int, list[tuple[bytes, int]]] = {}
        for word in words:
            rarest = _rarest(word, width + _STEP - 1)
            for at in range(rarest, rarest + _STEP):
                part = int.from_bytes(word[at : at + width], "little")
                self._words.setdefault(part, []).append((word, at))
        self._parts = np.array(sorted(self._words), dtype=f"<u{width}")
        self._table = np.zeros(1 << 16, dtype=np.bool_)
        self._table[_hashed(self._parts)] = True

    def places(self, block: bytes) -> Iterator[tuple[int, bytes]]:
        """The words in the block with their offsets, in no order."""
        if not len(self._parts):
            return
        for start in range(0, self._width, _STEP):
            count = max(0, len(block) - start) // self._width
            parts = np.frombuffer(block, dtype=self._parts.dtype, offset=min(start, len(block)), count=count)
            maybe = np.flatnonzero(self._table[_hashed(parts)])
            found = parts[maybe]
            nearest = np.minimum(np.searchsorted(self._parts, found), len(self._parts) - 1)
            sure = self._parts[nearest] == found
            for index, part in zip(maybe[sure].tolist(), found[sure].tolist(), strict=True):
                for word, at in self._words[part]:
                    place = index * self._width + start - at
                    if place >= 0 and block.startswith(word, place):
                        yield place, word


def _rarest(word: bytes, length: int) -> int:
    """Where the part of the word begins that stands in the fewest other texts, by its letters."""
    return max(
        range(len(word) - length + 1), key=lambda at: sum(byte not in _FREQUENT for byte in word[at : at + length])
    )


def _hashed(parts: np.ndarray) -> np.ndarray:
    return ((parts * _MULTIPLIER) >> _SHIFT).view(np.int64)


def _all(block: bytes, word: bytes) -> Iterator[int]:
    at = block.find(word)
    while at >= 0:
        yield at
        at = block.find(word, at + 1)
