"""Reads a log of any size in bounded memory: passes over what says nothing, and hands the rest to the reader."""

from __future__ import annotations

import importlib
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from vllm_qualify.diagnosis import logs
from vllm_qualify.diagnosis.reader import ALIVE, STARTED, Reader
from vllm_qualify.diagnosis.symptom import Symptom
from vllm_qualify.diagnosis.vocabulary import Vocabulary

_SMALL = 2 * 1024 * 1024
"""Bytes; below that, loading what makes large logs fast would take longer than it saves."""
_BLOCK = 256 * 1024
_LONGEST = 6000
"""Bytes; a longer line is read around the places that matter, its beginning in front of each."""
_LONGEST_JSON = 64 * 1024
_AROUND = 3000
_BEFORE = 200
_PIECES = 50
_BRACE = ord("{")
_LEVEL = re.compile(rb"\b(?:(DEBUG|INFO|WARNING)|ERROR|CRITICAL|FATAL)\b")
_ENGINE = re.compile(rb"EngineCore|Worker|[ /\[](?:core|engine|multiproc_\w+|worker_base|gpu_worker)\.py")
# The one with a quotation mark has a backslash before it in a log of JSON.
_ALIVE = (
    *(re.compile(re.escape(word.encode())) for word in (*ALIVE[:2], STARTED)),
    re.compile(rb'completions HTTP/1\.1\\?" 200'),
)


Found = Sequence[tuple[int, bytes]]
"""Words with the offset at which each stands, in order."""


class Places(Protocol):
    """Where any of many words stands in a block of bytes."""

    def places(self, block: bytes) -> Found:
        """The words in the block."""


class Plain:
    """Searches for each word by itself."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self._words = tuple(words)

    def places(self, block: bytes) -> list[tuple[int, bytes]]:
        """The words in the block with their offsets, in order."""
        return sorted((at, word) for word in self._words for at in _all(block, word))


class Scan:
    """One pass over a log: ``feed`` it blocks of bytes of any size, then ``close`` it."""

    def __init__(self, symptoms: Sequence[Symptom]) -> None:
        self._vocabulary = Vocabulary(symptoms)
        self._reader = Reader(self._vocabulary)
        self._places: Places = Plain(self._vocabulary.words)
        self._rest = b""
        self._number = 1
        self._size = 0
        self._alive = 0
        self._left_out = False

    def feed(self, block: bytes) -> None:
        """Read on.

        Args:
            block: UTF-8, or anything that agrees with it on ASCII; it may end within a line or a character.
        """
        if self._reader.settled:
            return
        before, self._size = self._size, self._size + len(block)
        if before < _SMALL <= self._size:
            self._places = importlib.import_module("vllm_qualify.diagnosis.sieve").Sieve(self._vocabulary.words)
        for start in range(0, len(block), _BLOCK):
            self._more(self._rest + block[start : start + _BLOCK])

    def close(self) -> Reader:
        """Read what is left, a last line without an end, and give what all of it came to."""
        self._read(self._rest)
        self._rest = b""
        return self._reader

    def _more(self, content: bytes) -> None:
        end = content.rfind(b"\n") + 1
        if not end and len(content) > 2 * _BLOCK:
            # A line without an end; what stands across the cut is seen on the other side of it.
            end = len(content) - _AROUND
        self._read(content[:end])
        self._rest = content[end:]

    def _read(self, content: bytes) -> None:
        places, at, self._alive = self._telling(content), 0, -1
        while at < len(content):
            place = at
            if not self._reader.busy(self._number):
                place = self._next(content, at, places)
                start = max(at, content.rfind(b"\n", at, place) + 1)
                self._number += content.count(b"\n", at, start)
                at = start
            if place == len(content):
                break
            at = self._line(content, at, places)
            if self._reader.settled:
                return
            if self._left_out and not self._reader.spent:
                places = self._telling(content)
        self._number += content.count(b"\n", at)

    def _telling(self, content: bytes) -> Found:
        """The words in the block, without those that tell nothing where they stand.

        Those are the words of an INFO or a WARNING, unless they explain a death there as well, and what the server, not
        the engine, said before. Whole lines are judged here, before each is looked at: a log may hold a million.
        """
        warning, spent, found = self._vocabulary.warning, self._reader.spent, []
        self._left_out = False
        for place, word in self._places.places(content):
            start = content.rfind(b"\n", 0, place) + 1
            end = min(start + _BEFORE, place)
            level = _LEVEL.search(content, start, end)
            if content[start] == _BRACE or (word in warning and level is not None and level[1]):
                found.append((place, word))
            elif level is not None and level[1]:
                continue
            elif word in spent and not _ENGINE.search(content, start, end):
                self._left_out = True
            else:
                found.append((place, word))
        return found

    def _next(self, content: bytes, at: int, places: Found) -> int:
        """The next place worth reading; signs of life are, while there is something to be survived."""
        index = bisect_left(places, (at,))
        place = places[index][0] if index < len(places) else len(content)
        if self._reader.waits:
            if self._alive < at:
                found = (pattern.search(content, at) for pattern in _ALIVE)
                self._alive = min((match.start() for match in found if match), default=len(content))
            place = min(place, self._alive)
        return place

    def _line(self, content: bytes, at: int, places: Found) -> int:
        """Read the line that begins here, and tell where the next one does."""
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        here = places[bisect_left(places, (at,)) : bisect_left(places, (end,))]
        if end - at <= (_LONGEST_JSON if content.startswith(b"{", at) else _LONGEST):
            self._look(content[at:end], [word for _, word in here])
        else:
            for piece, word in _pieces(content, at, end, here):
                self._look(piece, word)
        self._number += end < len(content)
        return end + 1

    def _look(self, piece: bytes, words: Sequence[bytes]) -> None:
        if self._reader.spoke and self._idle(piece, words):
            return
        for line in logs.read(self._number, piece.decode("utf-8", "replace")):
            self._reader.take(line, words)

    def _idle(self, line: bytes, words: Sequence[bytes]) -> bool:
        """Tell whether the line is an INFO or a WARNING that explains no death and shows no life."""
        level = _LEVEL.search(line, 0, _BEFORE)
        if level is None or not level[1] or line[:1] == b"{" or not self._vocabulary.warning.isdisjoint(words):
            return False
        return not (self._reader.waits and any(pattern.search(line) for pattern in _ALIVE))


def _pieces(content: bytes, at: int, end: int, here: Found) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    """The parts of a long line that matter, each behind the beginning of the line, which says who wrote it."""
    head = content[at : at + _BEFORE]
    yield content[at : at + _AROUND], tuple(word for place, word in here if place < at + _AROUND - len(word))
    for place, word in here[:_PIECES]:
        yield head + b" " + content[max(at + _BEFORE, place - _AROUND) : min(end, place + _AROUND)], (word,)


def _all(block: bytes, word: bytes) -> Iterator[int]:
    at = block.find(word)
    while at >= 0:
        yield at
        at = block.find(word, at + 1)
