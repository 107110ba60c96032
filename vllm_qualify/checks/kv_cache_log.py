"""How much room an engine's log says there is in its KV cache; for the judges of GPU memory. Pure.

The words are those of vLLM 0.5 to 0.32.0: V1 logs tokens and concurrency on two lines, since 0.32 on one; V0 counts in
blocks (executor_base.py) and tells the concurrency alone. CPU builds use the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TOKENS = re.compile(r"KV cache size: ([\d,]+) tokens")
_CONCURRENCY = re.compile(r"Maximum concurrency for ([\d,]+) tokens per request: ([\d.]+)x")


@dataclass(frozen=True, slots=True, kw_only=True)
class KvCache:
    """The room in a KV cache; ``None`` for what nobody told.

    Attributes:
        tokens: that it holds.
        length: of the longest request, in tokens.
        concurrency: how many requests of that length it holds at once.
    """

    tokens: int | None = None
    length: int | None = None
    concurrency: float | None = None

    @property
    def known(self) -> bool:
        """Something of it was told."""
        return self.tokens is not None or self.concurrency is not None

    def __str__(self) -> str:
        parts = [f"{self.tokens:,} tokens"] if self.tokens is not None else []
        if self.concurrency is not None and self.length is not None:
            parts.append(f"{self.concurrency:g} requests of {self.length:,}")
        return ", ".join(parts) or "its size is not known"


def read(log: Iterable[str]) -> KvCache:
    """What a log says of the last start in it; of several workers, the one with the least room counts."""
    tokens: dict[int, int] = {}
    requests: dict[int, tuple[int, float]] = {}
    start = 0
    for line in log:
        start += "Initializing a V" in line and "LLM engine" in line
        if match := _TOKENS.search(line):
            told = _number(match[1])
            tokens[start] = min(tokens.get(start, told), told)
        if match := _CONCURRENCY.search(line):
            found = _number(match[1]), float(match[2])
            requests[start] = min(requests.get(start, found), found, key=lambda one: one[0] * one[1])
    last = max([*tokens, *requests], default=0)
    length, concurrency = requests.get(last, (None, None))
    return KvCache(tokens=tokens.get(last), length=length, concurrency=concurrency)


def _number(text: str) -> int:
    return int(text.replace(",", ""))
