"""What a measured number is held against. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """What a number is held against; both ends are inside.

    Attributes:
        low: the least; ``None`` leaves that side open.
        high: the most; ``None`` leaves that side open.
    """

    low: float | None = None
    high: float | None = None

    def allows(self, value: float) -> bool:
        """Tell whether the value lies within the limit."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        if self.low is None:
            return "" if self.high is None else f"<= {self.high:g}"
        return f">= {self.low:g}" if self.high is None else f"{self.low:g} to {self.high:g}"
