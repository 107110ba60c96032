"""How long production's last start took, as its pods tell; for the time that the way back will take. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import facts
from vllm_qualify.kube.pods.events import instant


def seconds(running: Sequence[Object], *, container: str) -> float | None:
    """What production's last start took, from the start of its container until it was ready; ``None`` if unknown."""
    starts = [_of(pod, container) for pod in running]
    return max((took for took in starts if took is not None), default=None)


def _of(pod: Object, container: str) -> float | None:
    started = facts.status_of(pod, container).get("state", {}).get("running", {}).get("startedAt")
    begun, ready = instant(started), instant(facts.condition(pod, "Ready").get("lastTransitionTime"))
    return (ready - begun).total_seconds() if begun and ready and ready > begun else None
