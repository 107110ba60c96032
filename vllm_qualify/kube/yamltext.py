"""YAML as text with line numbers: what the manifests' reader stands on. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

Path = tuple[str | int, ...]

_MOST_SHOWN = 60
_FAST: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LARGE = 100_000
_DEEPEST = 500


class BadYaml(ValueError):
    """Text that is no YAML, or says a thing twice; ``line`` is where, counted from 1."""

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlDocument:
    """One document of a text.

    Attributes:
        data: its content.
        node: its tree, from which lines are read.
        whole: the text that it is a part of.
    """

    data: Any
    node: yaml.Node
    whole: str

    def line(self, *path: str | int) -> int:
        """The line of a value, or of the nearest one above it that exists; counted from 1."""
        return int(self._nearest(path).start_mark.line) + 1

    def text(self, *path: str | int) -> str:
        """A value as it is written, cut to one short line."""
        node = self._nearest(path)
        written = self.whole[node.start_mark.index : node.end_mark.index].split("\n")[0].strip()
        return written if len(written) <= _MOST_SHOWN else f"{written[:_MOST_SHOWN]}..."

    def _nearest(self, path: Path) -> yaml.Node:
        node = self.node
        for step in path:
            below = _child(node, step)
            if below is None:
                break
            node = below
        return node


def readable(text: str) -> tuple[YamlDocument, ...]:
    """The documents of a text; none where it is no YAML."""
    try:
        return documents(text)
    except BadYaml:
        return ()


def documents(text: str) -> tuple[YamlDocument, ...]:
    """Read every document of a text that is not empty.

    Raises:
        BadYaml: the text is no YAML, or a mapping has a key twice, which kubectl refuses as well.
    """
    text = text.removeprefix("\ufeff")
    try:
        return tuple(_documents(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        message = f"not valid YAML: {error.problem or error.context}"
        raise BadYaml(message, line=mark.line + 1 if mark else 1) from error
    except yaml.reader.ReaderError as error:
        raise BadYaml(f"not valid YAML: {error.reason}", line=text.count("\n", 0, error.position) + 1) from error
    except BadYaml:
        raise
    except (RecursionError, ValueError) as error:
        # A date that no calendar has, or brackets a thousand deep; neither says where.
        raise BadYaml(f"not valid YAML: {error}", line=1) from error


def _documents(text: str) -> Iterator[YamlDocument]:
    loader: yaml.SafeLoader = (fast_loader(text) if len(text) > _LARGE else yaml.SafeLoader)(text)
    while loader.check_node():
        node = loader.get_node()
        if node is None:
            return
        _refuse_twins(node, set())
        data = loader.construct_document(node)
        if data is not None:
            yield YamlDocument(data=data, node=node, whole=text)


def fast_loader(text: str) -> type[yaml.SafeLoader]:
    """The loader of libyaml, where there is one: ten times as fast, in other words.

    Raises:
        RecursionError: the text is nested so deeply that the loader would overflow the stack.
        yaml.YAMLError: it is no YAML.
    """
    depth = 0
    # Its events come without recursion.
    for event in yaml.parse(text, Loader=_FAST):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise RecursionError(f"it is nested more than {_DEEPEST} levels deep")
    return _FAST


def _refuse_twins(node: yaml.Node, seen: set[int]) -> None:
    # An alias leads to the same node again, and may lead to the node it stands in.
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twins(item, seen)
    if not isinstance(node, yaml.MappingNode):
        return
    keys: set[str] = set()
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value in keys and key.tag != "tag:yaml.org,2002:merge":
            raise BadYaml(f"the key {key.value!r} occurs twice in one mapping", line=key.start_mark.line + 1)
        keys.add(str(key.value))
        _refuse_twins(value, seen)


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step] if step < len(node.value) else None
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == step), None)
    return None
