"""Every rule by its id, from the tables beside their checks: what may be waived, and what the reference lists. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from vllm_qualify import preflight
from vllm_qualify.core.rules import Rule
from vllm_qualify.gpu import mode_status
from vllm_qualify.kube import access, controllers, drift
from vllm_qualify.kube.policy import rules as house_rules
from vllm_qualify.litellm import rules as route_rules
from vllm_qualify.targets import gpu_mode
from vllm_qualify.targets.container import preconditions as containers
from vllm_qualify.targets.kubernetes import preconditions

TABLES: Mapping[str, tuple[Rule, ...]] = {
    "preflight": preflight.RULES,
    "house": house_rules.RULES,
    "cluster": (*access.RULES, *drift.RULES, *preconditions.RULES, *controllers.RULES),
    "container": containers.RULES,
    "route": route_rules.RULES,
    "gpu-mode": (gpu_mode.ANSWERS, mode_status.STALE),
}
"""By what they are about, in the order of the reference."""
RULES: Mapping[str, Rule] = {rule.id: rule for table in TABLES.values() for rule in table}
