"""Who owns which field of a Deployment, so that a run leaves no trace in it. Pure.

Whoever changes a field by an update owns it from then on, and the operator's next ``kubectl apply --server-side`` that
changes it would be refused as a conflict with a run that is long over. An update may bring ``metadata.managedFields``
along, which then stand as they are where it changes nothing else.

Source: Kubernetes' "Server-Side Apply" (conflicts, transferring ownership), and ``fieldmanager.Update`` of
k8s.io/apimachinery, which decodes the managed fields of the new object "to allow directly updating managed fields".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vllm_qualify.kube.objects import Object


def of(deployments: Iterable[Object]) -> dict[str, tuple[Object, ...]]:
    """The owners of each, by name, as the API gives them."""
    return {str(one["metadata"]["name"]): _entries(one) for one in deployments}


def given_back(live: Object, before: Sequence[Object], *, manager: str) -> Object | None:
    """The Deployment as it is, owned again by whom it was owned before the run.

    What belongs to a subresource, such as the status and an autoscaler's replicas, stays as it is now, and so does what
    somebody came to own meanwhile.

    Args:
        live: as it is.
        before: its owners before the run.
        manager: of the run.

    Returns:
        What is to be written; ``None`` where the run owns nothing, or nobody would be left.
    """
    now = _entries(live)
    if not any(_whole(one) and one.get("manager") == manager for one in now):
        return None
    kept = [one for one in before if _whole(one) and one.get("manager") != manager]
    known = {_owner(one) for one in kept}
    others = [one for one in now if one.get("manager") != manager and _owner(one) not in known]
    owners = [*kept, *others]
    return live | {"metadata": live["metadata"] | {"managedFields": owners}} if owners else None


def _entries(obj: Object) -> tuple[Object, ...]:
    return tuple(obj["metadata"].get("managedFields") or ())


def _whole(entry: Mapping[str, object]) -> bool:
    return not entry.get("subresource")


def _owner(entry: Mapping[str, object]) -> tuple[object, ...]:
    return entry.get("manager"), entry.get("operation"), entry.get("subresource") or ""
