"""What a run of a client came to: when it sent each request, and when it read each token. Pure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamped:
    """One stream as its client stamped it; all times are of the clock that the machine's processes share.

    Attributes:
        text: what came; the server writes into each token which of its requests it belongs to.
        sent: when it was sent.
        stamps: when its tokens were read, as many of them as the client keeps.
        first_and_last: only the first and the last one are kept.
    """

    text: str
    sent: float
    stamps: list[float]
    first_and_last: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it is written to a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Stamped:
        """As it was written."""
        return cls(**kept)

    @property
    def request(self) -> int:
        """Which request of the server it was, in the order of arrival."""
        return int(self.text[:5])

    @property
    def tokens(self) -> int:
        """How many came."""
        return len(self.text.split())


def lags(streams: Sequence[Stamped], sends: Sequence[Sequence[float]]) -> list[float]:
    """How much later than it was sent each token was stamped, in seconds."""
    found = []
    for stream in streams:
        sent = sends[stream.request]
        expected = [sent[0], sent[-1]] if stream.first_and_last else sent
        found += [stamp - at for stamp, at in zip(stream.stamps, expected, strict=True)]
    return found


def percentile(values: Sequence[float], share: int) -> float:
    """The percentile, in hundredths."""
    return statistics.quantiles(values, n=100, method="inclusive")[share - 1]


def first_token_ms(streams: Sequence[Stamped]) -> float:
    """Median TTFT: from sending to the first token."""
    return 1000 * statistics.median(stream.stamps[0] - stream.sent for stream in streams)


def per_token_ms(streams: Sequence[Stamped]) -> float:
    """Median TPOT, without the first token: (last - first) / (tokens - 1)."""
    return 1000 * statistics.median((one.stamps[-1] - one.stamps[0]) / (one.tokens - 1) for one in streams)


def throughput(streams: Sequence[Stamped]) -> float:
    """Tokens per second from the first sending to the last token, filling up and draining included."""
    seconds = max(stream.stamps[-1] for stream in streams) - min(stream.sent for stream in streams)
    return sum(stream.tokens for stream in streams) / seconds
