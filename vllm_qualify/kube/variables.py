"""Gives a container an environment variable in the operator's own text; everything else stays. Pure.

Called by the plan of an upgrade, where an image works with an override only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import yaml

from vllm_qualify.kube import edits, manifests, yaml_changes, yamltext
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.kube.yaml_changes import Change
from vllm_qualify.kube.yamltext import YamlDocument

_BEFORE_ENV = ("args", "command", "image", "name")
"""Behind the first of these that a container has, a new ``env`` is written."""
_INDENT = 2


def with_variable(
    text: str, *, kind: str, name: str, container: str, variable: str, value: str, source: str = "manifest"
) -> str:
    """Set one variable of one container; comments and everything else stay.

    Args:
        text: YAML, one or more documents, lists of objects included.
        kind: the workload's kind, such as ``Deployment``.
        name: the workload's name.
        container: name of the container.
        variable: name of the variable.
        value: its value.
        source: name of the file, for the messages.

    Raises:
        BadManifest: there is no such container or more than one, or its ``env`` is written in a way that is not edited
            here; then the message has the entry to write.
    """
    mark, text = edits.split_mark(text)
    documents = edits.read(text, source)
    place, path = edits.container_path(documents, kind=kind, name=name, container=container, source=source)
    document = documents[place]
    env = manifests.at(document.data, *path, "env")
    entries = env if isinstance(env, list) else []
    found = [index for index, entry in enumerate(entries) if manifests.at(entry, "name") == variable]
    if not found:
        changed = _added(text, document, path, _entry(variable, value))
        wanted = [*entries, {"name": variable, "value": value}]
    else:
        changed = edits.exchanged(text, document.node, (*path, "env", found[0], "value"), value)
        wanted = edits.replaced(entries, (found[0],), entries[found[0]] | {"value": value})
    whole = manifests.at(document.data, *path) | {"env": wanted}
    twice = len(found) > 1
    if twice or changed is None or not edits.says(changed, edits.wanted(documents, place, path, whole)):
        raise BadManifest(
            f"{source}:{document.line(*path, 'env')}: the environment of the container {container} is written in a "
            "way that cannot be changed without changing more; add the entry "
            f"{yaml_changes.in_braces(_entry(variable, value))}"
        )
    return mark + changed


def _entry(variable: str, value: str) -> dict[str, str]:
    return {"name": edits.scalar(variable), "value": edits.scalar(value)}


def _added(text: str, document: YamlDocument, path: yamltext.Path, entry: Mapping[str, str]) -> str | None:
    change = next(_additions(text, document, path, entry), None)
    return None if change is None else yaml_changes.applied(text, [change])


def _additions(text: str, document: YamlDocument, path: yamltext.Path, entry: Mapping[str, str]) -> Iterator[Change]:
    """Where the entry goes: behind those that are there, or with an ``env`` of its own."""
    container = yaml_changes.below(document.node, path)
    there = yaml_changes.pair(container, "env")
    if there is not None:
        yield from _behind_others(text, there[1], entry)
    elif isinstance(container, yaml.MappingNode) and container.flow_style:
        yield yaml_changes.before_bracket(container, f"env: [{yaml_changes.in_braces(entry)}]")
    else:
        yield from _of_its_own(text, container, entry)


def _behind_others(text: str, env: yaml.Node, entry: Mapping[str, str]) -> Iterator[Change]:
    if isinstance(env, yaml.SequenceNode) and env.flow_style:
        yield yaml_changes.before_bracket(env, yaml_changes.in_braces(entry))
    elif isinstance(env, yaml.SequenceNode):
        yield yaml_changes.behind(
            text, yaml_changes.end(env), list(yaml_changes.item(entry, indent=env.start_mark.column))
        )


def _of_its_own(text: str, container: yaml.Node | None, entry: Mapping[str, str]) -> Iterator[Change]:
    known = (yaml_changes.pair(container, name) for name in _BEFORE_ENV)
    for key, value in (found for found in known if found):
        column = key.start_mark.column
        # The lists of one file are indented alike.
        listed = isinstance(value, yaml.SequenceNode) and not value.flow_style
        indent = value.start_mark.column if listed else column + _INDENT
        lines = [f"{' ' * column}env:", *yaml_changes.item(entry, indent=indent)]
        yield yaml_changes.behind(text, yaml_changes.end(value), lines)
