"""How long the processors of a machine were at work, and for whom. Pure; read by ``system.processors``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessorTimes:
    """One look at the processors of the machine that an engine runs on; all times in seconds.

    Attributes:
        at: when, on a monotonic clock.
        processors: how many there are.
        busy: what all of them have worked since the machine was started.
        own: what of it was for this process and its descendants, engines among them.
    """

    at: float
    processors: int
    busy: float
    own: float

    def foreign_since(self, before: ProcessorTimes) -> float | None:
        """The share of the machine, 0 to 1, that others took since an earlier look; ``None`` where no time passed."""
        capacity = (self.at - before.at) * self.processors
        if capacity <= 0:
            return None
        # A descendant that ended unseen takes its time out of what is our own.
        foreign = (self.busy - before.busy) - max(0.0, self.own - before.own)
        return min(1.0, max(0.0, foreign / capacity))
