"""How an exchange ends without an answer: records, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

OUR_WAY = "the client in the pod"
"""Begins the detail of a failure that is the harness's own way to the server and not the server's doing."""


class FailureKind(Enum):
    """How an exchange ended without an answer that can be read."""

    CLOSED = "connection closed early"
    DEADLINE = "deadline passed"
    REFUSED = "connection refused"
    RESET = "connection reset"
    TIMEOUT = "no data arrived in time"
    TOO_LARGE = "longer than any expected answer"
    UNREACHABLE = "cannot connect"
    UNREADABLE = "unreadable answer"


class TooLarge(Exception):
    """A server says more than anybody asked for; the message says what and how much. Raised where it is taken in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A transport error as a fact about the candidate."""

    kind: FailureKind
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value} ({self.detail})" if self.detail else self.kind.value
