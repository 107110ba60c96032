"""Finds the few places of a large log that are worth reading: where one of many words stands.

Searching for each word by itself reads a log two hundred times. Every word of eleven bytes or more covers eight bytes
that begin at a multiple of four, wherever it stands, and every word of five covers four that begin at an even place; so
those are looked up in a table instead, all at once, and only what is found there is compared with the word.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

SHORTEST = 5
"""Bytes of a word; every pattern's words are longer."""
_FREQUENT = frozenset(b" etaoinsrhldcu")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(48)
_LONG = 11
_MANY = 24
"""Places in one block; of more, those where the word cannot stand are sorted out all at once."""

Offsets = np.ndarray


class MultiSearch:
    """Tells where any of its words stands in a block of bytes; each has ``SHORTEST`` bytes at least."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self._words = sorted(words)
        numbered = list(enumerate(self._words))
        self._tables = (
            _Table([(number, word) for number, word in numbered if len(word) < _LONG], width=4, step=2),
            _Table([(number, word) for number, word in numbered if len(word) >= _LONG], width=8, step=4),
        )

    def places(self, block: bytes) -> list[tuple[int, bytes]]:
        """The words in the block with their offsets, in order."""
        keys = [at * len(self._words) + number for table in self._tables for number, at in table.places(block)]
        if not keys:
            return []
        every = np.sort(np.concatenate(keys))
        places, numbers = np.divmod(every[np.diff(every, prepend=-1) > 0], len(self._words))
        return list(zip(places.tolist(), map(self._words.__getitem__, numbers.tolist()), strict=True))


class _Table:
    """The parts of numbered words that may stand at a multiple of ``step``, each ``width`` bytes."""

    def __init__(self, words: Iterable[tuple[int, bytes]], *, width: int, step: int) -> None:
        self._width = width
        self._step = step
        self._words: dict[int, list[tuple[int, bytes, int]]] = {}
        for number, word in words:
            rarest = _rarest(word, width + step - 1)
            for at in range(rarest, rarest + step):
                part = int.from_bytes(word[at : at + width], "little")
                self._words.setdefault(part, []).append((number, word, at))
        self._parts = np.array(sorted(self._words), dtype=f"<u{width}")
        self._table = np.zeros(1 << 16, dtype=np.bool_)
        self._table[_hashed(self._parts)] = True

    def places(self, block: bytes) -> Iterator[tuple[int, Offsets]]:
        """The numbers of the words in the block with their offsets, in no order."""
        if not len(self._parts):
            return
        for start in range(0, self._width, self._step):
            count = max(0, len(block) - start) // self._width
            parts = np.frombuffer(block, dtype=self._parts.dtype, offset=min(start, len(block)), count=count)
            maybe = np.flatnonzero(self._table[_hashed(parts)])
            found = parts[maybe]
            nearest = np.minimum(np.searchsorted(self._parts, found), len(self._parts) - 1)
            sure = self._parts[nearest] == found
            at, kinds = maybe[sure] * self._width + start, found[sure]
            for part in set(kinds.tolist()):
                places = at[kinds == part]
                for number, word, offset in self._words[part]:
                    yield number, _standing(block, word, places - offset)


def _standing(block: bytes, word: bytes, places: Offsets) -> Offsets:
    """Those of the places where the word stands; of many, two letters are compared first, which leaves few."""
    if len(places) > _MANY:
        content = np.frombuffer(block, dtype=np.uint8)
        places = places[(places >= 0) & (places <= len(block) - len(word))]
        for at in (0, len(word) - 1):
            places = places[content[places + at] == word[at]]
    stands = [place >= 0 and block.startswith(word, place) for place in places.tolist()]
    return places[np.array(stands, dtype=np.bool_)]


def _rarest(word: bytes, length: int) -> int:
    """Where the part of the word begins that stands in the fewest other texts, by its letters."""
    return max(
        range(len(word) - length + 1), key=lambda at: sum(byte not in _FREQUENT for byte in word[at : at + length])
    )


def _hashed(parts: np.ndarray) -> np.ndarray:
    return ((parts * _MULTIPLIER) >> _SHIFT).view(np.int64)
