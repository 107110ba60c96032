"""Names what an operator gave that holds no pods to read, and the way on. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from vllm_qualify.kube.pod_templates import at, roots
from vllm_qualify.kube.yamltext import YamlDocument

_TEMPLATE = re.compile(r"\{\{(?:(?!\{\{).)*?\}\}")
_PIPE = "| vllm-qualify preflight IMAGE --manifest -"
_RENDER = f"helm template RELEASE CHART -f VALUES {_PIPE}"
_ARGS = "or give the command line with --args"
# Top-level keys that values files of charts have; an object of the API has none of them.
_VALUES = frozenset({"fullnameOverride", "modelSpec", "nameOverride", "replicaCount", "servingEngineSpec"})
_STACK = "servingEngineSpec"


def template(text: str) -> str:
    """Say that a text is a template; ``""`` where it is none. A text may be YAML in spite of ``{{ }}`` in quotes."""
    found = _TEMPLATE.search(text)
    if found is None:
        return ""
    line = text.count("\n", 0, found.start()) + 1
    return f"has {found[0][:40]} in line {line}, so it is a template, such as of a Helm chart; render it: {_RENDER}"


def reasons(documents: Sequence[YamlDocument]) -> tuple[str, ...]:
    """Why nothing can be read from documents, one line for each of the known kinds; empty for what nobody knows."""
    return tuple(dict.fromkeys(reason for document in documents for reason in _of(document)))


def kinds(documents: Sequence[YamlDocument]) -> tuple[str, ...]:
    """What stands in documents, as in ``Service vllm``."""
    found = (at(document.data, *root) for document in documents for root in roots(document))
    return tuple(f"{each['kind']} {at(each, 'metadata', 'name') or ''}".strip() for each in found if at(each, "kind"))


def _of(document: YamlDocument) -> Iterator[str]:
    for root in roots(document):
        found = at(document.data, *root)
        kind = at(found, "kind")
        if kind is None:
            yield from _without_kind(found)
        elif kind in _KINDS:
            yield _KINDS[str(kind)](found)


def _without_kind(found: Any) -> Iterator[str]:
    keys = set(map(str, found)) if isinstance(found, dict) else set()
    if {"apiVersion", "name", "version"} <= keys:
        yield f"is the Chart.yaml of a Helm chart; render the chart: {_RENDER}"
    elif keys & _VALUES or at(found, "image", "repository"):
        render = _RENDER.replace("CHART", "vllm/vllm-stack") if _STACK in keys else _RENDER
        yield f"has the values of a Helm chart, not rendered manifests; render it: {render}, {_ARGS}"


def _application(found: Any) -> str:
    sources = [at(found, "spec", "source"), *(at(found, "spec", "sources") or [])]
    places = [
        f"{at(each, 'path') or 'chart ' + str(at(each, 'chart'))} of {at(each, 'repoURL')}"
        for each in sources
        if isinstance(each, dict)
    ]
    pointed = " and ".join(places) or "another place"
    return (
        f"is an Argo CD Application, which points to {pointed}; give that folder, or its rendered manifests: argocd "
        "app "
        f"manifests {_name(found)} {_PIPE}"
    )


def _application_set(found: Any) -> str:
    return f"is an Argo CD ApplicationSet, {_name(found)}, which creates Applications; give the folder they point to"


def _helm_release(found: Any) -> str:
    chart = at(found, "spec", "chart", "spec", "chart") or at(found, "spec", "chartRef", "name") or "CHART"
    return (
        f"is a HelmRelease of Flux, {_name(found)}: values for the chart {chart}; render it: helm template "
        f"{_name(found)} {chart} -f VALUES {_PIPE}, {_ARGS}"
    )


def _kustomization(found: Any) -> str:
    if "toolkit.fluxcd.io" in str(at(found, "apiVersion")):
        folder = at(found, "spec", "path") or "a folder"
        return f"is a Kustomization of Flux, {_name(found)}, which points to {folder}; give that folder"
    return "is a kustomization; give its folder, which kubectl renders"


def _runtime(found: Any) -> str:
    return (
        f"is a {found['kind']} of the production stack, {_name(found)}, whose pods its operator creates; give one of "
        f"them: kubectl get pod POD -o yaml {_PIPE}, {_ARGS}"
    )


def _inference_service(found: Any) -> str:
    runtime = at(found, "spec", "predictor", "model", "runtime")
    named = f"the ServingRuntime {runtime}" if runtime else "the ServingRuntime that KServe chooses"
    return (
        f"is the InferenceService {_name(found)}, whose container is defined in {named}; add that to the same file, "
        f"or give the pod that KServe created: kubectl get pod POD -o yaml {_PIPE}"
    )


def _ray(found: Any) -> str:
    return (
        f"is a {found['kind']}, {_name(found)}, in which Ray Serve starts the engine by its configuration; {_ARGS[3:]}"
    )


def _other(found: Any) -> str:
    return f"is a {found['kind']}, {_name(found)}, which holds no command line of vLLM; {_ARGS[3:]}"


def _name(found: Any) -> str:
    return str(at(found, "metadata", "name") or "NAME")


_KINDS: dict[str, Callable[[Any], str]] = {
    "Application": _application,
    "ApplicationSet": _application_set,
    "DynamoGraphDeployment": _other,
    "HelmRelease": _helm_release,
    "InferenceService": _inference_service,
    "Kustomization": _kustomization,
    "LLMInferenceService": _other,
    "RayCluster": _ray,
    "RayService": _ray,
    "VLLMRuntime": _runtime,
    "Workspace": _other,
}
