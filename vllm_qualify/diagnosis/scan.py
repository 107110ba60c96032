"""Reads a log of any size in bounded memory: passes over what says nothing, and hands the rest to the reader."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

from vllm_qualify.diagnosis import log_prefix, logs
from vllm_qualify.diagnosis.keywords import Keywords
from vllm_qualify.diagnosis.log_prefix import HEAD, LogPrefixes
from vllm_qualify.diagnosis.multi_search import MultiSearch
from vllm_qualify.diagnosis.reader import ALIVE, STARTED, Reader
from vllm_qualify.diagnosis.symptom import Symptom

_SMALL = 2 * 1024 * 1024
"""Bytes; below that, making what reads large logs fast would take longer than it saves."""
_BLOCK = 256 * 1024
_LONGEST = 6000
"""Bytes; a longer line is read around the places that matter, its beginning in front of each."""
_LONGEST_JSON = 64 * 1024
_AROUND = 3000
_PIECES = 50
_TYPICAL = 1000
# The one with a quotation mark has a backslash before it in a log of JSON.
_ALIVE = tuple(word.encode() for word in (*ALIVE, ALIVE[-1].replace('"', '\\"'), STARTED))
Found = Sequence[tuple[int, bytes]]
"""Words with the offset at which each stands, in order."""


class Scan:
    """One pass over a log: ``feed`` it blocks of bytes of any size, then ``close`` it."""

    def __init__(self, symptoms: Sequence[Symptom]) -> None:
        self._keywords = _keywords(tuple(symptoms))
        self._reader = Reader(self._keywords)
        self._writers = LogPrefixes(self._reader)
        self._search = MultiSearch(self._keywords.words, large=False)
        self._rest = b""
        self._number = 1
        self._size = 0
        self._found: Found = ()
        self._index = 0
        self._alive: list[int] = []

    def feed(self, block: bytes) -> None:
        """Read on.

        Args:
            block: UTF-8, or anything that agrees with it on ASCII; it may end within a line or a character.
        """
        if self._reader.settled:
            return
        before, self._size = self._size, self._size + len(block)
        if before < _SMALL <= self._size:
            self._search = MultiSearch(self._keywords.words, large=True)
        for start in range(0, len(block), _BLOCK):
            self._more(self._rest + block[start : start + _BLOCK])

    def close(self) -> Reader:
        """Read what is left, a last line without an end, and give what all of it came to."""
        self._read(self._rest)
        self._rest = b""
        self._reader.finish()
        return self._reader

    def _more(self, content: bytes) -> None:
        end = content.rfind(b"\n") + 1
        if not end and len(content) > 2 * _BLOCK:
            # A line without an end; what stands across the cut is seen on the other side of it.
            end = len(content) - _AROUND
        self._read(content[:end])
        self._rest = content[end:]

    def _read(self, content: bytes) -> None:
        self._found, self._index, self._alive = (), 0, [-1] * len(_ALIVE)
        self._found = self._search.places(content)
        at = 0
        while at < len(content):
            place = at
            if not self._reader.busy(self._number):
                place = self._next(content, at)
                start = max(at, content.rfind(b"\n", at, place) + 1)
                self._number += content.count(b"\n", at, start)
                at = start
            if place == len(content):
                break
            at = self._line(content, at)
            if self._reader.settled:
                return
        self._number += content.count(b"\n", at)

    def _next(self, content: bytes, at: int) -> int:
        """The next place worth reading; signs of life are, while there is something to be survived."""
        until = self._lives(content, at) if self._reader.waits else len(content)
        of = self._writers.of
        for index, (place, word) in enumerate(islice(self._found, self._index, None), self._index):
            # What is behind a sign of life may be worth reading again once that was read.
            if place >= until or (place >= at and word not in of(content, place).words):
                self._index = index
                return min(place, until)
        self._index = len(self._found)
        return until

    def _lives(self, content: bytes, at: int) -> int:
        """The next sign of life; each is searched for from where it was found last."""
        for index, word in enumerate(_ALIVE):
            if self._alive[index] < at:
                found = content.find(word, at)
                self._alive[index] = found if found >= 0 else len(content)
        return min(self._alive)

    def _line(self, content: bytes, at: int) -> int:
        """Read the line that begins here, and tell where the next one does."""
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        here = self._here(content, at, end)
        if end - at <= (_LONGEST_JSON if content.startswith(b"{", at) else _LONGEST):
            self._look(content[at:end], [word for _, word in here])
        else:
            for piece, words in _pieces(content, at, end, here):
                self._look(piece, words)
        self._number += end < len(content)
        return end + 1

    def _here(self, content: bytes, at: int, end: int) -> Found:
        """The words of one line that is read; a long one counts for several."""
        here = self._found[bisect_left(self._found, (at,)) : bisect_left(self._found, (end,))]
        for place, word in here:
            self._writers.of(content, place).count(word, lines=1 + (end - at) // _TYPICAL)
        return here

    def _look(self, piece: bytes, words: Sequence[bytes]) -> None:
        if self._reader.spoke and self._idle(piece, words):
            return
        for line in logs.read(self._number, piece.decode("utf-8", "replace")):
            self._reader.take(line, words)

    def _idle(self, line: bytes, words: Sequence[bytes]) -> bool:
        """Tell whether the line is an INFO or a WARNING that explains no death and shows no life."""
        if line[:1] == b"{" or not log_prefix.calm(line[:HEAD]) or not self._keywords.warning.isdisjoint(words):
            return False
        return not (self._reader.waits and any(word in line for word in _ALIVE))


@lru_cache(maxsize=8)
def _keywords(symptoms: tuple[Symptom, ...]) -> Keywords:
    """The words of a table; finding them takes longer than reading a short log."""
    return Keywords(symptoms)


def _pieces(content: bytes, at: int, end: int, here: Found) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    """The parts of a long line that matter, each behind the beginning of the line, which says who wrote it."""
    head = content[at : at + HEAD]
    yield content[at : at + _AROUND], tuple(word for place, word in here if place < at + _AROUND - len(word))
    for place, word in here[:_PIECES]:
        yield head + b" " + content[max(at + HEAD, place - _AROUND) : min(end, place + _AROUND)], (word,)
