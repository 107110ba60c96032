"""A batch of exchanges as it is told event by event, by ``_closed_loop``: what is sent, and what came. Pure.

Used by both transports. What is told is kept as it came and read only when the batch is over, so that no stream waits
for another to be parsed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vllm_qualify.client.exchanges import ClientLag
from vllm_qualify.client.failures import Failure, FailureKind, TooLarge

BODY_BYTES = 8 * 1024 * 1024
"""What an answer may be at most; `/metrics`, the longest of those that are asked for, is some 100 kB."""
ROOM_BYTES = 64 * 1024 * 1024
"""What all answers of a batch may be together; 500 streams of 256 tokens are half of it."""


def request(
    method: str,
    url: str,
    *,
    bodies: Sequence[Mapping[str, Any]],
    streams: int,
    headers: Mapping[str, str],
    deadline_seconds: float,
) -> dict[str, Any]:
    """The batch as ``_closed_loop`` takes it; the deadline is that of one exchange."""
    return {
        "method": method,
        "url": url,
        "headers": {**headers, "Content-Type": "application/json"},
        "bodies": [json.dumps(body, ensure_ascii=False) for body in bodies],
        "streams": streams,
        "deadline": deadline_seconds,
        "most": BODY_BYTES,
        "room": ROOM_BYTES,
    }


@dataclass(slots=True)
class Told:
    """What was told of one exchange; mutable because it grows event by event. Times are those of ``Exchange``."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    reads: list[tuple[float, bytes]] = field(default_factory=list)
    ended: bool = False
    seconds: float = 0.0
    sent: float = 0.0
    failure: Failure | None = None
    resent: Failure | None = None

    def take(self, event: Mapping[str, Any]) -> None:
        """Take in one event, its data as bytes."""
        if "data" in event:
            self.reads.append((float(event["at"]), event["data"]))
        elif "status" in event:
            self.status, self.headers = int(event["status"]), {str(k): str(v) for k, v in event["headers"].items()}
        elif "end" in event:
            self.ended, self.seconds, self.sent = True, float(event["end"]), float(event["sent"])
            self.failure, self.resent = _failure(event["failure"]), _failure(event["resent"])


@dataclass(slots=True)
class Batch:
    """What was told of all exchanges, in the order of their bodies, and of the client; mutable because it grows."""

    told: list[Told]
    lag: ClientLag | None = None
    over: bool = False
    kept: int = 0

    def take(self, event: Mapping[str, Any]) -> None:
        """Take in one event, its data as bytes.

        Raises:
            TooLarge: more than `ROOM_BYTES` came.
        """
        if "lag" in event:
            beats, median, p99 = event["lag"]
            self.lag = ClientLag(beats=int(beats), median=float(median), p99=float(p99)) if beats else None
            self.over = True
            return
        self.kept += len(event.get("data", b""))
        if self.kept > ROOM_BYTES:
            raise TooLarge(f"answers of more than {ROOM_BYTES} bytes in all; the rest was not read")
        self.told[int(event["n"])].take(event)

    def lost(self, failure: Failure) -> None:
        """Nothing more will be told: what has no end ended by this."""
        for told in self.told:
            if not told.ended:
                told.ended, told.failure = True, failure


def begun(exchanges: int) -> Batch:
    """A batch of which nothing was told yet."""
    return Batch(told=[Told() for _ in range(exchanges)])


def _failure(told: Sequence[str] | None) -> Failure | None:
    return Failure(kind=FailureKind[told[0]], detail=str(told[1])) if told else None
