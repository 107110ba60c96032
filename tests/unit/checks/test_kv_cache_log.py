"""The room in a KV cache is read from the log of every kind of engine."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks import kv_cache_log
from vllm_qualify.checks.kv_cache_log import KvCache

LOGS = Path(__file__).parents[1] / "data" / "logs"
V1 = "INFO [core.py:61] Initializing a V1 LLM engine (v0.15.1) with config: model='m'"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (
            [
                "INFO [kv_cache_utils.py:1708] GPU KV cache size: 449,056 tokens",
                "INFO [kv_cache_utils.py:1709] Maximum concurrency for 8,192 tokens per request: 54.82x",
            ],
            KvCache(tokens=449056, length=8192, concurrency=54.82),
        ),
        (
            ["CPU KV cache size: 2,048 tokens, Maximum concurrency for 1,024 tokens per request: 2.00x"],
            KvCache(tokens=2048, length=1024, concurrency=2.0),
        ),
        (
            ["# cuda blocks: 2768, # CPU blocks: 512", "Maximum concurrency for 8192 tokens per request: 5.41x"],
            KvCache(length=8192, concurrency=5.41),
        ),
        (["Application startup complete"], KvCache()),
    ],
)
def test_the_words_of_every_release(lines: list[str], found: KvCache) -> None:
    """V1 on two lines, 0.32 on one, V0 in blocks and requests."""
    assert kv_cache_log.read(lines) == found


def test_a_real_log_from_a_gpu() -> None:
    """The canary on an H200 in v0.25.1."""
    log = (LOGS / "v0.25.1-h200-first-start.log").read_text().splitlines()

    assert str(kv_cache_log.read(log)) == "3,509,056 tokens, 428.35 requests of 8,192"


def test_the_worker_with_the_least_room_counts() -> None:
    """With tensor parallelism every worker of 0.8.5 says what it has."""
    lines = [V1, *(f"(VllmWorker rank={rank}) GPU KV cache size: {9 - rank},000 tokens" for rank in range(3))]

    assert kv_cache_log.read(lines).tokens == 7000


def test_the_last_start_in_a_log_counts() -> None:
    """A container that was started again has both in one log."""
    lines = [V1, "GPU KV cache size: 1,000 tokens", V1, "GPU KV cache size: 9,000 tokens"]

    assert kv_cache_log.read(lines).tokens == 9000


@given(st.lists(st.text()))
def test_any_log_is_read(lines: list[str]) -> None:
    """Whatever stands in it, there is an answer that can be told."""
    assert str(kv_cache_log.read(lines))
