"""An exception as a log tells it: its kind, its whole message, and the frames that led to it."""

from __future__ import annotations

from dataclasses import dataclass

from vllm_qualify.diagnosis.logs import Line


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
