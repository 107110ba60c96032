"""The soak: steady load for a while, in which the rate must not fall, memory not grow and no answer fail to come. Pure.

Trends are slopes over the whole time (least squares), so that neither the first round nor the last decides.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from vllm_qualify.checks import percent
from vllm_qualify.client.exchanges import StreamSample
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome
from vllm_qualify.gpu.reading import MIB, GpuReading

FEWEST = 8
"""Rounds below which a slope says nothing."""
WARM_UP = 2
"""Rounds at the beginning that are left out: caches fill, kernels are chosen."""
MAX_FALL = 0.1
"""Of the rate over the time of the soak."""
MAX_GROWTH_MIB = 256.0
"""Of memory over the time of the soak; an engine reserves its GPU memory at its start and needs no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakRound:
    """One round of the load.

    Attributes:
        seconds: that it took.
        rate: tokens per second of all its streams together.
        faults: what was wrong with its streams.
        gpu_mib: GPU memory in use behind it; ``None`` where it cannot be seen.
        process_mib: resident memory of the server's process by ``/metrics``; ``None`` where it does not say.
    """

    seconds: float
    rate: float
    faults: tuple[str, ...] = ()
    gpu_mib: float | None = None
    process_mib: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SoakRun:
    """A whole soak.

    Attributes:
        rounds: in their order.
        asked: documents that were right before, and were asked again behind it.
        right: how many of them still are.
    """

    rounds: tuple[SoakRound, ...]
    asked: int = 0
    right: int = 0


def round_of(
    samples: Sequence[StreamSample], *, tokens: int, memory: GpuReading, metrics: Mapping[str, float]
) -> SoakRound:
    """A round, from what was seen of it.

    Args:
        samples: its streams, which began together.
        tokens: that each had to bring.
        memory: of the GPU behind it.
        metrics: of the server behind it.
    """
    seconds = max((sample.sent + sample.seconds for sample in samples), default=0.0)
    faulty = (one for one in samples if one.problems or one.tokens != tokens)
    faults = (next(iter(one.problems), f"{one.tokens} tokens came; expected {tokens}") for one in faulty)
    used = [gpu.memory_used_mib for gpu in memory.gpus if gpu.memory_used_mib is not None]
    resident = metrics.get("process_resident_memory_bytes")
    return SoakRound(
        seconds=seconds,
        rate=sum(sample.tokens for sample in samples) / seconds if seconds else 0.0,
        faults=tuple(faults),
        gpu_mib=float(sum(used)) if used else None,
        process_mib=resident / MIB if resident is not None else None,
    )


def judge(run: SoakRun, *, wanted_seconds: float) -> Judgement:
    """Hold rate and memory over the time against their limits, and what is answered behind it against what was before.

    Args:
        run: the soak.
        wanted_seconds: how long the load was to last.
    """
    lasted = sum(one.seconds for one in run.rounds)
    faults = [fault for one in run.rounds for fault in one.faults]
    steady = run.rounds[WARM_UP:]
    times = list(accumulate(one.seconds for one in steady))
    fall = _fall(times, [one.rate for one in steady])
    looks = {"GPU memory": [one.gpu_mib for one in steady], "memory": [one.process_mib for one in steady]}
    grown = {name: growth for name, seen in looks.items() if (growth := _growth(times, seen)) is not None}
    seen = [
        Observation(name="soaked", value=lasted, unit="s"),
        Observation(name="rounds", value=len(run.rounds)),
        Observation(name="faulty-streams", value=len(faults), limit=Limit(high=0)),
    ]
    if fall is not None:
        seen.append(Observation(name="rate-fall", value=fall, limit=Limit(high=MAX_FALL)))
    for name, value in grown.items():
        limit = Limit(high=MAX_GROWTH_MIB)
        seen.append(Observation(name=f"{name.replace(' ', '-')}-growth", value=value, unit="MiB", limit=limit))
    outcome, message = _verdict(lasted, wanted_seconds, faults, fall, grown)
    if run.right < run.asked and outcome is Outcome.PASSED:
        outcome, message = Outcome.FAILED, f"{message}, but {run.asked - run.right} of {run.asked} documents that were "
        message += "right before it are wrong after it"
    return Judgement(outcome=outcome, message=message, observations=tuple(seen))


def _verdict(
    lasted: float, wanted: float, faults: Sequence[str], fall: float | None, grown: dict[str, float]
) -> tuple[Outcome, str]:
    said = f"{lasted:.0f} s of steady load"
    if faults:
        return Outcome.FAILED, f"{said}: {len(faults)} streams were faulty; the first: {faults[0]}"
    if fall is None:
        return Outcome.INCONCLUSIVE, f"{said} are too few rounds to see a trend; soak for longer"
    if lasted < wanted:
        return Outcome.INCONCLUSIVE, f"{said}; {wanted:.0f} s were planned"
    if fall > MAX_FALL:
        return Outcome.FAILED, f"{said}: the rate fell by {percent(fall)}; the limit is {percent(MAX_FALL)}"
    leaks = [f"{name} grew by {value:,.0f} MiB" for name, value in grown.items() if value > MAX_GROWTH_MIB]
    if leaks:
        return Outcome.FAILED, f"{said}: {' and '.join(leaks)}; the limit is {MAX_GROWTH_MIB:.0f} MiB"
    kept = ", ".join(f"{name} {value:+,.0f} MiB" for name, value in grown.items()) or "memory could not be seen"
    return Outcome.PASSED, f"{said}: the rate changed by {-100 * fall:+.0f} %, {kept}"


def _fall(times: Sequence[float], rates: Sequence[float]) -> float | None:
    """By which share the rate fell over the time; ``None`` for too few rounds."""
    if len(rates) < FEWEST:
        return None
    slope, start = statistics.linear_regression(times, rates)
    first = start + slope * times[0]
    return -slope * (times[-1] - times[0]) / first if first > 0 else 1.0


def _growth(times: Sequence[float], values: Sequence[float | None]) -> float | None:
    """By how much it grew over the time, in its unit; ``None`` where it was not seen in every round."""
    known = [value for value in values if value is not None]
    if len(known) < FEWEST or len(known) != len(times):
        return None
    slope, _ = statistics.linear_regression(times, known)
    return slope * (times[-1] - times[0])
