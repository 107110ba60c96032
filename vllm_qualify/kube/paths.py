"""Where objects live in the API: its REST paths, written out, so that nothing has to be discovered first. Pure."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from vllm_qualify.kube.objects import Object

GROUPS = "/apis"
"""Which API groups the server has."""
_PREFIXES = {
    "Application": ("/apis/argoproj.io/v1alpha1", "applications"),
    "ConfigMap": ("/api/v1", "configmaps"),
    "Deployment": ("/apis/apps/v1", "deployments"),
    "Event": ("/api/v1", "events"),
    "HelmRelease": ("/apis/helm.toolkit.fluxcd.io/v2", "helmreleases"),
    "HorizontalPodAutoscaler": ("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    "Kustomization": ("/apis/kustomize.toolkit.fluxcd.io/v1", "kustomizations"),
    "Lease": ("/apis/coordination.k8s.io/v1", "leases"),
    "Namespace": ("/api/v1", "namespaces"),
    "Node": ("/api/v1", "nodes"),
    "Pod": ("/api/v1", "pods"),
    "ReplicaSet": ("/apis/apps/v1", "replicasets"),
    "ScaledObject": ("/apis/keda.sh/v1alpha1", "scaledobjects"),
    "Secret": ("/api/v1", "secrets"),
    "SelfSubjectRulesReview": ("/apis/authorization.k8s.io/v1", "selfsubjectrulesreviews"),
    "SelfSubjectAccessReview": ("/apis/authorization.k8s.io/v1", "selfsubjectaccessreviews"),
    "Service": ("/api/v1", "services"),
    "VerticalPodAutoscaler": ("/apis/autoscaling.k8s.io/v1", "verticalpodautoscalers"),
}


def path(kind: str, namespace: str = "", name: str = "", *, sub: str = "", **query: str) -> str:
    """The path of one object, or of all of a kind.

    Args:
        kind: as manifests write it, such as ``Deployment``.
        namespace: ``""`` for kinds without one, and for all namespaces at once.
        name: ``""`` for all of them, or for the place where a new one is created.
        sub: a part of the object, such as ``log``.
        query: such as ``labelSelector="app=vllm"``; empty ones are left out.

    Raises:
        KeyError: the harness has no business with that kind.
    """
    prefix, plural = _PREFIXES[kind]
    within = ("namespaces", namespace) if namespace else ()
    parts = [prefix, *within, plural, *filter(None, (quote(name), sub))]
    asked = urlencode({key: value for key, value in query.items() if value})
    return "/".join(parts) + (f"?{asked}" if asked else "")


def group(kind: str) -> str:
    """The API group of a kind; ``""`` for the core.

    Raises:
        KeyError: the harness has no business with that kind.
    """
    prefix, _ = _PREFIXES[kind]
    return prefix.removeprefix("/apis/").partition("/")[0] if prefix.startswith("/apis/") else ""


def of(obj: Object) -> str:
    """The path of an object by what it says of itself."""
    metadata = obj["metadata"]
    return path(obj["kind"], metadata.get("namespace", ""), metadata["name"])


def place(obj: Object) -> str:
    """The path under which an object is created."""
    return path(obj["kind"], obj["metadata"].get("namespace", ""))
