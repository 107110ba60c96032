"""Judge of the room in the KV cache: about as much as the baseline's or production's. For suite kv_cache. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from vllm_qualify.checks import percent
from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.core.records import CaseRecord, Judgement, Observation, Outcome

MAX_FALL = 0.02
"""Of one release and card the figure came out the same in every start on an H200; a first start may profile more."""
_FIELDS = ("tokens", "length", "concurrency")


def against(now: KvCache, production: KvCache | None, *, baseline: CaseRecord | None = None) -> Judgement:
    """Hold the candidate's KV cache against the baseline's, else production's; less by more than a hair is a warning.

    Callers with many or long requests wait longer then, or are preempted, though nothing failed.

    Args:
        now: the candidate's, by its log.
        production: production's, by its own log; ``None`` where there is no production.
        baseline: this case in the baseline's turn; ``None`` where there was none.
    """
    known = _kept(baseline)
    other, whose = (known, "the baseline") if known is not None and known.known else (production, "production")
    seen = tuple(_observations(now, other, whose.removeprefix("the ")))
    if not now.known:
        return _open("the log does not say how large the KV cache is", now, seen)
    if other is None or not other.known:
        return _open(f"the KV cache holds {now}; there is nothing to compare it with", now, seen)
    said = f"the KV cache holds {now}; {whose}'s {other}"
    share = _share(now, other)
    if share is None:
        return _open(f"{said}: the two cannot be compared", now, seen)
    less = share < 1 - MAX_FALL
    return Judgement(
        outcome=Outcome.WARNED if less else Outcome.PASSED,
        message=f"{said}: {percent(1 - share)} less room" if less else said,
        observations=seen,
        material=_material(now),
    )


def _material(cache: KvCache) -> dict[str, Any]:
    return {"kv_cache": asdict(cache)} if cache.known else {}


def _kept(case: CaseRecord | None) -> KvCache | None:
    """What a case kept of it; ``None`` where it kept nothing that can be read."""
    kept = None if case is None else case.material.get("kv_cache")
    if not isinstance(kept, dict) or not all(isinstance(kept.get(name), int | float | None) for name in _FIELDS):
        return None
    return KvCache(**{name: kept.get(name) for name in _FIELDS})


def _open(message: str, now: KvCache, seen: tuple[Observation, ...]) -> Judgement:
    return Judgement(outcome=Outcome.NOT_APPLICABLE, message=message, observations=seen, material=_material(now))


def _share(now: KvCache, other: KvCache) -> float | None:
    """The candidate's room as a share of the other's.

    Requests at once say it best: how tokens are counted changed between releases for layers that keep only a window.
    """
    if now.length == other.length and now.concurrency is not None and other.concurrency:
        return now.concurrency / other.concurrency
    if now.tokens is not None and other.tokens:
        return now.tokens / other.tokens
    return None


def _observations(now: KvCache, other: KvCache | None, whose: str) -> Iterator[Observation]:
    for name, cache in (("", now), (f"{whose}-", other)):
        if cache is not None and cache.tokens is not None:
            yield Observation(name=f"{name}kv-cache-tokens", value=cache.tokens, unit="tokens")
        if cache is not None and cache.concurrency is not None:
            yield Observation(
                name=f"{name}kv-cache-requests", value=cache.concurrency, unit=f"of {cache.length} tokens"
            )
