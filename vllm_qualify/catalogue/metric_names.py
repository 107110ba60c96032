"""What became of the names at ``/metrics``: which one took the place of which, and what a release may have of it. Pure.

`Release.metrics` says which names a release has. That a name is another one's successor stands in comments of the
sources alone, so this table is kept by hand.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from vllm_qualify.catalogue.facts import Release

_APPENDED = frozenset({"bucket", "count", "created", "sum", "total"})
_ONE_NAME = re.compile(r"[a-z:_]+", re.ASCII)
_LOGGERS = "vllm/v1/metrics/loggers.py"
_V0 = "vllm/engine/metrics.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """What to read instead of a name that is gone.

    Attributes:
        instead: a name, or an expression over names.
        source: the release and its file that say so.
    """

    instead: str
    source: str


SUCCESSORS = {
    "vllm:avg_generation_throughput_toks_per_s": Successor(
        instead="rate(vllm:generation_tokens_total[1m])", source=f"0.6.6:{_V0}"
    ),
    "vllm:avg_prompt_throughput_toks_per_s": Successor(
        instead="rate(vllm:prompt_tokens_total[1m])", source=f"0.6.6:{_V0}"
    ),
    "vllm:gpu_cache_usage_perc": Successor(instead="vllm:kv_cache_usage_perc", source=f"0.10.2:{_LOGGERS}"),
    "vllm:gpu_prefix_cache_hit_rate": Successor(
        instead="rate(vllm:prefix_cache_hits_total[1m]) / rate(vllm:prefix_cache_queries_total[1m])",
        source=f"0.8.5:{_V0}; 0.10.2:{_LOGGERS}",
    ),
    "vllm:gpu_prefix_cache_hits_total": Successor(instead="vllm:prefix_cache_hits_total", source=f"0.10.2:{_LOGGERS}"),
    "vllm:gpu_prefix_cache_queries_total": Successor(
        instead="vllm:prefix_cache_queries_total", source=f"0.10.2:{_LOGGERS}"
    ),
    "vllm:model_execute_time_milliseconds": Successor(
        instead="vllm:request_inference_time_seconds", source=f"0.8.5:{_V0}"
    ),
    "vllm:model_forward_time_milliseconds": Successor(
        instead="vllm:request_inference_time_seconds", source=f"0.8.5:{_V0}"
    ),
    "vllm:spec_decode_draft_acceptance_rate": Successor(
        instead=(
            "rate(vllm:spec_decode_num_accepted_tokens_total[1m]) / rate(vllm:spec_decode_num_draft_tokens_total[1m])"
        ),
        source="0.15.1:vllm/v1/spec_decode/metrics.py",
    ),
    "vllm:time_in_queue_requests": Successor(instead="vllm:request_queue_time_seconds", source=f"0.8.5:{_V0}"),
    "vllm:time_per_output_token_seconds": Successor(
        instead="vllm:inter_token_latency_seconds", source=f"0.10.2:{_LOGGERS}"
    ),
}
"""By the name that is gone. Names without an entry have no successor that the sources name: what they counted, such as
requests swapped to the memory of the processor, the engine does no longer."""

# Without "vllm:", what a plain server showed after one completion in each of 0.15.1, 0.20.2 and 0.32.0 whose sources
# have it. What else a release has waits for an option or for a kind of request.
_ALWAYS = frozenset(
    {
        "admission_rejections_total", "cache_config_info", "e2e_request_latency_seconds", "engine_sleep_state",
        "estimated_flops_per_gpu_total", "estimated_read_bytes_per_gpu_total", "estimated_write_bytes_per_gpu_total",
        "external_prefix_cache_hits_total", "external_prefix_cache_queries_total", "generation_tokens_total",
        "inter_token_latency_seconds", "iteration_tokens_total", "kv_cache_usage_perc", "mm_cache_hits_total",
        "mm_cache_queries_total", "num_preemptions_total", "num_requests_running", "num_requests_waiting",
        "num_requests_waiting_by_reason", "prefix_cache_hits_total", "prefix_cache_queries_total",
        "prompt_tokens_by_source_total", "prompt_tokens_cached_by_source_total", "prompt_tokens_cached_total",
        "prompt_tokens_total", "request_decode_time_seconds", "request_generation_tokens",
        "request_inference_time_seconds", "request_max_num_generation_tokens", "request_num_preemptions",
        "request_params_max_tokens", "request_params_n", "request_prefill_kv_computed_tokens",
        "request_prefill_time_seconds", "request_prompt_tokens", "request_queue_time_seconds", "request_success_total",
        "request_time_per_output_token_seconds", "time_to_first_token_seconds",
    }
)  # fmt: skip


@functools.lru_cache(maxsize=4096)
def family(name: str) -> str:
    """The name without what Prometheus appends: a bucket, a sum, a count and a total belong to one metric."""
    bare, _, last = name.rpartition("_")
    while last in _APPENDED:
        name = bare
        bare, _, last = name.rpartition("_")
    return name


def instead(name: str) -> str:
    """What to read instead of a name; ``""`` where the sources name nothing.

    A sample of a histogram is answered with the same sample of its successor, a bare name with a bare one.
    """
    for known, successor in SUCCESSORS.items():
        if family(name) != family(known):
            continue
        if not _ONE_NAME.fullmatch(successor.instead):
            return successor.instead
        return family(successor.instead) + name.removeprefix(family(name))
    return ""


def may_wait(release: Release | None, name: str) -> bool:
    """Tell whether a server of a release need not show a name that the release has: it may hang on an option."""
    shown = {family(each) for each in _ALWAYS}
    return known_to(release, name) and family(name).removeprefix("vllm:") not in shown


def known_to(release: Release | None, name: str) -> bool:
    """Tell whether a release has the name, in whichever form; see also `may_wait`."""
    return release is not None and family(name) in {family(each) for each in release.metrics}
