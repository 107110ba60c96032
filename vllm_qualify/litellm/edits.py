"""Lets an alias of the LiteLLM config map lead to another model, in the operator's own text. Pure.

Called by the plan of an upgrade. One scalar is exchanged, also where it stands in a block of text within the config
map; a comment beside it, and every other byte, stays.
"""

from __future__ import annotations

from typing import Any

import yaml

from vllm_qualify.core import foreign
from vllm_qualify.kube import edits, manifests, yaml_changes, yamltext
from vllm_qualify.litellm.config import BadProxyConfig


def with_model(text: str, *, index: int, model: str, source: str) -> str:
    """Exchange the model of one entry of ``model_list``.

    Args:
        text: of the file: a config map, or a bare LiteLLM configuration; ``routing.parse`` has read it.
        index: the place of the entry in the list, counted from 0.
        model: what it becomes, such as ``openai/Qwen/Qwen3-8B-AWQ``.
        source: name of the file, for the messages.

    Raises:
        BadProxyConfig: the model is written in a way that is not edited here.
    """
    mark, bare = edits.split_mark(text)
    changed = _changed(bare, index=index, model=model)
    if changed is None:
        raise BadProxyConfig(
            f"{source}: the model of entry {index + 1} of model_list is written in a way that cannot be changed "
            f"without changing more; set model: {model}"
        )
    return mark + changed


def _changed(text: str, *, index: int, model: str) -> str | None:
    documents = yamltext.documents(text)
    for place, document in enumerate(documents):
        if isinstance(document.data, dict) and "model_list" in document.data:
            path: yamltext.Path = ("model_list", index, "litellm_params", "model")
            return _checked(edits.exchanged(text, document.node, path, model), documents, place, path, model)
        for key, inner in _values(document.data).items():
            after = _changed(inner, index=index, model=model) if _configures(inner) else None
            node = yaml_changes.below(document.node, ("data", key))
            if after is not None and node is not None:
                return _checked(_embedded(text, node, inner, after), documents, place, ("data", key), after)
    return None


def _values(data: Any) -> dict[str, Any]:
    return foreign.mapping(manifests.at(data, "data")) if manifests.at(data, "kind") == "ConfigMap" else {}


def _configures(inner: object) -> bool:
    """A value of the config map that may hold the list; others are other files, and may be anything."""
    return isinstance(inner, str) and "model_list" in inner


def _checked(
    changed: str | None,
    documents: tuple[yamltext.YamlDocument, ...],
    place: int,
    path: yamltext.Path,
    value: Any,
) -> str | None:
    good = changed is not None and edits.says(changed, edits.wanted(documents, place, path, value))
    return changed if good else None


def _embedded(text: str, node: yaml.Node, before: str, after: str) -> str | None:
    """The text with the lines that differ exchanged; only the style ``|`` keeps lines as they are."""
    old, new, outer = before.split("\n"), after.split("\n"), text.split("\n")
    if not (isinstance(node, yaml.ScalarNode) and node.style == "|" and len(old) == len(new)):
        return None
    first = node.start_mark.line + 1
    for number, (was, becomes) in enumerate(zip(old, new, strict=True), start=first):
        if was == becomes:
            continue
        line = outer[number] if number < len(outer) else ""
        bare = line.removesuffix("\r")
        if not bare.endswith(was):
            return None
        outer[number] = bare.removesuffix(was) + becomes + line[len(bare) :]
    return "\n".join(outer)
