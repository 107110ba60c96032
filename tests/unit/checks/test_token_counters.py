"""The server's own counters."""

from __future__ import annotations

import pytest

from vllm_qualify.checks import token_counters
from vllm_qualify.checks.token_counters import TokenCounters


@pytest.mark.parametrize("prefix", ["vllm:", "vllm:gpu_"])
@pytest.mark.parametrize("suffix", ["", "_total"])
def test_growth_is_read_by_any_release_name(prefix: str, suffix: str) -> None:
    """The counters are found under the names of old and new releases, and only what was added counts."""
    names = [f"{prefix}prefix_cache_queries{suffix}", f"{prefix}prefix_cache_hits{suffix}"]
    before = dict(zip(names, (100.0, 90.0), strict=True))
    after = dict(zip(names, (300.0, 100.0), strict=True)) | {"vllm:generation_tokens_total": 50.0}

    assert token_counters.growth(before, after) == TokenCounters(cached=10 / 200, generated=50.0, hits=10.0)


def test_growth_counts_no_prompt_twice() -> None:
    """Releases around 0.10 tell the same counts by two names; a cache outside brings what the engine's own lacked."""
    counts = {"queries": 300.0, "hits": 30.0}
    twice = {f"vllm:{name}prefix_cache_{what}_total": count for name in ("", "gpu_") for what, count in counts.items()}
    outside = {"vllm:external_prefix_cache_queries_total": 270.0, "vllm:external_prefix_cache_hits_total": 90.0}

    assert token_counters.growth({}, twice).cached == 0.1
    assert token_counters.growth({}, twice | outside).cached == 0.4


def test_growth_without_counters_is_unknown() -> None:
    """A server that counts nothing, or was not asked, gives no figure rather than zero."""
    assert token_counters.growth({}, {"up": 1.0, "vllm:prefix_cache_queries": 0.0}) == TokenCounters()
