"""How long production's last start took, as its own log tells; for the time that the way back will take. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

_READY = ("Application startup complete", "Uvicorn running on")


def seconds(log: Sequence[str], *, started: datetime | None) -> float | None:
    """From the start of its container until it served; ``None`` where the log does not tell.

    Args:
        log: its lines, each with its time.
        started: when its container was started, with a time zone.
    """
    line = next((line for line in reversed(log) if any(words in line for words in _READY)), "")
    if not line or started is None:
        return None
    try:
        ready = datetime.fromisoformat(line.partition(" ")[0])
        took = (ready - started).total_seconds()
    except (TypeError, ValueError):
        return None
    return took if took > 0 else None
