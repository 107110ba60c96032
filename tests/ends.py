"""Waits for the end of a process that is nobody's child here, by the kernel's own word: no clock is looked at."""

from __future__ import annotations

import os
import select

_SECONDS = 10.0
"""Many times what a signal takes to act; that somebody lives on is known only after it."""


def ended(pid: int, *, seconds: float = _SECONDS) -> bool:
    """Whether a process ends in time; one that nobody has reaped has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], seconds)[0])
    finally:
        os.close(descriptor)
