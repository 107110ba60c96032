"""An exception as a log tells it: its kind, its whole message, and the frames that led to it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vllm_qualify.diagnosis.logs import Line

# What a validator, a compiler or a remote call says before it comes to the point.
_COUNT = re.compile(r"\d{1,4} validation errors? for |ray::")
_INNER = re.compile(r"[A-Za-z_][\w.]{0,100}(?:Error|Exception|Unsupported)(?:\(|: )|.{0,300}\berror: ")
_PYDANTIC = re.compile(r" \[type=\w{1,60}, input")
_FIELD = re.compile(r"[\w.]{1,100}\s*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame of a traceback.

    Attributes:
        file: as the log has it, a whole path most often.
        line: of that file.
        function: that was running.
        code: the source line below it; ``""`` where the log has none.
    """

    file: str
    line: int
    function: str
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RootException:
    """The exception that a process died of.

    Attributes:
        kind: its type as the log has it, such as ``ValueError`` or ``torch.AcceleratorError``.
        message: everything behind the type, its lines joined by line breaks; ``""`` where it has none.
        frames: of the part of the traceback that names it, the outermost first.
        line: of the log that names it.
    """

    kind: str
    message: str
    frames: tuple[Frame, ...] = ()
    line: Line

    @property
    def whole(self) -> str:
        """Type and message, as the log has them."""
        return f"{self.kind}: {self.message}" if self.message else self.kind

    @property
    def headline(self) -> str:
        """The type and the one line of the message that tells most; the code that raised it where there is no text."""
        telling = _telling(self.message)
        if not telling and self.frames and self.frames[-1].code:
            telling = self.frames[-1].code
        return f"{self.kind}: {telling}" if telling else self.kind


def _telling(message: str) -> str:
    """Its first line; where that only announces another one, the exception or the compiler's error among the rest."""
    lines = [line.strip() for line in message.split("\n") if line.strip()] or [""]
    first, rest = lines[0], lines[1:]
    if not rest or not (_COUNT.match(first) or first.endswith(":")):
        return _without_input(first)
    inner = [line for line in rest if _INNER.match(line)]
    point = inner[-1] if inner else _without_input(_with_field(rest))
    return point if _COUNT.match(first) else f"{first} {point}"


def _with_field(lines: list[str]) -> str:
    """The first line that comes to the point; of a validator, behind the field that stands on a line of its own."""
    if len(lines) > 1 and _FIELD.fullmatch(lines[0]):
        return f"{lines[0]}: {lines[1]}"
    return lines[0]


def _without_input(line: str) -> str:
    found = _PYDANTIC.search(line)
    return line[: found.start()] if found else line
