"""Small pieces of text that several rules share. Pure."""

from __future__ import annotations

from collections.abc import Iterable


def spelt(version: tuple[int, ...]) -> str:
    """``(12, 8)`` as 12.8."""
    return ".".join(map(str, version))


def listed(names: Iterable[str], *, most: int = 6) -> str:
    """Names in a row, the first of them if there are many."""
    every = sorted(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more
