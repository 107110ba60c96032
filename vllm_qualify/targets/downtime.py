"""How long production is away, and how long it may be, the way back included; for the transaction around it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from vllm_qualify.checks.production import Restoration, TransactionEnd
from vllm_qualify.targets.base import OutOfTime

_RETURN_SECONDS = 60.0
"""What production is thought to need to serve again where its own last start does not tell."""
_MARGIN = 1.25
_OVERHEAD_SECONDS = 15.0
"""On the way back the candidate has to end, and production to be proven, beside its own start."""


class Downtime:
    """The time that production is away; mutable, because it begins.

    Args:
        most_seconds: how long it may be, the way back included.
        clock: seconds, as ``system.clock`` counts them.

    Attributes:
        began_at: wall-clock time, UTC, at which production was taken down; ``None`` while it serves.
    """

    def __init__(self, *, most_seconds: float, clock: Callable[[], float]) -> None:
        self._most_seconds = most_seconds
        self._clock = clock
        self._return_seconds = _RETURN_SECONDS
        self._began: float | None = None
        self.began_at: datetime | None = None

    def expect(self, return_seconds: float | None) -> None:
        """Reckon the way back by what production's last start took; ``None`` where that is not known."""
        self._return_seconds = _MARGIN * (return_seconds or _RETURN_SECONDS) + _OVERHEAD_SECONDS

    def begin(self) -> None:
        """Production goes away now."""
        self._began, self.began_at = self._clock(), datetime.now(UTC)

    def seconds(self) -> float | None:
        """How long production has been away; ``None`` when it never was."""
        return None if self._began is None else self._clock() - self._began

    def ended(self, restoration: Restoration, *, hint: str) -> TransactionEnd:
        """The end of the transaction, with what it took and was allowed."""
        away, limit = self.seconds(), self._most_seconds
        return TransactionEnd(
            restoration=restoration, away_seconds=away, away_from=self.began_at, limit_seconds=limit, hint=hint
        )

    def remaining_seconds(self) -> float:
        """How long a candidate may still be tried, so that production is back in time."""
        return self._most_seconds - (self.seconds() or 0.0) - self._return_seconds

    def refuse_late(self) -> None:
        """Let nothing more be tried when production has to come back.

        Raises:
            OutOfTime: it has.
        """
        if self.remaining_seconds() <= 0:
            raise OutOfTime(
                f"time is up: production may be down for {self._most_seconds:g} s in total, of which restoring it "
                f"takes about {self._return_seconds:.0f} s; raise --max-downtime to try more"
            )
