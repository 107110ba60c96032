"""Words that say nothing more, so that a log of a million lines like each other is not read line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

ENOUGH = 2000
"""Lines with one word; what a server said more often than that and lived is not what it dies of."""


class SeenOften:
    """The words of which another line of one kind of writer would add nothing; mutable, because a log is long.

    Attributes:
        words: all of them, always the same set.
    """

    def __init__(self, always: Iterable[bytes] = ()) -> None:
        self.words = set(always)
        self._always = set(always)
        self._seen: Counter[bytes] = Counter()

    def add(self, words: Iterable[bytes]) -> None:
        """Another line with these would add nothing, until that is forgotten."""
        self.words.update(words)

    def count(self, word: bytes, *, lines: int = 1) -> None:
        """So many lines with it were read; one that was read often enough is passed over for good."""
        self._seen[word] += lines
        if self._seen[word] >= ENOUGH:
            self._always.add(word)
            self.words.add(word)

    def forget(self) -> None:
        """Begin anew, but for what is passed over for good."""
        self.words.intersection_update(self._always)
