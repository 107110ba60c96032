"""Judge of GPU memory: the largest use that was seen stays inside the card and the budget. For suite deploy. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.core import stats
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome
from vllm_qualify.gpu.reading import Gpu, GpuReading

LOOKS = "used_mib"
"""Of the material: the memory in use at each look, in MiB, in their order."""
_MARGIN = 0.97
TOLERANCE_MIB = 256
# Less than a CUDA context with the smallest model takes: whoever sees only so much looks at another GPU.
_LEAST_MIB = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Use:
    """The memory of one card at one moment, or its peak."""

    gpu: Gpu
    used_mib: int
    total_mib: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What preflight estimates from facts alone."""

    used_mib: stats.Bounds
    cache_tokens: stats.Bounds


def vram(
    samples: Sequence[GpuReading],
    *,
    limit_mib: float | None,
    before: GpuReading | None = None,
    expected: Expected | None = None,
    cache: KvCache | None = None,
) -> Judgement:
    """The peak of the samples must stay inside the card and the budget; the last 3 % of it are a warning.

    Of several GPUs, the one counts whose use grew the most, else the fullest.

    Args:
        samples: looks at the GPUs while the candidate served.
        limit_mib: the budget, ``budgets.vram_mib``; ``None``: the card is all there is.
        before: a look while nothing of the candidate ran; ``None`` when there was none.
        expected: what preflight estimates, told beside what was measured; it decides nothing. ``None`` for nothing.
        cache: what the log says of the KV cache, beside the same.
    """
    peaks = _peaks(samples)
    if not samples:
        return Judgement(outcome=Outcome.INCONCLUSIVE, message="GPU memory was never read while the candidate served")
    if not peaks:
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=samples[-1].memory_problem)
    idle = {} if before is None else _uses(before)
    peak = _chosen(peaks, idle)
    limit = min(float(peak.total_mib), limit_mib or math.inf)
    outcome, message = _verdict(peak, limit)
    name = f" on GPU {peak.gpu.index} ({peak.gpu.name})" if len(peaks) > 1 else ""
    return Judgement(
        outcome=outcome,
        message=f"{message}{name}{_estimated(peak, expected)}{_missed(samples)}",
        observations=(*_observations(peak, idle.get(peak.gpu.key), limit), *_estimates(expected, cache)),
        material={LOOKS: [use.used_mib for sample in samples if (use := _uses(sample).get(peak.gpu.key))]},
    )


def _uses(reading: GpuReading) -> dict[str, _Use]:
    return {
        gpu.key: _Use(gpu=gpu, used_mib=gpu.memory_used_mib, total_mib=gpu.memory_total_mib)
        for gpu in reading.gpus
        if gpu.memory_total_mib and gpu.memory_used_mib is not None
    }


def _peaks(samples: Sequence[GpuReading]) -> dict[str, _Use]:
    peaks: dict[str, _Use] = {}
    for sample in samples:
        for key, use in _uses(sample).items():
            if key not in peaks or use.used_mib > peaks[key].used_mib:
                peaks[key] = use
    return peaks


def _chosen(peaks: dict[str, _Use], idle: dict[str, _Use]) -> _Use:
    growth = {key: peaks[key].used_mib - was.used_mib for key, was in idle.items() if key in peaks}
    grown = max(growth, key=lambda key: growth[key], default="")
    if grown and growth[grown] > TOLERANCE_MIB:
        return peaks[grown]
    return max(peaks.values(), key=lambda use: use.used_mib / use.total_mib)


def _verdict(peak: _Use, limit: float) -> tuple[Outcome, str]:
    said = f"{peak.used_mib:,} of {limit:,.0f} MiB used ({100 * peak.used_mib / limit:.0f} %)"
    if peak.used_mib < _LEAST_MIB:
        return (
            Outcome.INCONCLUSIVE,
            f"{said} while the candidate served, so it is not the memory that the candidate used",
        )
    if peak.used_mib > limit:
        over = f"{peak.used_mib - limit:,.0f} MiB over the budget; the card has {peak.total_mib:,} MiB"
        return Outcome.FAILED, f"{said}, {over}"
    if peak.used_mib > limit * _MARGIN:
        return Outcome.WARNED, f"{said}, {limit - peak.used_mib:,.0f} MiB are left"
    return Outcome.PASSED, said


def _estimated(peak: _Use, expected: Expected | None) -> str:
    if expected is None:
        return ""
    holds = expected.used_mib.low <= peak.used_mib <= expected.used_mib.high
    return f"; preflight's estimate is {expected.used_mib.grouped} MiB{'' if holds else ', which does not hold here'}"


def _estimates(expected: Expected | None, cache: KvCache | None) -> Iterator[Observation]:
    if expected is not None:
        yield Observation(name="estimated-memory", value=str(expected.used_mib), unit="MiB")
    if cache is not None and cache.tokens is not None:
        yield Observation(name="kv-cache-tokens", value=cache.tokens, unit="tokens")
    if expected is not None:
        yield Observation(name="estimated-kv-cache-tokens", value=str(expected.cache_tokens), unit="tokens")


def _missed(samples: Sequence[GpuReading]) -> str:
    """A look that failed may have hidden the peak, so it is told even where others did not fail."""
    problems = [sample.memory_problem for sample in samples if sample.memory_problem]
    return f"; {len(problems)} of {len(samples)} readings failed: {problems[-1]}" if problems else ""


def _observations(peak: _Use, idle: _Use | None, limit: float) -> Iterator[Observation]:
    yield Observation(name="peak-memory", value=peak.used_mib, unit="MiB", limit=Limit(high=limit))
    if idle is not None:
        yield Observation(name="idle-memory", value=idle.used_mib, unit="MiB")
