"""From the operator's Deployment to the candidate's: in its place, or beside it under a name of our own. Pure."""

from __future__ import annotations

from vllm_qualify.kube import objects
from vllm_qualify.kube.objects import Object

BESIDE = "vllm-qualify"
"""The Service of candidates that run beside production, and the beginning of their Deployments' names."""


def in_place(manifest: Object, *, namespace: str, container: str, image: str) -> Object:
    """The operator's Deployment with nothing but its image changed, and one replica."""
    moved = objects.with_namespace(manifest, namespace)
    return objects.with_replicas(objects.with_image(moved, image, container=container), 1)


def beside(manifest: Object, *, namespace: str, container: str, image: str, mode: str) -> Object:
    """The operator's Deployment under another name, with labels that no Service of the operator's selects."""
    moved = in_place(manifest, namespace=namespace, container=container, image=image)
    labels = {"app": BESIDE, "mode": mode, "app.kubernetes.io/part-of": BESIDE}
    moved["metadata"] = {"name": f"{BESIDE}-{mode}", "namespace": namespace, "labels": dict(labels)}
    moved["spec"]["selector"] = {"matchLabels": {"app": BESIDE, "mode": mode}}
    template = moved["spec"]["template"]
    template["metadata"] = {"labels": dict(labels), "annotations": template["metadata"].get("annotations") or {}}
    return moved


def service(*, namespace: str, port: int) -> Object:
    """The Service of candidates that run beside production."""
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": BESIDE, "namespace": namespace, "labels": {"app.kubernetes.io/part-of": BESIDE}},
        "spec": {"selector": {"app": BESIDE}, "ports": [{"name": "http", "port": port, "targetPort": port}]},
    }


def with_empty_cache(deployment: Object) -> Object:
    """The same Deployment with each hostPath replaced by an empty folder on the same node, gone with its pod.

    The operator's own cache is thereby neither read nor written, and cannot be emptied by mistake.
    """
    changed: Object = objects.copied(deployment)
    for volume in changed["spec"]["template"]["spec"].get("volumes") or []:
        if volume.pop("hostPath", None) is not None:
            volume["emptyDir"] = {}
    return changed
