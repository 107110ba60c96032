"""Tracebacks in a log of several processes that write at once: which line belongs to which, and where each ends."""

from __future__ import annotations

import re
import sys
from collections import deque
from dataclasses import dataclass, field, replace

from vllm_qualify.diagnosis.exceptions import Frame, RootException
from vllm_qualify.diagnosis.logs import Line

BEGIN = "Traceback (most recent call last)"
_LONGEST_FRAMES = 2000
"""Lines; a traceback that is longer was cut off, or is none."""
_MOST_FRAMES = 24
"""Frames that are kept of each part, the innermost ones."""
_LONGEST_CODE = 200
MOST_LINES = 40
"""Lines of an exception's message that are kept, such as those of a validation error or of a compiler."""
LONGEST_MESSAGE = 4000
_FRAME = re.compile(r"\s*File \"(?P<file>[^\"]{1,500})\", line (?P<line>\d{1,7}), in (?P<function>.{1,200})")
_MARKS = re.compile(r"[\s^~]+$")
_NAMED = re.compile(
    r"(?P<kind>(?=[A-Za-z_])[\w.<>]{0,200}(?:Error|Exception|Interrupt|Exit|NotFound|Failed|Enabled)\w{0,60}"
    r"(?:\([\w.]{1,80}\))?)(?::|\s*$)"
)
# Any name of a class; other text looks like that, so it counts only directly behind a frame. The names of modules
# stand before all but those that are built in.
_CLASS = re.compile(
    r"(?P<kind>(?:(?:[A-Za-z_]\w{0,60}|<locals>)\.){1,12}[A-Za-z_]\w{0,60}|[A-Z][a-z\d]{1,40}[A-Z]\w{0,60}|Warning)(?::|\s*$)"
)
_CHAINED = re.compile(r"During handling of the above exception|The above exception was the direct")
_CONSEQUENCE = "The above exception was the direct"
_GROUP = "ExceptionGroup"
# Lines that are no part of the message above them, though nothing else tells whose they are.
_ELSEWHERE = re.compile(
    r"Process \S{1,100}:\s*$|(?:Killed|Aborted|Terminated|Segmentation fault|Bus error)\b|Exception ignored in|"
    r"terminate called|Fatal Python error|\*\*\* |nanobind: |usage: |Exception in thread |\S{0,200}: line \d{1,6}: "
)
# They only say that another process or the user ended this one, whatever the reason.
_HOLLOW = re.compile(
    r"(?:[\w.]{0,200}\.)?(?:CalledProcessError|CancelledError|SystemExit|KeyboardInterrupt|EOFError|BrokenPipeError"
    r"|ConnectionResetError|ProcessRaisedException|GeneratorExit)\b|.{0,200}Connection (?:closed|reset) by peer"
)
_SERVES = re.compile(
    r"run_asgi|run_endpoint_function|create_(?:(?:chat_)?completion|embedding|pooling|score|classify|responses|messages"
    r"|transcription|translation|speech|tokenize|detokenize)\b|(?:chat_)?completion_(?:full|stream)_generator"
    r"|_?preprocess_(?:chat|completion)|(?:safe_)?apply_(?:hf_|mistral_)?chat_template|render_messages(?:_async)?"
)
"""Functions of the server that answer one request, and log what is raised within them: it ends nothing else.

Those of uvicorn, of FastAPI, and of vLLM (entrypoints/openai/serving_chat.py and its neighbours, chat_utils.py).
"""


@dataclass(slots=True)
class _Named:
    """An exception whose message grows line by line."""

    line: Line
    kind: str
    frames: tuple[Frame, ...]
    message: list[str]
    left: int = LONGEST_MESSAGE

    def add(self, text: str) -> None:
        if self.left > 0 and len(self.message) < MOST_LINES:
            self.message.append(text[: self.left])
            self.left -= len(text) + 1


@dataclass(slots=True)
class Traceback:
    """A traceback as it grows, with those that are chained to it; mutable, because its lines come one by one.

    Attributes:
        begun: its first line.
        phase: what the engine did when it began, by what it had logged; ``""`` where it had logged nothing.
        ended: the exception was named; what follows is its message.
        request: a request was being answered, which is all that the exception ended.
        last: the number of its last line so far.
        quoting: the message of its exception holds frames, behind which another exception may stand.
        functions: that were running, of all parts, the outermost first; each once.
    """

    begun: Line
    phase: str = ""
    ended: bool = False
    request: bool = False
    left: int = _LONGEST_FRAMES
    last: int = 0
    chained: bool = False
    quoting: bool = False
    functions: dict[str, None] = field(default_factory=dict)
    _keeps: bool = False
    _frames: deque[Frame] = field(default_factory=lambda: deque(maxlen=_MOST_FRAMES))
    _record: tuple[str, str] = ("", "")
    _named: _Named | None = None

    @property
    def over(self) -> bool:
        """Nothing more belongs to it."""
        return self.left <= 0

    @property
    def exception(self) -> RootException | None:
        """What it names; ``None`` while it is not there.

        Of a chain it is the exception that the others follow from, or the last one where an exception only came up
        while another was handled.
        """
        named = self._named
        if named is None:
            return None
        message = "\n".join(named.message).strip()
        return RootException(kind=named.kind, message=message, frames=named.frames, line=named.line)

    @property
    def cut(self) -> RootException | None:
        """What is there of one that breaks off before its exception: the frames, and the line that begins it."""
        if self._named is not None:
            return None
        return RootException(kind="", message="", frames=tuple(self._frames), line=self.begun)

    @property
    def framed(self) -> bool:
        """Its last line was one of its frames; the exception may come next."""
        return not self.ended and bool(self._frames)

    def holds(self, line: Line) -> bool:
        """The next line of this process is part of it; several threads may write at once, each by a logger."""
        if not self.ended or self._named is None:
            return not self._frames or _record(line) == self._record
        return _record(line) == self._record and (self.chained or not _ELSEWHERE.match(line.text))

    def names(self, line: Line) -> bool:
        """That line named its exception."""
        return self._named is not None and self._named.line is line

    def take(self, line: Line) -> bool:
        """Take the next line of this process; tell whether it is part of the message rather than of the frames."""
        self.left -= 1
        self.last = line.number
        if self.quoting and self._named is not None:
            self._named.add(line.text.rstrip())
        if frame := _FRAME.match(line.text):
            self._enter(frame, line)
            return False
        if not self.ended:
            self._code(line)
            return self._exception(line) or self.quoting
        if _CHAINED.match(line.text):
            self.chained = True
            self._keeps = line.text.startswith(_CONSEQUENCE)
            self.left = MOST_LINES
        elif self._named is not None and not self.chained and not self.quoting:
            self._named.add(line.text.rstrip())
        return True

    def goes_on_with(self, line: Line) -> bool:
        """A line that begins a traceback begins another part of this one, or is the message of its exception."""
        if not self.ended:
            if self._frames and (line.text[:1].isspace() or self._kind(line)):
                self.take(line)
                return True
        elif not self.chained and not line.text.startswith("Original "):
            return False
        self._again(line)
        return True

    def _again(self, line: Line) -> None:
        self.ended = self.chained = self.quoting = False
        self._frames.clear()
        self.left, self.last = _LONGEST_FRAMES, line.number

    def _enter(self, frame: re.Match[str], line: Line) -> None:
        if self.ended and self._named is not None:
            # The message quotes the traceback of another process, as those of Ray do, or of the user's code.
            self._named.add(line.text.rstrip())
            self._again(line)
            self.quoting, self.left = True, MOST_LINES
        function = sys.intern(frame["function"].strip())
        self._record = _record(line)
        self._frames.append(Frame(file=sys.intern(frame["file"]), line=int(frame["line"]), function=function))
        self.request = self.request or _SERVES.fullmatch(function) is not None
        if len(self.functions) < _LONGEST_FRAMES:
            self.functions[function] = None

    def _code(self, line: Line) -> None:
        """Keep the source line below a frame."""
        if line.text[:1].isspace() and self._frames and not self._frames[-1].code and not _MARKS.match(line.text):
            self._frames[-1] = replace(self._frames[-1], code=line.text.strip()[:_LONGEST_CODE])

    def _kind(self, line: Line) -> re.Match[str] | None:
        return _NAMED.match(line.text) or (_CLASS.match(line.text) if self._frames else None)

    def _exception(self, line: Line) -> bool:
        if line.text[:1].isspace():
            return False
        match = self._kind(line)
        if match is None:
            return False
        if self._named is None or not self._keeps:
            self._named = _Named(line=line, kind=match["kind"], frames=tuple(self._frames), message=[])
            self._named.add(line.text[match.end() :].strip())
        self.ended, self.left, self._record = True, MOST_LINES, _record(line)
        # Of a group the exceptions within it follow, each with a traceback of its own.
        self.chained, self.quoting = match["kind"].endswith(_GROUP), False
        return True


def _record(line: Line) -> tuple[str, str]:
    """What all lines of one message of a logger have in common; in JSON the level alone may stand there."""
    # One that was raised is no warning of a logger.
    level = "" if line.level == "WARNING" and warning(line) else line.level
    return line.stamp, level


def begins(line: Line) -> bool:
    """The line begins a traceback."""
    return BEGIN in line.text


def frame(line: Line) -> bool:
    """The line is a frame of a traceback, whose beginning may have been cut off."""
    return _FRAME.match(line.text) is not None


def warning(line: Line) -> bool:
    """The line has the form of a warning that was raised as an exception, which looks like one that was printed."""
    return line.stamp == "" and _CLASS.match(line.text) is not None


def hollow(exception: RootException) -> bool:
    """The exception says only that something else ended."""
    return _HOLLOW.match(exception.line.text) is not None
