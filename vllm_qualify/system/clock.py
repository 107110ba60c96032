"""The clock of deadlines, outages and locks: seconds that pass while the machine is suspended, too. Used everywhere.

A laptop that slept for an hour kept production away for that hour, and lost its lock in it; ``time.monotonic`` would
know nothing of it, since Linux stops that clock in suspend (clock_gettime(2)).
"""

from __future__ import annotations

import time

_CLOCK = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


def seconds() -> float:
    """Seconds since some moment of the past; they never go back, and a step of the wall clock leaves them alone."""
    return time.clock_gettime(_CLOCK)
