"""Judge of the room in the KV cache: it holds about as much as production's. For suite deploy. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.checks import percent
from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.core.records import Judgement, Observation, Outcome

MAX_FALL = 0.02
"""Of one release and card the figure came out the same in every start on an H200; a first start may profile more."""


def against(now: KvCache, production: KvCache | None) -> Judgement:
    """Hold the candidate's KV cache against production's; what is lost by more than a hair is a warning.

    Callers with many or long requests wait longer then, or are preempted, though nothing failed.

    Args:
        now: the candidate's, by its log.
        production: production's, by its own log; ``None`` where there is no production.
    """
    seen = tuple(_observations(now, production))
    if not now.known:
        return _open("the log does not say how large the KV cache is", seen)
    if production is None or not production.known:
        return _open(f"the KV cache holds {now}; there is nothing to compare it with", seen)
    said = f"the KV cache holds {now}; production's {production}"
    share = _share(now, production)
    if share is None:
        return _open(f"{said}: the two cannot be compared", seen)
    if share < 1 - MAX_FALL:
        return Judgement(outcome=Outcome.WARNED, message=f"{said}: {percent(1 - share)} less room", observations=seen)
    return Judgement(outcome=Outcome.PASSED, message=said, observations=seen)


def _open(message: str, seen: tuple[Observation, ...]) -> Judgement:
    return Judgement(outcome=Outcome.NOT_APPLICABLE, message=message, observations=seen)


def _share(now: KvCache, production: KvCache) -> float | None:
    """The candidate's room as a share of production's.

    Requests at once say it best: how tokens are counted changed between releases for layers that keep only a window.
    """
    if now.length == production.length and now.concurrency is not None and production.concurrency:
        return now.concurrency / production.concurrency
    if now.tokens is not None and production.tokens:
        return now.tokens / production.tokens
    return None


def _observations(now: KvCache, production: KvCache | None) -> Iterator[Observation]:
    for name, cache in (("", now), ("production-", production)):
        if cache is not None and cache.tokens is not None:
            yield Observation(name=f"{name}kv-cache-tokens", value=cache.tokens, unit="tokens")
        if cache is not None and cache.concurrency is not None:
            yield Observation(
                name=f"{name}kv-cache-requests", value=cache.concurrency, unit=f"of {cache.length} tokens"
            )
