"""Judge of many streams at once, and of a sweep over their number. For suite throughput. Pure.

Only a faulty stream fails. How fast a server must be with so many callers nobody can say for all GPUs: the figures are
shown, and held against what runs today by ``checks.comparison``.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any

from vllm_qualify.checks.comparison import series
from vllm_qualify.checks.comparison.conditions import MAX_LAG, Conditions
from vllm_qualify.checks.stream_load import StreamLoad
from vllm_qualify.checks.throughput import fault
from vllm_qualify.config.settings import ThroughputSettings
from vllm_qualify.core import stats
from vllm_qualify.core.records import Judgement, Observation, Outcome

_NO_STEADY_PART = "the streams never ran all at once for long enough to be measured; what came is shown"


def judge(load: StreamLoad, *, max_tokens: int) -> Judgement:
    """Show throughput, TTFT and ITL of many streams at once.

    Args:
        load: what came.
        max_tokens: what each request asked for with ``ignore_eos``, so exactly what each must have brought.
    """
    if failed := _faulty([load], max_tokens):
        return failed
    rates = load.rates()
    seen = (*_rates(rates), *_times(load), *_conditions(load))
    if not rates:
        return Judgement(outcome=Outcome.INCONCLUSIVE, message=_NO_STEADY_PART, observations=seen)
    said = f"{load.streams} streams at once: {_figures(load, rates)}{_late(load)}"
    material = _material(load, rates, expected=max_tokens * len(load.samples))
    return Judgement(outcome=Outcome.NOT_APPLICABLE, message=said, observations=seen, material=material)


def judge_sweep(loads: Sequence[StreamLoad], *, max_tokens: int, limits: ThroughputSettings) -> Judgement:
    """Show throughput and goodput over the number of streams.

    Args:
        loads: what came of each number, in their order.
        max_tokens: as in ``judge``.
        limits: what a good request keeps.
    """
    if failed := _faulty(loads, max_tokens):
        return failed
    seen = [one for load in loads for one in _step(load, limits)]
    told = "; ".join(f"{load.streams} streams: {_figures(load, load.rates())}{_good(load, limits)}" for load in loads)
    said = f"{told} (good: TTFT within {limits.first_token_seconds:g} s, ITL within {limits.inter_token_seconds:g} s)"
    return Judgement(outcome=Outcome.NOT_APPLICABLE, message=said, observations=tuple(seen))


def _faulty(loads: Sequence[StreamLoad], max_tokens: int) -> Judgement | None:
    found = [(load, [said for one in load.samples if (said := fault(one, max_tokens))]) for load in loads]
    load, faults = next(((load, faults) for load, faults in found if faults), (None, []))
    if load is None:
        return None
    said = f"of {len(load.samples)} requests of {load.streams} streams at once {len(faults)} were faulty"
    seen = (Observation(name="requests", value=len(load.samples)), Observation(name="faulty", value=len(faults)))
    return Judgement(outcome=Outcome.FAILED, message=f"{said}; the first: {faults[0]}", observations=seen)


def _figures(load: StreamLoad, rates: Sequence[float]) -> str:
    rate = f"{stats.median(rates):.1f} tokens/s" if rates else "no steady part"
    return f"{rate}, TTFT {_p50(load.first_tokens):.3g} s, ITL {1000 * _p50(load.inter_tokens):.3g} ms"


def _rates(rates: Sequence[float]) -> Iterator[Observation]:
    if not rates:
        return
    spread = stats.round_interval(rates)
    yield Observation(name="throughput", value=stats.median(rates), unit="tokens/s")
    if len(rates) > 1:
        yield Observation(name="throughput-low", value=max(0.0, spread.low), unit="tokens/s")
        yield Observation(name="throughput-high", value=spread.high, unit="tokens/s")
        yield Observation(name="cv", value=stats.cv(rates))


def _times(load: StreamLoad) -> Iterator[Observation]:
    yield Observation(name="streams", value=load.streams)
    yield Observation(name="requests", value=len(load.samples))
    for name, values in (("first-token", load.first_tokens), ("inter-token", load.inter_tokens)):
        if values:
            yield Observation(name=f"{name}-median", value=_p50(values), unit="s")
            yield Observation(name=f"{name}-p90", value=_p90(values), unit="s")


def _conditions(load: StreamLoad) -> Iterator[Observation]:
    if load.steady is not None:
        yield Observation(name="steady", value=load.steady[1] - load.steady[0], unit="s")
    if load.lag is not None:
        yield Observation(name="client-lag-p99", value=1000 * load.lag.p99, unit="ms")
    if load.foreign_processor is not None:
        yield Observation(name="foreign-processor", value=load.foreign_processor)
    if load.counters.cached is not None:
        yield Observation(name="prefix-cache-hits", value=load.counters.cached)
    if load.counters.generated is not None:
        yield Observation(name="tokens-by-server", value=load.counters.generated, unit="tokens")


def _late(load: StreamLoad) -> str:
    share = _lag_share(load)
    if share is None or share <= MAX_LAG or load.lag is None:
        return ""
    return (
        f"; the client itself was late by {1000 * load.lag.p99:.2g} ms (p99), so TTFT and ITL are no better than that"
    )


def _lag_share(load: StreamLoad) -> float | None:
    """The lag over the time between two tokens of a stream."""
    between = _p50(load.inter_tokens)
    return load.lag.p99 / between if load.lag is not None and between > 0 else None


def _material(load: StreamLoad, rates: Sequence[float], *, expected: int) -> dict[str, Any]:
    foreign = None if not load.counters.generated else max(0.0, 1 - expected / load.counters.generated)
    measured = {series.THROUGHPUT: [[rate] for rate in rates], series.FIRST_TOKEN: [load.first_tokens]}
    under = Conditions(foreign_processor=load.foreign_processor, foreign_tokens=foreign, lag=_lag_share(load))
    return series.material(measured, under)


def _step(load: StreamLoad, limits: ThroughputSettings) -> Iterator[Observation]:
    rates = load.rates()
    if rates:
        yield Observation(name=f"throughput-{load.streams}", value=stats.median(rates), unit="tokens/s")
    yield Observation(name=f"goodput-{load.streams}", value=_goodput(load, limits), unit="requests/s")
    yield Observation(name=f"first-token-p90-{load.streams}", value=_p90(load.first_tokens), unit="s")
    yield Observation(name=f"inter-token-p90-{load.streams}", value=_p90(load.inter_tokens), unit="s")


def _good(load: StreamLoad, limits: ThroughputSettings) -> str:
    return f", {_goodput(load, limits):.3g} good requests/s"


def _goodput(load: StreamLoad, limits: ThroughputSettings) -> float:
    return load.goodput(first_token_seconds=limits.first_token_seconds, inter_token_seconds=limits.inter_token_seconds)


def _p50(values: Sequence[float]) -> float:
    return stats.median(values) if values else 0.0


def _p90(values: Sequence[float]) -> float:
    """The 90th percentile, between the two values around it."""
    if len(values) < 2:  # noqa: PLR2004 - a percentile lies between two values.
        return _p50(values)
    return statistics.quantiles(values, n=10, method="inclusive")[-1]
