"""Changes of YAML text by place: what the editors of manifests and of kustomizations share. Pure.

A style that is not foreseen gives a text that does not read as it should; each editor reads its own work again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import yaml

from vllm_qualify.kube.yamltext import Path

Change = tuple[int, int, str]
"""What of a text gives way to what: begin and end of the one, and the other."""


def applied(text: str, changes: Sequence[Change]) -> str:
    """The text with all changes made; they must not overlap."""
    for begin, end, replacement in sorted(changes, reverse=True):
        text = text[:begin] + replacement + text[end:]
    return text


def span(text: str, node: yaml.Node) -> tuple[int, int]:
    """Begin and end of a value, without the line ends that belong to a block of text."""
    begin, end = node.start_mark.index, node.end_mark.index
    return begin, begin + len(text[begin:end].rstrip())


def behind(text: str, index: int, lines: Sequence[str]) -> Change:
    """Lines behind the line that ends at an index or goes on there."""
    newline = "\r\n" if "\r\n" in text else "\n"
    # Back by one: the end of a block of text is the beginning of the next line.
    end = text.find("\n", max(index - 1, 0)) + 1
    if end or not text:
        return end, end, "".join(line + newline for line in lines)
    return len(text), len(text), "".join(newline + line for line in lines)


def before_bracket(node: yaml.CollectionNode, added: str) -> Change:
    """One more thing at the end of a list or a mapping in brackets."""
    end = node.end_mark.index - 1
    return end, end, f", {added}" if node.value else added


def end(node: yaml.Node) -> int:
    """Where the last value ends; a block itself ends where the next thing begins, behind all comments."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)


def pair(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    """Key and value of a mapping, as they stand in the text; an item of a list is both."""
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step], node.value[step]
    # What a merge key (<<) brings in stands before the mapping's own, which wins.
    pairs = reversed(node.value) if isinstance(node, yaml.MappingNode) else ()
    return next(((key, value) for key, value in pairs if key.value == step), None)


def below(node: yaml.Node | None, path: Path) -> yaml.Node | None:
    """The value at a path."""
    for step in path:
        found = pair(node, step)
        node = found and found[1]
    return node


def collection(node: yaml.Node | None, *path: str | int) -> yaml.CollectionNode | None:
    """The mapping or list at a path."""
    found = below(node, path)
    return found if isinstance(found, yaml.CollectionNode) else None


def item(pairs: Mapping[str, str], *, indent: int) -> Iterator[str]:
    """An item of a list, a line for each of its keys with what is written there."""
    for place, (key, written) in enumerate(pairs.items()):
        yield f"{' ' * indent}{'  ' if place else '- '}{key}: {written}"


def in_braces(pairs: Mapping[str, str]) -> str:
    """A mapping on one line."""
    return "{" + ", ".join(f"{key}: {written}" for key, written in pairs.items()) + "}"
