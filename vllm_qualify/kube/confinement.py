"""How the container of a helper pod is confined: as the one that it looks at, and no wider. Pure.

A namespace may admit nothing else: by its Pod Security level, by a ResourceQuota that asks for limits, by policies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vllm_qualify.kube import quantity
from vllm_qualify.kube.objects import Object

STRICT: Mapping[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""For a container that says nothing of itself: what ``restricted`` asks for, as far as it can be had of any image.

Source: the Pod Security Standards. Who runs, root or not, is left to the image.
"""
_ENOUGH = {
    "limits": {"cpu": "4", "memory": "4Gi", "ephemeral-storage": "4Gi"},
    "requests": {"cpu": "0", "memory": "1Gi", "ephemeral-storage": "256Mi"},
}
"""What a parser needs at most. Production keeps its own share of the node while it is asked.

No CPU is asked for: a node whose CPUs production has to itself would take no such pod, and it can wait for its turn.
"""


def like(container: Object) -> Object:
    """``securityContext`` and ``resources`` of a helper's container.

    Args:
        container: the one in whose place it runs, as its manifest has it.
    """
    confined = {"securityContext": dict(container.get("securityContext") or STRICT)}
    resources = _resources(container.get("resources") or {})
    return confined | ({"resources": resources} if resources else {})


def _resources(given: Mapping[str, Any]) -> Object:
    """The same resources, no more than enough of each, and no device: a GPU is one, and production has it."""
    # Where only limits stand, the API server takes them for requests as well, which would be far too much here.
    limits, requests = given.get("limits") or {}, given.get("requests") or {}
    wanted = {"limits": limits, "requests": {**limits, **requests}}
    made = {kind: _capped(values, _ENOUGH[kind]) for kind, values in wanted.items()}
    return {kind: values for kind, values in made.items() if values}


def _capped(values: Mapping[str, Any], most: Mapping[str, str]) -> Object:
    return {name: _less(values[name], enough) for name, enough in most.items() if name in values}


def _less(value: object, most: str) -> object:
    mine, other = quantity.amount(value), quantity.amount(most)
    return value if mine is None or other is None or mine <= other else most
