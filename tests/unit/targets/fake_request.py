"""What kubectl was asked for, read back from its command line, and what may become of it; for the fake API server."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
Key = tuple[str, str, str]

_KINDS = {
    "/api/v1": {"configmaps": "ConfigMap", "events": "Event", "nodes": "Node", "pods": "Pod", "secrets": "Secret"}
    | {"services": "Service"},
    "/apis/apps/v1": {"deployments": "Deployment", "replicasets": "ReplicaSet"},
    "/apis/authorization.k8s.io/v1": {
        "selfsubjectaccessreviews": "SelfSubjectAccessReview",
        "selfsubjectrulesreviews": "SelfSubjectRulesReview",
    },
    "/apis/argoproj.io/v1alpha1": {"applications": "Application"},
    "/apis/autoscaling.k8s.io/v1": {"verticalpodautoscalers": "VerticalPodAutoscaler"},
    "/apis/autoscaling/v2": {"horizontalpodautoscalers": "HorizontalPodAutoscaler"},
    "/apis/coordination.k8s.io/v1": {"leases": "Lease"},
    "/apis/helm.toolkit.fluxcd.io/v2": {"helmreleases": "HelmRelease"},
    "/apis/keda.sh/v1alpha1": {"scaledobjects": "ScaledObject"},
    "/apis/kustomize.toolkit.fluxcd.io/v1": {"kustomizations": "Kustomization"},
}
_PATH = re.compile(
    r"(?P<group>/api/v1|/apis/[a-z0-9.]+/v[0-9a-z]+)(?:/namespaces/(?P<namespace>[a-z0-9-]+))?/(?P<plural>[a-z]+)"
    r"(?:/(?P<name>[a-z0-9.-]+))?(?:/(?P<sub>log))?"
)


class Fault(Enum):
    """What becomes of one request, as kubectl tells it."""

    CONFLICT = "Error from server (Conflict): Operation cannot be fulfilled on x: the object has been modified"
    CUT = "error: unexpected EOF"
    ETCD = "Error from server: etcdserver: request timed out"
    EXPIRED = "Error from server (Expired): The resourceVersion for the provided list is too old."
    HANG = "kubectl is killed, and the request never came"
    HANG_COMMITTED = "kubectl is killed, and the request was carried out"
    HTML = "<html>of a proxy</html>"
    NO_PATH = "Error from server (NotFound): the server could not find the requested resource"
    REFUSED = "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?"
    RESET = "Unable to connect to the server: read tcp 10.0.0.2:1->10.0.0.1:6443: read: connection reset by peer"
    RESET_COMMITTED = "Unable to connect to the server: EOF"
    STALE = "as it was before the last write"
    UNAVAILABLE = "Error from server (ServiceUnavailable): apiserver not ready"

    def fits(self, verb: str) -> bool:
        """Whether that can become of such a request at all."""
        reads, writes = {Fault.EXPIRED, Fault.STALE}, {Fault.HANG_COMMITTED, Fault.RESET_COMMITTED, Fault.CUT}
        if self is Fault.CONFLICT:
            return verb == "replace"
        return not (self in reads and verb != "get") and not (self in writes and verb == "get")


COMMITTED = {Fault.CUT, Fault.ETCD, Fault.HANG_COMMITTED, Fault.RESET_COMMITTED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it came."""

    verb: str
    kind: str
    namespace: str
    name: str
    query: Mapping[str, str]
    body: Object | None
    sub: str = ""

    @property
    def key(self) -> Key:
        """Which object it is about."""
        return self.kind, self.namespace, self.name

    def __str__(self) -> str:
        return f"{self.verb} {self.kind} {self.name}".strip()


def parsed(argv: list[str], stdin: str) -> Request:
    """What a command line asks for.

    Raises:
        AssertionError: the harness has no business asking that, or not in that way.
    """
    head, (verb, raw, path, *rest) = argv[:3], argv[3:]
    assert head[0] == "kubectl", "the program comes first"
    assert head[1] == "--context=home", "the context is always named"
    assert head[2].startswith("--request-timeout="), "every request has an end"
    assert (raw, rest) == ("--raw", [] if verb == "get" else ["-f", "-"]), "paths are written out"
    parts = urlsplit(path)
    if (verb, path) == ("get", "/apis"):
        return Request(verb=verb, kind="APIGroupList", namespace="", name="", query={}, body=None)
    match = _PATH.fullmatch(parts.path)
    assert match is not None, f"no such path: {parts.path}"
    kind, query = _KINDS[match["group"]][match["plural"]], {key: one[0] for key, one in parse_qs(parts.query).items()}
    body = json.loads(stdin) if rest else None
    name, namespace = match["name"] or "", match["namespace"] or ""
    if verb in {"create", "replace"} and not kind.startswith("SelfSubject"):
        assert body is not None
        assert body["kind"] == kind
        assert body["metadata"].get("namespace", "") == namespace, "object and path name one namespace"
        assert bool(name) == (verb == "replace"), "created below its kind, replaced by its name"
        assert query["fieldManager"] == "vllm-qualify", "the cluster knows who wrote"
        assert set(query) <= {"dryRun", "fieldManager"}
        name = body["metadata"]["name"]
    elif verb == "delete":
        assert name, "never everything of a kind at once"
    else:
        assert set(query) <= {"container", "fieldSelector", "labelSelector", "limitBytes", "previous", "timestamps"}
    sub = match["sub"] or ""
    return Request(verb=verb, kind=kind, namespace=namespace, name=name, query=query, body=body, sub=sub)


def labelled(obj: Object, selector: str) -> bool:
    """Whether a label selector chooses an object."""
    labels = obj["metadata"].get("labels") or {}
    return all(
        labels.get(key) == value for key, _, value in (one.partition("=") for one in filter(None, selector.split(",")))
    )


def with_field(obj: Object, selector: str) -> bool:
    """Whether a field selector chooses an object."""
    if not selector:
        return True
    key, _, value = selector.partition("=")
    assert key in {"involvedObject.uid", "spec.nodeName"}, f"no such field selector: {selector}"
    first, second = key.split(".")
    return bool(obj.get(first, {}).get(second) == value)
