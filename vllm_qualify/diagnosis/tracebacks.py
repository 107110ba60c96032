"""Tracebacks in a log of several processes that write at once: which line belongs to which, and where each ends."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vllm_qualify.diagnosis.logs import Line

BEGIN = "Traceback (most recent call last)"
_LONGEST_FRAMES = 2000
"""Lines; a traceback that is longer was cut off, or is none."""
_MESSAGE = 12
"""Lines behind the exception that may belong to its message, such as those of a validation error."""
_FRAME = re.compile(r"\s*File \"[^\"]{1,500}\", line \d{1,7}, in ")
_EXCEPTION = re.compile(
    r"(?P<kind>[A-Za-z_][\w.]{0,200}(?:Error|Exception|Interrupt|Exit|NotFound|Failed|Enabled)\w{0,60}"
    r"(?:\([\w.]{1,80}\))?)(?::|\s*$)"
)
_CHAINED = re.compile(r"During handling of the above exception|The above exception was the direct")
_CONSEQUENCE = "The above exception was the direct"
# They only say that another process or the user ended this one, whatever the reason.
_HOLLOW = re.compile(
    r"(?:[\w.]{0,200}\.)?(?:CalledProcessError|CancelledError|SystemExit|KeyboardInterrupt|EOFError|BrokenPipeError"
    r"|ConnectionResetError|ProcessRaisedException|GeneratorExit)\b|.{0,200}Connection (?:closed|reset) by peer"
)


@dataclass(slots=True)
class Traceback:
    """A traceback as it grows, with those that are chained to it; mutable, because its lines come one by one.

    Attributes:
        source: the process that writes it.
        engine: that is an engine core or a worker.
        number: of its first line.
        exception: the line that names the exception; of a chain the one that the others follow from, or the last one
            where an exception only came up while another was handled. ``None`` while it is not there.
        ended: the exception was named; what follows is its message.
    """

    source: str
    engine: bool
    number: int
    exception: Line | None = None
    ended: bool = False
    left: int = _LONGEST_FRAMES
    last: int = 0
    chained: bool = False
    root: bool = False

    @property
    def over(self) -> bool:
        """Nothing more belongs to it."""
        return self.left <= 0

    def take(self, line: Line) -> bool:
        """Take the next line of this process; tell whether it is part of the message rather than of the frames."""
        self.left -= 1
        self.last = line.number
        if not self.ended:
            return self._frame_or_exception(line)
        if _CHAINED.match(line.text):
            self.chained = True
            self.root = line.text.startswith(_CONSEQUENCE)
            self.left = _MESSAGE
        return True

    def goes_on_with(self, line: Line) -> bool:
        """A line that begins a traceback begins another part of this one."""
        if self.ended and not self.chained:
            return False
        self.ended = self.chained = False
        self.left, self.last = _LONGEST_FRAMES, line.number
        return True

    def _frame_or_exception(self, line: Line) -> bool:
        if line.text[:1].isspace() or not _EXCEPTION.match(line.text):
            return False
        if self.exception is None or not self.root:
            self.exception = line
        self.ended, self.left = True, _MESSAGE
        return True


def begins(line: Line) -> bool:
    """The line begins a traceback."""
    return BEGIN in line.text


def frame(line: Line) -> bool:
    """The line is a frame of a traceback, whose beginning may have been cut off."""
    return _FRAME.match(line.text) is not None


def hollow(exception: Line) -> bool:
    """The exception says only that something else ended."""
    return _HOLLOW.match(exception.text) is not None
