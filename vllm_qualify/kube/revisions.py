"""The rollout history of a Deployment: its ReplicaSets, and which of them a run left behind. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from vllm_qualify.kube import objects
from vllm_qualify.kube.objects import Object

_HASH = "pod-template-hash"


def of(deployment: Object, replica_sets: Iterable[Object]) -> tuple[Object, ...]:
    """Those of a Deployment, by owner, because two may select the same labels."""
    name = deployment["metadata"]["name"]
    return tuple(one for one in replica_sets if any(_owns(owner, name) for owner in _owners(one)))


def left_by(there: Iterable[Object], *, before: Collection[str], written: Iterable[Object]) -> tuple[Object, ...]:
    """Those that a run left: made since it began, from a template that it wrote, without a pod by now.

    Args:
        there: of the Deployment.
        before: uids of those that were there before the run.
        written: Deployments that the run may have written.
    """
    templates = [_bare(one["spec"]["template"]) for one in written]
    return tuple(
        one
        for one in there
        if one["metadata"]["uid"] not in before
        and not one["spec"].get("replicas")
        and not (one.get("status") or {}).get("replicas")
        and _bare(one["spec"]["template"]) in templates
    )


def _bare(template: Object) -> Object:
    """A pod template as the Deployment has it: the controller adds a label and fills in nothing else."""
    kept: Object = objects.copied(template)
    metadata = kept.get("metadata") or {}
    metadata.pop("creationTimestamp", None)
    (metadata.get("labels") or {}).pop(_HASH, None)
    return kept | {"metadata": metadata}


def _owners(obj: Object) -> list[Object]:
    return obj["metadata"].get("ownerReferences") or []


def _owns(owner: Object, name: str) -> bool:
    return owner.get("kind") == "Deployment" and owner.get("name") == name
