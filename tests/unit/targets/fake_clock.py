"""Time for tests of the targets: it passes only while somebody sleeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Clock:
    """Time that passes only while somebody sleeps."""

    now: float = 1000.0
    on_tick: list[Callable[[], None]] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        for tick in self.on_tick:
            tick()
