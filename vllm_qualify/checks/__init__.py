"""Pure judges: from measurements to a judgement of one case. No I/O.

Called by the suites. A judge holds answers against a requirement and nothing else; whether the engine died meanwhile
is asked by the recorder, in one place for all of them, which then calls ``blame``. The suites name judges by the
package, ``checks.load.starts``, so that one is loaded when it first judges.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from vllm_qualify.core import lazy_modules

if TYPE_CHECKING:
    from vllm_qualify.checks import (
        api,
        arguments,
        catalogue,
        classification,
        kv_cache,
        load,
        metric_uses,
        metrics,
        production,
        prompts,
        reasoning,
        schema_features,
        schema_probes,
        streams,
        structured_output,
        throughput,
        tool_calling,
        tool_probes,
        vram,
    )
    from vllm_qualify.checks.engine_end import DIED, UNHEALTHY, Death, Hang, blame, interfered, percent
else:
    __getattr__ = lazy_modules.of(
        __name__, engine_end=("DIED", "UNHEALTHY", "Death", "Hang", "blame", "interfered", "percent")
    )


__all__ = [
    "DIED",
    "UNHEALTHY",
    "Death",
    "Hang",
    "api",
    "arguments",
    "blame",
    "catalogue",
    "classification",
    "interfered",
    "kv_cache",
    "load",
    "metric_uses",
    "metrics",
    "percent",
    "production",
    "prompts",
    "reasoning",
    "schema_features",
    "schema_probes",
    "streams",
    "structured_output",
    "throughput",
    "tool_calling",
    "tool_probes",
    "vram",
]
