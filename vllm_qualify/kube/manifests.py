"""Reads the operator's manifests: which container serves, with which command line. Pure.

Called by the suite of ARGS, by both targets, and by preflight.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from vllm_qualify.kube import config_maps, containers, pod_templates, serving_container, unreadable, yamltext
from vllm_qualify.kube.containers import Around
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pod_templates import WORKLOADS, at, pod_spec
from vllm_qualify.kube.serving import BadManifest, ServingManifest
from vllm_qualify.kube.serving_container import ContainerCandidate
from vllm_qualify.kube.yamltext import YamlDocument

__all__ = ["GPU", "WORKLOADS", "Around", "at", "documents_of", "places", "pod_spec", "read", "serving", "workload"]

GPU = "nvidia.com/gpu"


def serving(text: str, *, source: str, name: str = "", around: Around | None = None) -> ServingManifest:
    """Read the container that serves, of the one workload of a YAML text that runs vLLM or asks for a GPU.

    Args:
        text: YAML, one or more documents; what is inside a ``kind: List`` counts as well.
        source: name of the file, for the messages.
        name: of the workload, where several could be meant.
        around: what is known beside it.

    Raises:
        BadManifest: the text is no YAML, there is no such workload or more than one, or it cannot be read.
    """
    documents = documents_of(text, source=source)
    found = _chosen(documents, source, name)
    return read(found, documents, around or Around())


def workload(text: str, *, source: str, name: str = "", around: Around | None = None) -> tuple[Object, ServingManifest]:
    """Read the container that serves, and its workload as the API takes it.

    Args:
        text: YAML, one or more documents.
        source: name of the file, for the messages.
        name: of the workload, where several could be meant.
        around: what is known beside it.

    Raises:
        BadManifest: as ``serving``.
    """
    documents = documents_of(text, source=source)
    template = _chosen(documents, source, name).template
    manifest = serving(text, source=source, name=name, around=around)
    try:
        found: Object = _as_json(template.document, template.root)
    except RecursionError as error:
        line = template.document.line(*template.root)
        raise BadManifest(f"{source}:{line}: a value contains itself through a YAML alias") from error
    return found, manifest


def places(document: YamlDocument) -> Iterator[yamltext.Path]:
    """Where in a document its workloads are: at its root, or among the items of a list."""
    yield from (template.root for template in pod_templates.of_workloads(document, ""))


def documents_of(text: str, *, source: str) -> tuple[YamlDocument, ...]:
    """The documents of a text.

    Raises:
        BadManifest: it is no YAML, or a template that has to be rendered first.
    """
    try:
        return yamltext.documents(text)
    except yamltext.BadYaml as error:
        if template := unreadable.template(text):
            raise BadManifest(f"{source} {template}") from error
        raise BadManifest(f"{source}:{error.line}: {error}") from error


def _chosen(documents: Sequence[YamlDocument], source: str, name: str) -> ContainerCandidate:
    templates = [each for document in documents for each in pod_templates.of_workloads(document, source)]
    named = [each for each in templates if name in {"", each.name}]
    if not named:
        found = ", ".join(map(str, templates)) or "none"
        wanted = f"a workload {name}" if name else "exactly one workload, such as a Deployment,"
        other = next(iter(unreadable.reasons(documents)), "") if not templates else ""
        raise BadManifest(f"{source}: expected {wanted} and found {found}{f'; it {other}' if other else ''}")
    candidates = serving_container.candidates(named)
    if not candidates:
        raise BadManifest(f"{source}:{named[0].document.line(*named[0].pod)}: the workload has no container")
    return serving_container.only(candidates, source=source)


def read(found: ContainerCandidate, documents: Sequence[YamlDocument], around: Around) -> ServingManifest:
    """Read a container that was chosen.

    Args:
        found: the container.
        documents: all that was read with it; ConfigMaps among them are at hand.
        around: what is known beside them.

    Raises:
        BadManifest: something in it cannot be read. All problems at once.
    """
    known = config_maps.of(documents, elsewhere=around.config_maps.elsewhere, beside=around.config_maps.beside)
    problems: list[str] = []
    manifest = containers.read(found.template, found.place, replace(around, config_maps=known), problems)
    if problems:
        raise BadManifest("\n".join(problems))
    return manifest


def _as_json(document: YamlDocument, path: yamltext.Path) -> Any:
    """A value as kubectl would send it. Its parser knows no dates and no numbers with colons: those are strings."""
    value = at(document.data, *path)
    if isinstance(value, dict):
        return {str(key): _as_json(document, (*path, key)) for key in value}
    if isinstance(value, list):
        return [_as_json(document, (*path, place)) for place in range(len(value))]
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    written = document.text(*path) if number or isinstance(value, date) else ""
    return written if ":" in written or isinstance(value, date) else value
