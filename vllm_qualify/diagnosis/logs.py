"""Reading an engine's log: what a line says without its dress, and where its first traceback ends."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from vllm_qualify.records import LogLine

_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT\S+ ")
_SOURCE = re.compile(r"^\((?P<source>[A-Za-z_]+\w*) (?:pid=\d+|[^)]*)\) ?")
_LEVEL = re.compile(r"^(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)\b:? *(?:\d\d-\d\d \d\d:\d\d:\d\d \[[^\]]*\] ?)?")
_EXCEPTION = re.compile(
    r"^(?P<kind>[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|NotFound|Warning|Failed)\w*): ?(?P<text>.*)"
)
_CALM = frozenset({"DEBUG", "INFO", "WARNING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a log, undressed.

    Attributes:
        number: counted from 1.
        source: the process that wrote it, such as ``EngineCore_DP0``; ``""`` when it does not say.
        level: ``""`` when it does not say.
        text: what is left.
    """

    number: int
    source: str
    level: str
    text: str

    @property
    def calm(self) -> bool:
        """The engine itself thought nothing of it: an INFO or a WARNING is no cause of death."""
        return self.level in _CALM

    @property
    def record(self) -> LogLine:
        """The line as it is shown to people."""
        return LogLine(number=self.number, text=self.text.strip()[:500])


def undress(lines: Iterable[str]) -> tuple[Line, ...]:
    """Take time stamps, colours, process and level off every line."""
    return tuple(_undress(number, line) for number, line in enumerate(lines, start=1))


def _undress(number: int, line: str) -> Line:
    text = _STAMP.sub("", _ANSI.sub("", line))
    source = level = ""
    if match := _SOURCE.match(text):
        source, text = match["source"], text[match.end() :]
    if match := _LEVEL.match(text):
        level, text = match["level"], text[match.end() :]
    return Line(number=number, source=source, level=level, text=text)


def exceptions(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The last line of every traceback, ``ValueError: ...``, in the order in which they stand."""
    inside: set[str] = set()
    found = []
    for line in lines:
        if line.text.startswith("Traceback (most recent call last)"):
            inside.add(line.source)
        elif line.source in inside and _EXCEPTION.match(line.text):
            inside.discard(line.source)
            found.append(line)
    return tuple(found)


def of_engine(line: Line) -> bool:
    """The line was written by an engine core or a worker, not by the API server above them."""
    return line.source.startswith(("EngineCore", "Worker", "VllmWorker", "CoreEngine"))
