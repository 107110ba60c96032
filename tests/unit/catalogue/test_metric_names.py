"""Names at /metrics lead to their successors."""

from __future__ import annotations

import pytest
from packaging.version import Version

from vllm_qualify import catalogue
from vllm_qualify.catalogue import metric_names


@pytest.mark.parametrize(
    ("name", "now"),
    [
        ("vllm:gpu_cache_usage_perc", "vllm:kv_cache_usage_perc"),
        ("vllm:time_per_output_token_seconds_bucket", "vllm:inter_token_latency_seconds_bucket"),
        ("vllm:time_per_output_token_seconds", "vllm:inter_token_latency_seconds"),
        ("vllm:gpu_prefix_cache_hits_total", "vllm:prefix_cache_hits_total"),
        ("vllm:gpu_prefix_cache_hits", "vllm:prefix_cache_hits"),
        ("vllm:avg_prompt_throughput_toks_per_s", "rate(vllm:prompt_tokens_total[1m])"),
        ("vllm:num_requests_swapped", ""),
    ],
)
def test_successors(name: str, now: str) -> None:
    """A part of a histogram leads to the same part; what the engine counts no longer has none."""
    assert metric_names.instead(name) == now


def test_the_table_is_true_of_the_catalogue() -> None:
    """A name with a successor was in some release and is not in the newest; the successor is."""
    newest, names = catalogue.releases()[-1], metric_names.SUCCESSORS

    assert [name for name in names if metric_names.known_to(newest, name)] == []
    assert [name for name in names if not any(metric_names.known_to(one, name) for one in catalogue.releases())] == []
    now = [
        one.instead
        for one in names.values()
        if ":" in one.instead and " " not in one.instead and "(" not in one.instead
    ]
    assert [name for name in now if not metric_names.known_to(newest, name)] == []


def test_what_a_server_shows_by_itself_does_not_wait() -> None:
    """Adapters, speculation and transfers have metrics once they are used; the queue has them always."""
    release = catalogue.find(Version("0.15.1"))

    assert metric_names.may_wait(release, "vllm:lora_requests_info")
    assert metric_names.may_wait(release, "vllm:spec_decode_num_drafts")
    assert not metric_names.may_wait(release, "vllm:num_requests_waiting")
    assert not metric_names.may_wait(release, "vllm:e2e_request_latency_seconds_bucket")
    assert not metric_names.may_wait(release, "vllm:gpu_cache_usage_perc")


def test_a_name_is_known_with_and_without_what_is_appended() -> None:
    """The catalogue writes a counter in one way, and an expression reads parts of a histogram."""
    release = catalogue.find(Version("0.15.1"))

    assert metric_names.known_to(release, "vllm:e2e_request_latency_seconds_bucket")
    assert metric_names.known_to(release, "vllm:prefix_cache_hits")
    assert not metric_names.known_to(release, "vllm:gpu_cache_usage_perc")
    assert not metric_names.known_to(None, "vllm:prefix_cache_hits")
