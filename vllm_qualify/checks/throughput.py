"""Judge of the decode rate: tokens per second between the first token and the last. For suite throughput. Pure.

One request at a time, five or more in each of three or more rounds, server-reported tokens, unique prompt heads, after
a warm-up. The rule is that of docs/design.md; a rate means something only on the GPU that its band was written for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vllm_qualify.checks import percent
from vllm_qualify.checks.comparison import series
from vllm_qualify.checks.comparison.conditions import FALLS_BEHIND, Conditions
from vllm_qualify.checks.decoded_rounds import DecodedRounds
from vllm_qualify.checks.token_counters import TokenCounters
from vllm_qualify.checks.warm_up import WarmUp
from vllm_qualify.client.exchanges import StreamSample
from vllm_qualify.config.settings import ThroughputBudget
from vllm_qualify.core import stats
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome

MIN_ROUNDS = 3
MIN_REQUESTS = 5
MAX_CV = 0.05
MAX_CACHED = 0.01
MAX_FOREIGN = 0.01

_VENDOR_WORDS = frozenset({"nvidia", "geforce"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Figures:
    medians: tuple[float, ...]
    rate: float
    interval: stats.Interval
    cv: float

    def __str__(self) -> str:
        return f"{self.rate:.1f} tokens/s (rounds: {self.interval}, CV {percent(self.cv)})"

    @property
    def rising(self) -> bool:
        """The last round was faster than the first by more than noise is allowed to be."""
        return self.medians[-1] > self.medians[0] * (1 + MAX_CV)


def same_gpu(name: str, other: str) -> bool:
    """Tell whether two names mean the same card: NVML says ``NVIDIA GeForce RTX 3060``, people say ``RTX 3060``."""
    return _words(name) == _words(other)


def judge(decoded: DecodedRounds, *, max_tokens: int, band: ThroughputBudget | None, gpu: str = "") -> Judgement:
    """Hold the decode rate against the band of its GPU.

    Args:
        decoded: what was measured.
        max_tokens: what each asked for with ``ignore_eos``, so exactly what each must have brought.
        band: tokens per second and the GPU that they hold for; ``None`` for no band.
        gpu: the card that ran, by NVML; ``""`` for none.
    """
    samples, rounds, counters, warm_up = decoded.samples, decoded.rounds, decoded.counters, decoded.warm_up
    expected = max_tokens * len(samples)
    faults = [said for sample in samples if (said := fault(sample, max_tokens))]
    figures = None if faults else _figures(rounds)
    applies = band is not None and bool(gpu) and same_gpu(band.gpu, gpu)
    if faults:
        outcome, said = Outcome.FAILED, f"{len(faults)} of {len(samples)} streams were faulty; the first: {faults[0]}"
    elif band is None or not applies:
        shown = str(figures) if figures else f"{_too_little(rounds)};"
        outcome, said = Outcome.NOT_APPLICABLE, f"{shown} on {gpu or 'no GPU'}{_elsewhere(band)}"
    elif figures is None:
        outcome, said = Outcome.INCONCLUSIVE, _too_little(rounds)
    else:
        conditions = _Conditions(counters=counters, warm_up=warm_up, expected=expected, late=_late(samples, figures))
        outcome, said = _against_band(figures, band, conditions)
    under = decoded.conditions(expected=expected)
    seen = (
        *_observations(samples, figures, counters, band if applies else None),
        *_warm_up(warm_up),
        *_of_the_machine(under),
    )
    rates = [[rate for sample in one if (rate := sample.decode_rate) is not None] for one in rounds]
    material = {} if faults else series.material({series.DECODE_RATE: rates}, under)
    return Judgement(outcome=outcome, message=said, observations=seen, material=material)


def _of_the_machine(under: Conditions) -> Iterator[Observation]:
    if under.foreign_processor is not None:
        yield Observation(name="foreign-processor", value=under.foreign_processor)
    if under.clock_mhz is not None:
        yield Observation(name="gpu-clock", value=under.clock_mhz, unit="MHz")
        yield Observation(name="gpu-throttled", value=", ".join(under.throttled) or "no")
    if under.foreign_load is not None:
        yield Observation(name="gpu-load-before", value=under.foreign_load)


def fault(sample: StreamSample, max_tokens: int) -> str:
    """What is wrong with a measured stream; ``""`` for nothing."""
    if sample.problems:
        return "; ".join(sample.problems)
    return "" if sample.tokens == max_tokens else f"{sample.tokens} tokens came; expected exactly {max_tokens}"


def _figures(rounds: Sequence[Sequence[StreamSample]]) -> _Figures | None:
    """The figures of all rounds, ``None`` where there are too few requests or their times say nothing."""
    rates = [[sample.decode_rate for sample in one] for one in rounds]
    known = [[rate for rate in one if rate is not None] for one in rates]
    if len(rounds) < MIN_ROUNDS or any(len(one) < MIN_REQUESTS for one in known) or known != rates:
        return None
    medians = [stats.median(one) for one in known]
    every = tuple(rate for one in known for rate in one)
    spread = stats.round_interval(medians)
    # Few and scattered rounds stretch the interval below zero, where no rate can be.
    interval = stats.Interval(low=max(0.0, spread.low), high=spread.high)
    return _Figures(medians=tuple(medians), rate=stats.median(medians), interval=interval, cv=stats.cv(every))


def _too_little(rounds: Sequence[Sequence[StreamSample]]) -> str:
    if len(rounds) < MIN_ROUNDS or any(len(one) < MIN_REQUESTS for one in rounds):
        sizes = ", ".join(str(len(one)) for one in rounds) or "none"
        return f"requests in the rounds: {sizes}; needs at least {MIN_REQUESTS} in each of {MIN_ROUNDS}"
    return "all tokens of a stream came in one read, so there is no time between the first and the last"


def _elsewhere(band: ThroughputBudget | None) -> str:
    return f"; the band of {band.low:g} to {band.high:g} holds for {band.gpu}" if band else "; no band is set"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Conditions:
    """What a rate was measured under: counters, warm-up, the tokens that were ours, and how late the client was."""

    counters: TokenCounters
    warm_up: WarmUp | None
    expected: int
    late: str


def _late(samples: Sequence[StreamSample], figures: _Figures) -> str:
    """How late the client itself was, where it no longer kept up with the server; ``""`` where it did."""
    worst = max((sample.lag.p99 for sample in samples if sample.lag is not None), default=0.0)
    return f"{1000 * worst:.2g} ms (p99)" if worst * figures.rate > FALLS_BEHIND else ""


def _against_band(figures: _Figures, band: ThroughputBudget, measured: _Conditions) -> tuple[Outcome, str]:
    """The first line that holds decides: what may have slowed the server comes before the floor, the rest after it."""
    foreign = (measured.counters.generated or 0.0) - measured.expected
    cached = measured.counters.cached or 0.0
    cold = _unsettled(measured.warm_up)
    doubtful = figures.rate < band.low or figures.cv > MAX_CV
    rules = (
        (
            foreign > MAX_FOREIGN * measured.expected,
            Outcome.INCONCLUSIVE,
            f": someone else used the server, {foreign:.0f} tokens were not ours",
        ),
        (bool(cold) and figures.rising, Outcome.INCONCLUSIVE, f": still rising from round to round, {cold}"),
        (
            bool(measured.late) and doubtful,
            Outcome.INCONCLUSIVE,
            f": the client itself was late by {measured.late}; measure again on a machine with less to do",
        ),
        (figures.interval.high < band.low, Outcome.FAILED, ": below the minimum"),
        (
            figures.cv > MAX_CV,
            Outcome.INCONCLUSIVE,
            f": too noisy, the limit is {percent(MAX_CV)}{f'; {cold}' if cold else ''}",
        ),
        (cached > MAX_CACHED, Outcome.INCONCLUSIVE, f": {percent(cached)} of the prompts came from the prefix cache"),
        (figures.rate < band.low, Outcome.INCONCLUSIVE, ": below the minimum, but within the noise"),
        (figures.rate > band.high, Outcome.WARNED, ": suspect, above the band; check token count, cache and GPU"),
        (figures.interval.low < band.low, Outcome.WARNED, ": marginal, the noise reaches below the minimum"),
        (True, Outcome.PASSED, ""),
    )
    outcome, why = next((outcome, why) for holds, outcome, why in rules if holds)
    return outcome, f"{figures}, band {band.low:g} to {band.high:g} on {band.gpu}{why}"


def _observations(
    samples: Sequence[StreamSample], figures: _Figures | None, counters: TokenCounters, band: ThroughputBudget | None
) -> tuple[Observation, ...]:
    limit = Limit(low=band.low, high=band.high) if band else None
    found = [Observation(name="requests", value=len(samples))]
    if figures is not None:
        found += [
            Observation(name="decode-rate", value=figures.rate, unit="tokens/s", limit=limit),
            Observation(name="decode-rate-low", value=figures.interval.low, unit="tokens/s"),
            Observation(name="decode-rate-high", value=figures.interval.high, unit="tokens/s"),
            Observation(name="cv", value=figures.cv, limit=Limit(high=MAX_CV) if band else None),
        ]
    found += _times(samples)
    if counters.cached is not None:
        found.append(Observation(name="prefix-cache-hits", value=counters.cached, limit=Limit(high=MAX_CACHED)))
    if counters.generated is not None:
        found.append(Observation(name="tokens-by-server", value=counters.generated, unit="tokens"))
    return tuple(found)


def _unsettled(warm_up: WarmUp | None) -> str:
    if warm_up is None or warm_up.settled:
        return ""
    return f"the rate had not settled after {warm_up.requests} requests of warm-up"


def _warm_up(warm_up: WarmUp | None) -> tuple[Observation, ...]:
    if warm_up is None:
        return ()
    return (
        Observation(name="warm-up-requests", value=warm_up.requests),
        Observation(name="warm-up-settled", value=warm_up.settled),
    )


def _times(samples: Sequence[StreamSample]) -> list[Observation]:
    first = [sample.first_token_seconds for sample in samples if sample.first_token_seconds is not None]
    rates = [sample.end_to_end_rate for sample in samples if sample.end_to_end_rate is not None]
    found = []
    if first:
        found.append(Observation(name="first-token-median", value=stats.median(first), unit="s"))
        found.append(Observation(name="first-token-max", value=max(first), unit="s"))
    if rates:
        found.append(Observation(name="end-to-end-rate", value=stats.median(rates), unit="tokens/s"))
    lags = [sample.lag.p99 for sample in samples if sample.lag is not None]
    if lags:
        found.append(Observation(name="client-lag-p99", value=1000 * max(lags), unit="ms"))
    counted = all(chunk.tokens is not None for sample in samples for chunk in sample.chunks)
    return [*found, Observation(name="tokens-counted-per-chunk", value=counted)] if samples else found


def _words(name: str) -> list[str]:
    return [word for word in name.casefold().split() if word not in _VENDOR_WORDS]
