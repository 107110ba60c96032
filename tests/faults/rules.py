"""When the proxy does what to a request, and how often it really did. No I/O."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import dataclass
from enum import Enum

_READS = frozenset({"GET"})
_WRITES = frozenset({"DELETE", "POST", "PUT"})
# What a dry run asks for is never carried out, and what runs in a pod is no answer of the API server's.
_REAL = r"^(?!.*dryRun=)(?!.*/(exec|log|proxy)\b)"


class Effect(Enum):
    """What becomes of a request."""

    CONFLICT = "409"
    EXPIRED = "410"
    HANG = "hang"
    RESET = "reset"
    RESET_COMMITTED = "reset after commit"
    STALE = "stale read"
    UNAVAILABLE = "503"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Which requests are met by what.

    Attributes:
        methods: of the requests; empty: all.
        path: pattern that is found in path and query.
        count: how many requests are met; ``None``: as many as come.
        seconds: for how long reads are stale, from the first that is met on; and how long a hanging request is held.
    """

    effect: Effect
    methods: frozenset[str] = frozenset()
    path: str = ""
    count: int | None = 1
    seconds: float = 0.0

    def meets(self, method: str, target: str) -> bool:
        """Whether a request is one of those."""
        return (not self.methods or method in self.methods) and re.search(self.path, target) is not None


# What an API server in trouble does to one client before it is well again. kubectl is given 5 s for an answer.
RULES = {
    Effect.CONFLICT: Rule(effect=Effect.CONFLICT, methods=frozenset({"PUT"}), path=_REAL, count=2),
    Effect.EXPIRED: Rule(effect=Effect.EXPIRED, methods=_READS, path=_REAL, count=2),
    Effect.HANG: Rule(effect=Effect.HANG, path=_REAL, seconds=6.0),
    Effect.RESET: Rule(effect=Effect.RESET, count=2),
    Effect.RESET_COMMITTED: Rule(effect=Effect.RESET_COMMITTED, methods=_WRITES, path=_REAL),
    Effect.STALE: Rule(effect=Effect.STALE, methods=_READS, path=_REAL, count=None, seconds=3.0),
    Effect.UNAVAILABLE: Rule(effect=Effect.UNAVAILABLE, count=3),
}


class Armed:
    """A rule at work; mutable because it counts, under a lock because requests come side by side."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._left = rule.count
        self._hits = 0
        self._lock = threading.Lock()

    @property
    def hits(self) -> int:
        """How many requests really got something else than the truth, in time."""
        return self._hits

    def claim(self, method: str, target: str) -> bool:
        """Whether this request is met; counts it off."""
        with self._lock:
            if self._left == 0 or not self.rule.meets(method, target):
                return False
            self._left = None if self._left is None else self._left - 1
            return True

    def hit(self) -> None:
        """Count a request that really was met."""
        with self._lock:
            self._hits += 1


_WORDS = {
    Effect.CONFLICT: (409, "Conflict", "Operation cannot be fulfilled: the object has been modified"),
    Effect.EXPIRED: (410, "Expired", "The provided continue parameter is too old"),
    Effect.UNAVAILABLE: (503, "ServiceUnavailable", "the server is currently unable to handle the request"),
}


def answer(effect: Effect) -> bytes:
    """What an API server says in that case, as a whole HTTP answer."""
    code, reason, message = _WORDS[effect]
    said = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    body = json.dumps(said | {"message": message, "reason": reason, "code": code}).encode()
    head = f"HTTP/1.1 {code} {reason}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return f"{head}Connection: close\r\n\r\n".encode() + body
