"""How far a server's own counters went while requests were measured. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenCounters:
    """How far the server's own counters went during the measured requests.

    Attributes:
        cached: share of the looked-up prompt that the prefix cache held, 0 to 1; ``None`` without such counters.
        generated: tokens that the server generated for anyone; ``None`` without that counter.
        hits: tokens of prompts that the prefix cache held; ``None`` without that counter.
    """

    cached: float | None = None
    generated: float | None = None
    hits: float | None = None


def growth(before: Mapping[str, float], after: Mapping[str, float]) -> TokenCounters:
    """Compare two reads of ``/metrics``, taken after the warm-up and after the last measured request.

    The names are those of vLLM 0.8.5 to 0.32.0 (v1/metrics/loggers.py): up to 0.11 with ``gpu_`` before them, from 0.9
    on without; later also the hits of a cache outside the engine, of prompts that its own cache did not hold.
    """
    grown = {_bare(name): value - before.get(name, 0.0) for name, value in after.items()}
    queries, hits = (_first(grown, f"prefix_cache_{what}", f"gpu_prefix_cache_{what}") for what in ("queries", "hits"))
    outside = grown.get("external_prefix_cache_hits", 0.0)
    return TokenCounters(
        cached=(hits + outside) / queries if queries and hits is not None else None,
        generated=grown.get("generation_tokens"),
        hits=hits,
    )


def _bare(name: str) -> str:
    """The name of a counter without what releases put around it: ``vllm:``, and ``_total`` where OpenMetrics asks."""
    return name.rpartition(":")[2].removesuffix("_total")


def _first(sums: Mapping[str, float], *names: str) -> float | None:
    return next((sums[name] for name in names if name in sums), None)
