"""How far a Deployment's rollout is, and whether it can go on at all. Pure."""

from __future__ import annotations

from vllm_qualify.kube import objects
from vllm_qualify.kube.objects import Object


def complete(live: Object, *, ready: int) -> bool:
    """Whether so many pods of the newest template are ready, and none of an older one is left.

    Args:
        live: the Deployment, its status included; the status must be about the very generation.
        ready: how many pods have to be.
    """
    status = live.get("status", {})
    updated, every = int(status.get("updatedReplicas") or 0), int(status.get("replicas") or 0)
    return (
        _seen(live)
        and updated == every == objects.replicas(live)
        and int(status.get("readyReplicas") or 0) >= min(ready, every)
    )


def hindrance(live: Object) -> str:
    """Why a candidate could not be rolled out, or production not be rolled out again; ``""`` where both can be.

    Source: a paused Deployment makes no pods of a new template; ``ProgressDeadlineExceeded`` and old pods beside new
    ones are a rollout that is stuck or on its way, behind which the old ReplicaSet serves and would not come again.
    """
    if live.get("spec", {}).get("paused"):
        return "it is paused, so neither a candidate nor production would be rolled out"
    status, wanted = live.get("status", {}), objects.replicas(live)
    late = [one for one in status.get("conditions") or [] if one.get("reason") == "ProgressDeadlineExceeded"]
    if late and wanted:
        return f"its rollout is stuck: {late[0].get('message') or 'ProgressDeadlineExceeded'}"
    updated, every = int(status.get("updatedReplicas") or 0), int(status.get("replicas") or 0)
    if not _seen(live) or updated < min(every, wanted) or every > updated:
        return f"a rollout is under way: {updated} of {every} pods have its newest template"
    return ""


def _seen(live: Object) -> bool:
    return int(live.get("status", {}).get("observedGeneration") or 0) >= int(live["metadata"].get("generation") or 0)
