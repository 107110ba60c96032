"""Judges of the silent faults: HTTP 200, and yet not the answer to what was asked. Pure, one file a subject."""

from typing import TYPE_CHECKING

from vllm_qualify.core import lazy_modules

if TYPE_CHECKING:
    from vllm_qualify.checks.integrity import (
        beside,
        degenerate,
        features,
        limits,
        long_context,
        long_prompts,
        mixing,
        prefix_cache,
        probes,
        sampling,
        soak,
        usage,
    )
else:
    __getattr__ = lazy_modules.of(__name__)

__all__ = [
    "beside",
    "degenerate",
    "features",
    "limits",
    "long_context",
    "long_prompts",
    "mixing",
    "prefix_cache",
    "probes",
    "sampling",
    "soak",
    "usage",
]
