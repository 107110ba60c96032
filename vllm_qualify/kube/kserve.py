"""Joins a KServe InferenceService with the ServingRuntime in the same files, as KServe makes its pods. Pure.

Source: KServe's ``MergeRuntimeContainers`` and ``ReplacePlaceholders`` (pkg/controller/v1beta1/inferenceservice/utils):
arguments are put behind those of the runtime, variables are joined by name, ``{{.Name}}`` becomes the service's name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from vllm_qualify.kube.pod_templates import PodTemplate, at, roots
from vllm_qualify.kube.yamltext import Path, YamlDocument

_CONTAINER = "kserve-container"
_PLACEHOLDER = re.compile(r"\{\{\s*\.Name\s*\}\}")
_RUNTIMES = ("ServingRuntime", "ClusterServingRuntime")


def joined(documents: Iterable[tuple[YamlDocument, str]]) -> tuple[PodTemplate, ...]:
    """The pods of every InferenceService whose container stands in a runtime among the documents.

    Args:
        documents: with the files that they are from.
    """
    known = list(documents)
    runtimes = [found for document, _ in known for found in _of_kind(document, *_RUNTIMES)]
    return tuple(
        _template(document, source, root, runtime)
        for document, source in known
        for root in roots(document)
        if (runtime := _runtime(at(document.data, *root), runtimes)) is not None
    )


def _of_kind(document: YamlDocument, *kinds: str) -> Iterator[Any]:
    for root in roots(document):
        found = at(document.data, *root)
        if at(found, "kind") in kinds:
            yield found


def _runtime(service: Any, runtimes: list[Any]) -> Any:
    """The runtime of an InferenceService; ``None`` for any other object, and where it is not at hand."""
    model = at(service, "spec", "predictor", "model")
    if at(service, "kind") != "InferenceService" or not isinstance(model, dict):
        return None
    named = [one for one in runtimes if at(one, "metadata", "name") == model.get("runtime")]
    # Without a name KServe looks for one that fits the model's format; of a single one that is clear.
    return named[0] if named else runtimes[0] if len(runtimes) == 1 and not model.get("runtime") else None


def _template(document: YamlDocument, source: str, root: Path, runtime: Any) -> PodTemplate:
    service = at(document.data, *root)
    name = str(at(service, "metadata", "name") or "")
    containers = [one for one in at(runtime, "spec", "containers") or [] if isinstance(one, dict)]
    first = next((one for one in containers if one.get("name") == _CONTAINER), containers[0] if containers else {})
    volumes = [*(at(runtime, "spec", "volumes") or []), *(at(service, "spec", "predictor", "volumes") or [])]
    pod = {"containers": [_named(_merged(first, at(service, "spec", "predictor", "model")), name)], "volumes": volumes}
    return PodTemplate(
        # Lines are those of the service, which is what an operator changes.
        document=YamlDocument(data={"pod": pod}, node=document.node, whole=document.whole),
        source=source,
        root=root,
        pod=("pod",),
        kind="InferenceService",
        name=name,
        namespace=str(at(service, "metadata", "namespace") or ""),
    )


def _merged(container: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
    own = {key: model[key] for key in ("command", "image", "resources") if model.get(key)}
    lists = {key: [*(container.get(key) or []), *(model.get(key) or [])] for key in ("args", "env", "volumeMounts")}
    return {**container, **own, **lists}


def _named(value: Any, name: str) -> Any:
    """The same with the service's name for its placeholder."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda _: name, value)
    if isinstance(value, list):
        return [_named(each, name) for each in value]
    if isinstance(value, dict):
        return {key: _named(each, name) for key, each in value.items()}
    return value
