"""What a line of a log shows, and what went wrong by it. Filled by the reader, weighed by the choice of the cause."""

from __future__ import annotations

from dataclasses import dataclass, field

from vllm_qualify.diagnosis.exceptions import RootException
from vllm_qualify.diagnosis.logs import Line
from vllm_qualify.diagnosis.symptom import Symptom, Weight
from vllm_qualify.diagnosis.tracebacks import Traceback


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A symptom that a line shows.

    Attributes:
        symptom: which.
        line: that shows it.
        groups: what its pattern caught there.
        framed: the line is a frame of a traceback, not a message.
    """

    symptom: Symptom
    line: Line
    groups: tuple[str, ...] = ()
    framed: bool = False


@dataclass(slots=True, kw_only=True)
class Sign:
    """Something that went wrong: a traceback with what its message shows, or a single line. Grows with its traceback.

    Attributes:
        number: of its first line.
        engine: an engine core or a worker wrote it.
        matches: the symptoms that it shows, in order.
        traceback: ``None`` for a single line.
        echo: the exception only repeats that something died.
        fatal: the process is known to have died of it.
    """

    number: int
    engine: bool
    matches: list[Match] = field(default_factory=list)
    traceback: Traceback | None = None
    echo: bool = False
    fatal: bool = False

    @property
    def exception(self) -> RootException | None:
        """What its traceback names; ``None`` for a single line, and while the traceback names nothing."""
        return self.traceback.exception if self.traceback else None

    @property
    def request(self) -> bool:
        """It ended an answer to a request, not the process."""
        return self.traceback is not None and self.traceback.request and not self.engine

    def first(self, *weights: Weight) -> Match | None:
        """Its first message that shows a symptom of such weight."""
        return next((match for match in self.matches if match.symptom.weight in weights and not match.framed), None)
