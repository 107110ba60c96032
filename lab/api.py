"""The API server of a lab, asked without kubectl, for what looks many times a second."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from typing import Any

import httpx

from lab.places import Lab

Object = dict[str, Any]

APPLY = "application/apply-patch+yaml"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"

_SECONDS = 5.0


def client(lab: Lab) -> httpx.Client:
    """A client with the rights of an administrator; whoever asks for it closes it.

    Args:
        lab: a running lab.
    """
    trust = ssl.create_default_context(cafile=lab.keys / "ca.crt")
    trust.load_cert_chain(lab.keys / "admin.crt", lab.keys / "admin.key")
    return httpx.Client(base_url=lab.server, verify=trust, timeout=_SECONDS, trust_env=False)


class Api:
    """What actors say to the API server; each answer that is no success raises ``httpx.HTTPError``.

    Args:
        http: leads to the server.
        namespace: where everything is.
        manager: the field manager of every write, as ``metadata.managedFields`` will name it.
    """

    def __init__(self, http: httpx.Client, *, namespace: str, manager: str) -> None:
        self._http = http
        self._namespace = namespace
        self._manager = {"fieldManager": manager}

    def deployments(self) -> list[Object]:
        """All Deployments of the namespace."""
        return self._items("apis/apps/v1", "deployments")

    def pods(self) -> list[Object]:
        """All pods of the namespace, the newest last."""
        return sorted(self._items("api/v1", "pods"), key=lambda pod: str(pod["metadata"]["creationTimestamp"]))

    def patch_deployment(self, name: str, change: Mapping[str, Any], *, kind: str) -> None:
        """Change a Deployment.

        Args:
            name: of the Deployment.
            change: the patch.
            kind: its media type.
        """
        force = {"force": "true"} if kind == APPLY else {}
        self._patch(self._path("apis/apps/v1", "deployments", name), change, kind=kind, **force)

    def scale(self, name: str, replicas: int) -> None:
        """Set the replicas by the scale subresource, as autoscalers do."""
        change = {"spec": {"replicas": replicas}}
        self._patch(self._path("apis/apps/v1", "deployments", name, "scale"), change, kind=MERGE)

    def evict(self, pod: str) -> None:
        """Ask for an eviction, as a drain does."""
        wish = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": self._namespace}}
        self._http.post(self._path("api/v1", "pods", pod, "eviction"), json=wish).raise_for_status()

    def fail(self, pod: str) -> None:
        """Say that a pod has failed, as a kubelet does that runs out of disk; the object stays, as it does then."""
        status = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: ephemeral-storage."}
        self._patch(self._path("api/v1", "pods", pod, "status"), {"status": status}, kind=MERGE)

    def _items(self, group: str, plural: str) -> list[Object]:
        answer = self._http.get(self._path(group, plural))
        found: list[Object] = answer.raise_for_status().json()["items"]
        return found

    def _patch(self, path: str, change: Mapping[str, Any], *, kind: str, **query: str) -> None:
        headers = {"Content-Type": kind}
        asked = self._http.patch(path, content=json.dumps(change), headers=headers, params=self._manager | query)
        asked.raise_for_status()

    def _path(self, group: str, *rest: str) -> str:
        return "/".join(("", group, "namespaces", self._namespace, *rest))
