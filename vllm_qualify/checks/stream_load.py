"""Many streams at once: how they are asked, and the figures of their steady part. For suite throughput.

Closed loop: each stream sends its next request when its last one has ended, so that as many are under way all the time.
The steady part begins when every stream has brought its first token, and ends when the first one has nothing more to
send: filling up and draining are no throughput (``docs/reference/measurements.md``). Works on any client; no clock.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Protocol

from vllm_qualify.checks import prompts, token_counters
from vllm_qualify.checks.prompts import ManyClient, Workload
from vllm_qualify.checks.token_counters import TokenCounters
from vllm_qualify.client.exchanges import ChatRequest, ClientLag, StreamSample

REQUESTS_EACH = 4
"""Of each stream; on an RTX 3060 they take some 20 s in all."""
SLICES = 6
"""Into which the steady part is cut: the rate of each is one measurement, as a round is of the decode rate."""
_SWEPT_EACH = 2
_WARM_UP_TOKENS = 16
_REFUSALS = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})


class LoadClient(ManyClient, Protocol):
    """The part of a client that is needed here."""

    def metrics(self) -> dict[str, float]:
        """The sums of ``/metrics`` by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamLoad:
    """What so many streams at once brought.

    Attributes:
        streams: how many.
        samples: in the order in which they were asked.
        counters: how far the server's own counters went meanwhile.
        foreign_processor: share of the processors that others took meanwhile; ``None`` where nobody looked.
    """

    streams: int
    samples: tuple[StreamSample, ...]
    counters: TokenCounters = field(default_factory=TokenCounters)
    foreign_processor: float | None = None

    @property
    def first_tokens(self) -> list[float]:
        """TTFT of each request that has one, in seconds."""
        return [at for sample in self.samples if (at := sample.first_token_seconds) is not None]

    @property
    def inter_tokens(self) -> list[float]:
        """ITL: the time before each piece after the first, over the tokens that it brought, in seconds."""
        return [gap for sample in self.samples for gap in _gaps(sample)]

    @property
    def lag(self) -> ClientLag | None:
        """Of the client meanwhile."""
        return self.samples[0].lag if self.samples else None

    @property
    def seconds(self) -> float:
        """From the first request to the end of the last one."""
        return max((sample.sent + sample.seconds for sample in self.samples), default=0.0)

    @property
    def steady(self) -> tuple[float, float] | None:
        """From when until when all streams were decoding, in seconds; ``None`` where they never were."""
        if not self.samples:
            return None
        # With each end but those of the last requests, one a stream, another one was sent.
        end = sorted(sample.sent + sample.seconds for sample in self.samples)[-min(self.streams, len(self.samples))]
        first = sorted(self.samples, key=lambda sample: sample.sent)[: self.streams]
        begins = [sample.sent + at for sample in first if (at := sample.first_token_seconds) is not None]
        begin = max(begins, default=end)
        return (begin, end) if len(begins) == self.streams and begin < end else None

    def rates(self, slices: int = SLICES) -> list[float]:
        """Tokens per second of all streams, in equal slices of the steady part; none where there is none.

        A slice ends at the last token that came before its edge: streams that decode in step bring their tokens
        together, and an edge between two steps would count one too many or too few.
        """
        if self.steady is None:
            return []
        begin, end = self.steady
        arrivals = sorted(arrival for sample in self.samples for arrival in _arrivals(sample))
        times = [at for at, _ in arrivals]
        sums = [0, *itertools.accumulate(tokens for _, tokens in arrivals)]
        edges = [bisect.bisect_right(times, begin + (end - begin) * place / slices) for place in range(slices + 1)]
        return [
            (sums[after] - sums[before]) / (times[after - 1] - times[before - 1])
            for before, after in itertools.pairwise(edges)
            if times[after - 1] > times[before - 1]
        ]

    def goodput(self, *, first_token_seconds: float, inter_token_seconds: float) -> float:
        """Requests per second that met both limits, TTFT and their mean ITL, over the whole time as vLLM has it."""
        kept = [
            sample
            for sample in self.samples
            if (sample.first_token_seconds or 0.0) <= first_token_seconds
            and (sample.decode_rate or 0.0) * inter_token_seconds >= 1
        ]
        return len(kept) / self.seconds if self.seconds else 0.0


def measure(
    client: LoadClient, work: Workload, *, model: str, streams: int, requests_each: int = REQUESTS_EACH
) -> StreamLoad:
    """Ask so many streams at once, after one short wave of them that counts for nothing."""
    requests = _warmed_up(client, prompts.measured(work, model=model), streams=streams)
    if requests is None:
        # As vLLM 0.10.2 where its V0 engine runs; releases without the parameter ignore it.
        requests = prompts.measured(work, model=model, salted=False)
    before = client.metrics()
    samples = client.many([next(requests) for _ in range(streams * requests_each)], streams=streams)
    return StreamLoad(streams=streams, samples=samples, counters=token_counters.growth(before, client.metrics()))


def sweep(client: LoadClient, work: Workload, *, model: str, most: int) -> Iterator[StreamLoad]:
    """Ask 1, 2, 4, 8 ... streams at once, ``most`` the last; what is wrong ends it, for more streams mend nothing."""
    for streams in _doubled(most):
        load = measure(client, work, model=model, streams=streams, requests_each=_SWEPT_EACH)
        yield load
        if any(sample.problems for sample in load.samples):
            return


def _doubled(most: int) -> Iterator[int]:
    streams = 1
    while streams < most:
        yield streams
        streams *= 2
    yield most


def _warmed_up(client: LoadClient, requests: Iterator[ChatRequest], *, streams: int) -> Iterator[ChatRequest] | None:
    """The requests to go on with; ``None`` where the server refuses them."""
    wave = [replace(next(requests), max_tokens=_WARM_UP_TOKENS) for _ in range(streams)]
    refused = all(sample.status in _REFUSALS for sample in client.many(wave, streams=streams))
    return None if refused else requests


def _arrivals(sample: StreamSample) -> Iterator[tuple[float, int]]:
    """When tokens came, on the time axis of the batch, and how many each time."""
    seen = 0
    for chunk in sample.token_chunks:
        tokens = 1 if chunk.tokens is None else chunk.tokens - seen
        seen += tokens
        yield sample.sent + chunk.at, tokens


def _gaps(sample: StreamSample) -> Iterator[float]:
    for (before, _), (at, tokens) in itertools.pairwise(_arrivals(sample)):
        yield (at - before) / tokens
