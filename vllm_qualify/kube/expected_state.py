"""Whether what stands on the cluster is still what the run wrote, and a pod the candidate's. Pure.

Called by the transaction around production and by the candidate, before and after each case.
"""

from __future__ import annotations

from collections.abc import Container

from vllm_qualify.kube import objects
from vllm_qualify.kube.objects import FieldDifference, Object
from vllm_qualify.kube.pods import facts


def changed(written: Object, live: Object) -> tuple[FieldDifference, ...]:
    """Where a Deployment is not what the server answered to the run's own write, in what decides about its pods.

    Annotations of its own, and labels beside those written, are where controllers and dashboards keep notes; no pod
    changes for them. A Deployment that was deleted and made anew differs in its uid, and one that was changed and
    changed back in its generation: what served in between is not known. The server counts annotations as well, so
    where those differ the generation says nothing.

    Source: Kubernetes v1.34, ``pkg/registry/apps/deployment/strategy.go``, ``PrepareForUpdate``.
    """
    ours, theirs = written["metadata"].get("uid"), live["metadata"].get("uid")
    remade = (FieldDifference(path="metadata.uid", was=ours, now=theirs),) if ours and ours != theirs else ()
    labels = written["metadata"].get("labels") or {}
    found = (*remade, *objects.differences(_deciding(written, labels), _deciding(live, labels)))
    return found or _changed_back(written, live)


def _changed_back(written: Object, live: Object) -> tuple[FieldDifference, ...]:
    was, now = written["metadata"].get("generation"), live["metadata"].get("generation")
    if was is None or now is None or now <= was or _notes(written) != _notes(live):
        return ()
    return (FieldDifference(path="metadata.generation, so it was changed and changed back", was=was, now=now),)


def _notes(deployment: Object) -> Object:
    return objects.cleaned(deployment)["metadata"].get("annotations") or {}


def _deciding(deployment: Object, labels: Container[str]) -> Object:
    kept = {key: value for key, value in (deployment["metadata"].get("labels") or {}).items() if key in labels}
    return {"metadata": {"labels": kept}, "spec": deployment.get("spec")}


def digest(pod: Object, *, container: str) -> str:
    """Of the image that a container of the pod really runs; ``""`` before the node says."""
    return next((one.digest for one in facts.images(pod) if one.container == container), "")


def mismatch(pod: Object, *, container: str, image: str, prepared: str) -> str:
    """Why a pod is not the candidate's; ``""`` where it is, as far as it can be told by now.

    The digest decides where both are known, since a mirror may give the same image another name, and a tag may move.

    Args:
        pod: as it was found.
        container: the one that serves.
        image: the candidate, as it was applied.
        prepared: the digest that was pulled and asked while production served; ``""`` where that is not known.
    """
    asked, runs = objects.image(pod, container=container), digest(pod, container=container)
    known = bool(runs and prepared)
    if runs == prepared if known else asked == image:
        return ""
    here, there = (f" ({runs})", f" ({prepared})") if known else ("", "")
    moved = "; its tag was moved during the run, so name the candidate by its digest" if asked == image else ""
    said = f"pod {pod['metadata']['name']} runs {asked or 'no such container'}{here}"
    return f"{said}, and the candidate is {image}{there}{moved}"


def without_pods(deployment: Object) -> str:
    """Why the cluster makes no pod for a Deployment, such as a quota; ``""`` where nothing of that is known.

    Source: Kubernetes' apps/v1, condition ``ReplicaFailure`` of a Deployment, which repeats the ReplicaSet's.
    """
    conditions = deployment.get("status", {}).get("conditions") or []
    failed: Object = next((one for one in conditions if one.get("type") == "ReplicaFailure"), {})
    return " ".join(str(failed.get("message", "")).split()) if failed.get("status") == "True" else ""
