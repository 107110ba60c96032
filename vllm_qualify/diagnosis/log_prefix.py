"""Judges a line by its beginning, before it is read: who wrote it, and how grave it is. Called by the scan of a log."""

from __future__ import annotations

import re

from vllm_qualify.diagnosis import logs, tracebacks
from vllm_qualify.diagnosis.reader import Reader
from vllm_qualify.diagnosis.seen_often import SeenOften

HEAD = 200
"""Bytes of a line in which process and level stand."""
_CALM = re.compile(rb"DEBUG|INFO|WARNING")
_BEGIN = tracebacks.BEGIN.encode()
_ENGINE = re.compile(rb"EngineCore|Worker|[ /\[](?:core|engine|multiproc_\w+|worker_base|gpu_worker)\.py")
_BRACE = ord("{")
_JSON_CALM = re.compile(rb'"(?:level|levelname|severity)"\s{0,9}:\s{0,9}"(?i:debug|info|warning)"')
_JSON_GRAVE = re.compile(
    rb'"(?:level|levelname|severity)"\s{0,9}:\s{0,9}(?!"(?i:debug|info|warning)"|\s)'
    rb"|\b(?:ERROR|CRITICAL|FATAL|[EF]\d{4} \d)"
)
_SHAPE = bytes.maketrans(b"123456789", b"000000000")
"""Lines that differ in their numbers alone are of one shape."""
_LONGEST = 1000
_MOST = 4096


class LogPrefixes:
    """The words that say nothing more in a line, by its writer; mutable, because it remembers the shapes of lines.

    A log may hold a million lines of one shape, so each shape is judged once.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._shapes: dict[bytes, SeenOften] = {}

    def of(self, content: bytes, place: int) -> SeenOften:
        """What counts in the line that the place is in; what stands behind the place says nothing, but in JSON."""
        start = content.rfind(b"\n", 0, place) + 1
        json = content[start] == _BRACE
        end = _end(content, place) if json else place
        head = content[start : end if json or end < start + HEAD else start + HEAD]
        shape = head.translate(_SHAPE)
        seen = self._shapes.get(shape)
        if seen is None:
            seen = self._judged(shape, calm=_json_calm(shape) if json else calm(shape))
            if len(shape) <= _LONGEST:
                self._remember(shape, seen)
        return seen

    def _judged(self, shape: bytes, *, calm: bool) -> SeenOften:
        if calm:
            return self._reader.calm
        return self._reader.engine if _ENGINE.search(shape) else self._reader.server

    def _remember(self, shape: bytes, seen: SeenOften) -> None:
        if len(self._shapes) >= _MOST:
            self._shapes.clear()
        self._shapes[shape] = seen


def _end(content: bytes, place: int) -> int:
    end = content.find(b"\n", place)
    return len(content) if end < 0 else end


def calm(head: bytes) -> bool:
    """The beginning of a line holds the level of an INFO or a WARNING, where the format of a log puts it."""
    return _CALM.search(head) is not None and logs.calm(head.decode("latin-1"))


def _json_calm(line: bytes) -> bool:
    """All levels that are named are those of an INFO or a WARNING; they may stand anywhere in the line.

    A collector may call everything an INFO that was printed, tracebacks included.
    """
    return _JSON_CALM.search(line) is not None and not _JSON_GRAVE.search(line) and _BEGIN not in line
