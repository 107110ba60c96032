"""What was measured of the decode rate, and what it was measured under; made by ``targets.candidate``. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from vllm_qualify.checks.comparison.conditions import Conditions
from vllm_qualify.checks.token_counters import TokenCounters
from vllm_qualify.checks.warm_up import WarmUp
from vllm_qualify.client.exchanges import StreamSample
from vllm_qualify.gpu.reading import GpuReading


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedRounds:
    """What was measured of the decode rate, and what it was measured under.

    Attributes:
        rounds: the measured streams, round by round, the warm-up not among them.
        counters: from ``growth``; without content where the server shows none.
        warm_up: what was asked before; ``None`` where nobody looked.
        idle: the GPU before anything was asked; ``None`` where nobody looked.
        looks: the GPU after each round.
        foreign_processor: share of the processors that others took meanwhile; ``None`` where nobody looked.
    """

    rounds: Sequence[Sequence[StreamSample]]
    counters: TokenCounters = field(default_factory=TokenCounters)
    warm_up: WarmUp | None = None
    idle: GpuReading | None = None
    looks: tuple[GpuReading, ...] = ()
    foreign_processor: float | None = None

    @property
    def samples(self) -> list[StreamSample]:
        """All streams in their order."""
        return [sample for one in self.rounds for sample in one]

    def conditions(self, *, expected: int) -> Conditions:
        """What the rates were measured under, for whoever compares them.

        Args:
            expected: the tokens that were ours; the server's others were somebody else's.
        """
        generated = self.counters.generated
        shares = [share for sample in self.samples if (share := _lag_share(sample)) is not None]
        told = Conditions(
            foreign_processor=self.foreign_processor,
            foreign_tokens=None if not generated else max(0.0, 1 - expected / generated),
            lag=max(shares, default=None),
        )
        return told.with_gpu([self.idle] if self.idle else [], self.looks)


def _lag_share(sample: StreamSample) -> float | None:
    """The client's lag over the time between two tokens."""
    rate = sample.decode_rate
    return sample.lag.p99 * rate if sample.lag is not None and rate is not None else None
