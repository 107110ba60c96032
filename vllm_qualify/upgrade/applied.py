"""The objects that an upgrade applies, as kubectl is told of them. Pure."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from vllm_qualify.kube import manifests, yamltext
from vllm_qualify.upgrade.edits import Folder, ModeFile

_GROUPS = {"configmap": "api/v1", "job": "apis/batch/v1", "pod": "api/v1"}
PART = "app.kubernetes.io/name"
"""The label by which what belongs together is found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedObject:
    """One object.

    Attributes:
        name: as in ``deployment/vllm-server``.
        namespace: where it is.
        words: name its file or folder to kubectl, as a shell takes them.
        part: the value of its label ``PART``; ``""`` where it has none.
    """

    name: str
    namespace: str
    words: tuple[str, ...]
    part: str = ""

    @property
    def copy(self) -> str:
        """The name of a file that keeps it as it was."""
        return f"before-{self.name.replace('/', '-')}.json"

    @property
    def path(self) -> str:
        """Where it is in the API."""
        kind, _, name = self.name.partition("/")
        return f"/{_GROUPS.get(kind, 'apis/apps/v1')}/namespaces/{self.namespace}/{kind}s/{name}"


def deployment(mode: ModeFile, *, namespace: str) -> AppliedObject:
    """The workload of a mode.

    Args:
        mode: the mode.
        namespace: where it is unless its manifest says it.
    """
    path = PurePosixPath(mode.path)
    words = ("-k", shlex.quote(str(path.parent))) if mode.kustomized else ("-f", shlex.quote(str(path)))
    name = f"{mode.serving.kind.lower()}/{mode.serving.name}"
    return AppliedObject(name=name, namespace=mode.serving.namespace or namespace, words=words)


def config_map(folder: Folder, *, namespace: str) -> tuple[AppliedObject, ...]:
    """The config map with the proxy's list of models; none where the file is the proxy's own, or cannot be read.

    Args:
        folder: the operator's.
        namespace: where it is unless its file says it.
    """
    if folder.route is None:
        return ()
    words = ("-f", shlex.quote(folder.route.path))
    found = (one.data for one in yamltext.readable(folder.texts[folder.route.path]) if _configures(one.data))
    return tuple(
        AppliedObject(
            name=f"configmap/{manifests.at(data, 'metadata', 'name')}",
            namespace=str(manifests.at(data, "metadata", "namespace") or namespace),
            words=words,
            part=str(manifests.at(data, "metadata", "labels", PART) or ""),
        )
        for data in found
    )


def _configures(data: Any) -> bool:
    return manifests.at(data, "kind") == "ConfigMap" and "model_list" in str(manifests.at(data, "data"))
