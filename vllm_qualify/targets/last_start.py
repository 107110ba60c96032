"""Production's last start, as its own log tells: how long it took, and the lines of it. Pure; for both targets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

_READY = ("Application startup complete", "Uvicorn running on")
_AFTER = timedelta(seconds=10)


def seconds(log: Sequence[str], *, started: datetime | None) -> float | None:
    """From the start of its container until it served; ``None`` where the log does not tell.

    Args:
        log: its lines, each with its time.
        started: when its container was started, with a time zone.
    """
    line = next((line for line in reversed(log) if any(words in line for words in _READY)), "")
    at = _stamp(line)
    if at is None or started is None:
        return None
    took = (at - started).total_seconds()
    return took if took > 0 else None


def lines(log: Sequence[str], *, started: datetime | None) -> tuple[str, ...]:
    """What was printed in that start; what callers asked since then, which a log may quote, is nobody's business.

    Args:
        log: its lines, each with its time.
        started: when its container was started; a log may go back to earlier lives.
    """
    took = seconds(log, started=started)
    if took is None or started is None:
        return ()
    end = started + timedelta(seconds=took) + _AFTER
    stamped = ((_stamp(line), line) for line in log)
    return tuple(line for at, line in stamped if at is not None and started <= at <= end)


def _stamp(line: str) -> datetime | None:
    """The time before a line, with its zone; ``None`` where there is none."""
    try:
        at = datetime.fromisoformat(line.partition(" ")[0])
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
