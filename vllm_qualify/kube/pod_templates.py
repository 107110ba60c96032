"""Where in an object the specification of its pods stands: by the kind's own path, or by its shape. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vllm_qualify.core import foreign
from vllm_qualify.kube.yamltext import Path, YamlDocument

WORKLOADS = ("DaemonSet", "Deployment", "Job", "Pod", "ReplicaSet", "StatefulSet")
"""The kinds whose pods a cluster starts by itself, and that a qualification understands."""
_DEEPEST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PodTemplate:
    """Pods of one object.

    Attributes:
        document: that the object stands in.
        source: the file, as messages name it.
        root: of the object within the document.
        pod: of the specification of the pods.
        kind: the object's kind.
        name: the object's name.
        namespace: its namespace, ``""`` when the manifest leaves it to kubectl.
    """

    document: YamlDocument
    source: str
    root: Path
    pod: Path
    kind: str
    name: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()

    @property
    def containers(self) -> list[Any]:
        """The containers as they are written; initialisation and sidecars of other lists left out."""
        return foreign.items(at(self.document.data, *self.pod, "containers"))


def at(data: Any, *path: str | int) -> Any:
    """The value at a path; ``None`` where there is none."""
    for step in path:
        if isinstance(step, int):
            data = data[step] if isinstance(data, list) and step < len(data) else None
        else:
            data = data.get(step) if isinstance(data, dict) else None
    return data


def roots(document: YamlDocument) -> Iterator[Path]:
    """Where in a document its objects are: at its root, or among the items of a list."""
    found = document.data if isinstance(document.data, dict) else {}
    items = found.get("items")
    if not str(found.get("kind", "")).endswith("List") or not isinstance(items, list):
        yield ()
        return
    yield from (("items", place) for place in range(len(items)))


def pod_spec(kind: str) -> Path:
    """Where a workload of that kind has the specification of its pods."""
    return ("spec",) if kind == "Pod" else ("spec", "template", "spec")


def of_workloads(document: YamlDocument, source: str) -> Iterator[PodTemplate]:
    """The workloads of a document, by their kinds."""
    for root in roots(document):
        kind = at(document.data, *root, "kind")
        if kind in WORKLOADS:
            yield _template(document, source, root, (*root, *pod_spec(kind)))


def by_shape(document: YamlDocument, source: str) -> Iterator[PodTemplate]:
    """The pods of any object: workloads by their kinds, other kinds by a list of containers anywhere within them."""
    for root in roots(document):
        kind = at(document.data, *root, "kind")
        if kind in WORKLOADS:
            yield _template(document, source, root, (*root, *pod_spec(kind)))
        elif isinstance(kind, str):
            for pod in _with_containers(at(document.data, *root), root, _DEEPEST):
                yield _template(document, source, root, pod)


def _template(document: YamlDocument, source: str, root: Path, pod: Path) -> PodTemplate:
    metadata = at(document.data, *root, "metadata")
    named = metadata if isinstance(metadata, dict) else {}
    return PodTemplate(
        document=document,
        source=source,
        root=root,
        pod=pod,
        kind=str(at(document.data, *root, "kind")),
        name=str(named.get("name", "")),
        namespace=str(named.get("namespace") or ""),
    )


def _with_containers(value: Any, path: Path, depth: int) -> Iterator[Path]:
    """The paths of mappings that have a list of containers."""
    if isinstance(value, dict):
        containers = value.get("containers")
        if isinstance(containers, list) and any(map(_is_container, containers)):
            yield path
        below: Iterator[tuple[Any, Any]] = iter(value.items())
    elif isinstance(value, list):
        below = iter(enumerate(value))
    else:
        return
    for step, each in below if depth else ():
        if isinstance(step, str | int):
            yield from _with_containers(each, (*path, step), depth - 1)


def _is_container(value: object) -> bool:
    return isinstance(value, dict) and not {"args", "command", "image"}.isdisjoint(value)
