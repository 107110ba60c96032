"""Small pieces of text that several rules share. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_THREADS = re.compile(r"(?P<repository>[\w.-]+/[\w.-]+)(?P<numbers>#\d+(?:, ?#\d+)*)", re.ASCII)


def spelt(version: tuple[int, ...]) -> str:
    """``(12, 8)`` as 12.8."""
    return ".".join(map(str, version))


def listed(names: Iterable[str], *, most: int = 6) -> str:
    """Names in a row, the first of them if there are many."""
    every = sorted(names)
    more = f" and {len(every) - most} more" if len(every) > most else ""
    return ", ".join(every[:most]) + more


def sources(*texts: str) -> str:
    """Sources in a row, each once; the threads of one repository stand together: ``vllm-project/vllm#1, #2``."""
    found: dict[str, list[str]] = {}
    for part in (part.strip() for text in texts for part in text.split(";") if part.strip()):
        threads = _THREADS.fullmatch(part)
        name, numbers = (threads["repository"], threads["numbers"].split(",")) if threads else (part, [])
        known = found.setdefault(name, [])
        known += [one for one in map(str.strip, numbers) if one not in known]
    return "; ".join(f"{name}{', '.join(numbers)}" for name, numbers in found.items())
