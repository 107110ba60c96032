"""Reading a log line by line: what a line says without its dress. Called by the scan of a log."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from vllm_qualify.core import foreign
from vllm_qualify.core.records import LogLine

LONGEST = 8192
"""Characters of a line that are looked at; engines print configurations of that size, and no cause is longer."""
_DEEPEST = 8
_INVISIBLE = {0x00: None, 0xFEFF: None}
"""What a log that was truncated while written begins with, and the mark of an encoding."""
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,500}(?:\x07|\x1b\\)?)")
_LEVELS = r"(?:DEBUG|INFO|WARNING|ERROR|CRITICAL|FATAL)"
# What kubelet, container runtimes, compose, journald, Ray and torchrun write before a line of the engine, and what
# loggers of other programs in the same container write before their level.
_DRESS = re.compile(
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?: |$)"
    r"|(?:stdout|stderr) [FP] "
    r"|\[pod/[\w.-]{1,253}/[\w.-]{1,253}\] "
    rf"|(?!{_LEVELS}\b)[\w.-]{{1,128}} +\| "
    rf"|\| (?={_LEVELS}\b)"
    rf"|- [\w.]{{1,128}} - (?={_LEVELS}\b)"
    rf"|\[(?={_LEVELS}[\]|])"
    rf"| {{1,3}}(?={_LEVELS} )"
    rf"|\[?(?:\d\d/\d\d/\d\d )?\d\d:\d\d:\d\d(?:[.,]\d{{1,9}})?\]? (?={_LEVELS}\b)"
    r"|[\w.-]{1,253}:\d{1,10}:\d{1,10} \[\d{1,5}\] NCCL (?=INFO\b)"
    r"| {2,8}\| "
    r"|│ "
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \S{1,253} [\w./@-]{1,128}(?:\[\d{1,10}\])?: "
    r"|\[rank\d{1,5}\]: ?"
    r"|\[Stage-\d{1,3}\] "
    r"|\[\w{1,64}\.py:\d{1,6}\] "
)
_SOURCE = re.compile(
    r"\((?:(?P<source>[A-Za-z_]\w{0,63})(?: \w{1,32}=\w{1,32}){0,4} )?pid=\d{1,10}(?:, ip=[^)]{1,64})?\) ?"
)
_LEVEL = re.compile(
    rf"(?P<level>{_LEVELS})\b(?: +\||:|\])? *"
    r"(?:\d\d-\d\d \d\d:\d\d:\d\d ?)?"
    r"(?:\[(?P<origin>[\w./-]{1,128}):\d{1,6}\] ?|(?P<old>[\w./-]{1,128}\.py):\d{1,6}\] ?)?"
)
_PYTHON_WARNING = re.compile(r"(?:\S{1,300}:\d{1,6}: )?\w{0,40}Warning: ")
_C_LOG = re.compile(r"\[?(?P<letter>[IWEF])\d{4} \d\d:\d\d:\d\d")
_C_LEVELS = {"I": "INFO", "W": "WARNING", "E": "ERROR", "F": "FATAL"}
_CALM = frozenset({"DEBUG", "INFO", "WARNING"})
_ENGINES = ("EngineCore", "Worker", "VllmWorker", "CoreEngine", "RayWorker")
# Releases before the process stood in every line say who wrote it by the file of the logging call alone.
_ENGINE_FILES = frozenset(
    {"core.py", "engine.py", "multiproc_executor.py", "multiproc_worker_utils.py", "worker_base.py", "gpu_worker.py"}
)
_MESSAGES = ("log", "message", "msg", "MESSAGE", "textPayload", "text", "event")
_LEVEL_KEYS = ("level", "levelname", "severity")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a log, undressed.

    Attributes:
        number: counted from 1.
        source: the process that wrote it, such as ``EngineCore_DP0``, or the file that logged it; ``""`` when neither
            is said.
        level: ``""`` when it does not say.
        engine: an engine core or a worker wrote it, not the API server above them.
        stamp: what the logger put before its message, the time and the place of the call; all lines of one message
            have the same. ``""`` for what was printed without a logger.
        text: what is left.
    """

    number: int
    source: str = ""
    level: str = ""
    engine: bool = False
    stamp: str = ""
    text: str = ""

    @property
    def calm(self) -> bool:
        """The engine itself thought nothing of it: an INFO or a WARNING is no cause of death."""
        return self.level in _CALM

    @property
    def record(self) -> LogLine:
        """The line as it is shown to people."""
        return LogLine(number=self.number, text=self.text.strip()[:500])


def read(number: int, line: str) -> Iterator[Line]:
    """The lines that one line of a file holds: one, or those of the message in its JSON.

    Args:
        number: of the line in its file.
        line: without its line break; only the first ``LONGEST`` characters are looked at, in JSON those of each line
            of its message.
    """
    undressed = _undress(Line(number=number, text=_printed(line[:LONGEST])))
    if undressed.text.startswith("{") and line.rstrip().endswith("}"):
        yield from _json(undressed, line.strip())
    else:
        yield undressed


def calm(head: str) -> bool:
    """The beginning of a line says that it is an INFO or a WARNING, by a level where the format of a log puts it.

    The words may stand anywhere else in a line and mean nothing there. A line of JSON is not told by its beginning.
    """
    return _undress(Line(number=0, text=_printed(head))).calm


def _printed(line: str) -> str:
    """The line as a terminal shows it at the end: without colours, the last state of a progress bar."""
    return _TERMINAL.sub("", line).rstrip("\r\n").rpartition("\r")[2].translate(_INVISIBLE)


def _undress(line: Line) -> Line:
    """Peel prefixes off until none is left; the innermost process wrote the line."""
    for _ in range(_DEEPEST):
        text = line.text
        if match := _SOURCE.match(text):
            line = _written_by(line, match["source"] or "Worker", text[match.end() :])
        elif match := _DRESS.match(text):
            line = replace(line, text=text[match.end() :])
        elif not line.level and (match := _LEVEL.match(text)):
            line = _logged(line, match)
        else:
            break
    if not line.level and (match := _C_LOG.match(line.text)):
        return replace(line, level=_C_LEVELS[match["letter"]])
    return replace(line, level="WARNING") if not line.level and _PYTHON_WARNING.match(line.text) else line


def _written_by(line: Line, source: str, text: str) -> Line:
    return replace(line, source=source, engine=source.startswith(_ENGINES), text=text)


def _logged(line: Line, match: re.Match[str]) -> Line:
    origin = (match["origin"] or match["old"] or "").rpartition("/")[2]
    return replace(
        line,
        level=match["level"],
        stamp=match[0],
        source=line.source or origin,
        engine=line.engine or (not line.source and origin in _ENGINE_FILES),
        text=line.text[match.end() :],
    )


def _json(outer: Line, text: str) -> Iterator[Line]:
    """The message of a log in JSON, as container runtimes and structured loggers write it."""
    content = foreign.json_mapping(text[text.find("{") :])
    message = next((content[key] for key in _MESSAGES if isinstance(content.get(key), str)), None)
    if message is None:
        yield outer
        return
    level = str(next((content[key] for key in _LEVEL_KEYS if content.get(key)), outer.level)).upper()
    for part in message.rstrip("\n").split("\n")[:1000]:
        inner = _undress(replace(outer, text=_printed(part[:LONGEST])))
        yield inner if inner.level or level not in _CALM | {"ERROR", "CRITICAL"} else replace(inner, level=level)
