"""Reads a log of any size in bounded memory: passes over what says nothing, and hands the rest to the reader."""

from __future__ import annotations

import importlib
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from vllm_qualify.diagnosis import logs, tracebacks
from vllm_qualify.diagnosis.reader import ALIVE, ENDED, STARTED, Reader
from vllm_qualify.diagnosis.symptom import Symptom

_SMALL = 2 * 1024 * 1024
"""Bytes; below that, loading what makes large logs fast would take longer than it saves."""
_BLOCK = 256 * 1024
_LONGEST = 64 * 1024
"""Bytes; a longer line is read around the places that matter, its beginning in front of each."""
_AROUND = 3000
_BEFORE = 200
_PIECES = 50
_LEVEL = re.compile(rb"\b(?:(DEBUG|INFO|WARNING)|ERROR|CRITICAL|FATAL)\b")
_TRACEBACK = tracebacks.BEGIN.encode()
_ENGINE = re.compile(rb"EngineCore|Worker|[ /\[](?:core|engine|multiproc_\w+|worker_base|gpu_worker)\.py")
# The one with a quotation mark has a backslash before it in a log of JSON.
_ALIVE = (
    *(re.compile(re.escape(word.encode())) for word in (*ALIVE[:2], STARTED)),
    re.compile(rb'completions HTTP/1\.1\\?" 200'),
)


class Places(Protocol):
    """Where any of many words may stand in a block of bytes, in order."""

    def places(self, block: bytes) -> list[int]:
        """Offsets in order; each word in the block covers one."""


class Plain:
    """Searches for each word by itself."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self._words = tuple(words)

    def places(self, block: bytes) -> list[int]:
        """Offsets in order, one for each word in the block."""
        return sorted({at for word in self._words for at in _all(block, word)})


class Scan:
    """One pass over a log: ``feed`` it blocks of bytes of any size, then ``close`` it."""

    def __init__(self, symptoms: Sequence[Symptom]) -> None:
        self._reader = Reader(symptoms)
        self._words = words(symptoms)
        self._warning = tuple({word.encode() for symptom in symptoms if symptom.warns for word in symptom.anchors})
        self._places: Places = Plain(self._words)
        self._rest = b""
        self._number = 1
        self._size = 0
        self._alive = 0

    def feed(self, block: bytes) -> None:
        """Read on.

        Args:
            block: UTF-8, or anything that agrees with it on ASCII; it may end within a line or a character.
        """
        if self._reader.settled:
            return
        before, self._size = self._size, self._size + len(block)
        if before < _SMALL <= self._size:
            self._places = importlib.import_module("vllm_qualify.diagnosis.sieve").Sieve(self._words)
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
        places, at, self._alive = self._places.places(content), 0, -1
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
        self._number += content.count(b"\n", at)

    def _next(self, content: bytes, at: int, places: Sequence[int]) -> int:
        """The next place worth reading; signs of life are, while there is something to be survived."""
        index = bisect_left(places, at)
        place = places[index] if index < len(places) else len(content)
        if self._reader.waits:
            if self._alive < at:
                found = (pattern.search(content, at) for pattern in _ALIVE)
                self._alive = min((match.start() for match in found if match), default=len(content))
            place = min(place, self._alive)
        return place

    def _line(self, content: bytes, at: int, places: Sequence[int]) -> int:
        """Read the line that begins here, and tell where the next one does."""
        end = content.find(b"\n", at)
        end = len(content) if end < 0 else end
        if end - at <= _LONGEST:
            index = bisect_left(places, at)
            self._look(content[at:end], plain=index == len(places) or places[index] >= end)
        else:
            for piece in _pieces(content, at, end, places):
                self._look(piece, plain=False)
        self._number += end < len(content)
        return end + 1

    def _look(self, piece: bytes, *, plain: bool) -> None:
        if self._reader.spoke and self._idle(piece):
            return
        for line in logs.read(self._number, piece.decode("utf-8", "replace")):
            self._reader.take(line, plain=plain)

    def _idle(self, line: bytes) -> bool:
        """Tell whether a closer look at the line is not worth it.

        Not worth it are an INFO or a WARNING, unless it explains a death or shows that there was none, and one more
        error that the server handles.
        """
        level = _LEVEL.search(line, 0, _BEFORE)
        if level is None or line[:1] == b"{":
            return False
        if level[1] is None:
            return self._reader.tired and _TRACEBACK in line and not _ENGINE.search(line)
        for word in self._warning:
            if word in line:
                return False
        return not (self._reader.waits and any(pattern.search(line) for pattern in _ALIVE))


def words(symptoms: Sequence[Symptom]) -> tuple[bytes, ...]:
    """All that a line may be worth reading for; a word that holds another one is found with that."""
    all_ = {word for symptom in symptoms for word in symptom.anchors} | {tracebacks.BEGIN, *ENDED}
    kept = (word for word in all_ if not any(other != word and other in word for other in all_))
    return tuple(sorted(word.encode() for word in kept))


def _pieces(content: bytes, at: int, end: int, places: Sequence[int]) -> Iterator[bytes]:
    if end - at <= _LONGEST:
        yield content[at:end]
        return
    head = content[at : at + _BEFORE]
    yield content[at : at + _AROUND]
    first = bisect_left(places, at + _AROUND)
    for place in places[first : bisect_left(places, end)][:_PIECES]:
        yield head + b" " + content[max(at + _BEFORE, place - _AROUND) : min(end, place + _AROUND)]


def _all(block: bytes, word: bytes) -> Iterator[int]:
    at = block.find(word)
    while at >= 0:
        yield at
        at = block.find(word, at + 1)
