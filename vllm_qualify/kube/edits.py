"""Changes one image in the operator's own text and nothing else, and shows the change as a diff. Pure.

Called by the target before it applies a candidate, and by the plan of an upgrade. The text is never written anew from
what was read: one scalar is exchanged where the parser found it, so comments, quotes and line ends stay as they are.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from vllm_qualify.kube import manifests, yamltext
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.kube.yamltext import YamlDocument

_BYTE_ORDER_MARK = "\ufeff"
# What a parser of YAML might take for a number begins with a digit; Go's and Python's do not agree on all of them.
_PLAIN = re.compile(r"[A-Za-z]([\w.@/:-]*[\w/])?", re.ASCII)
# Words that only some parsers read as true and false.
_WORDS = frozenset({"n", "y"})
_BEFORE_VALUE = (yaml.AnchorToken, yaml.TagToken, yaml.ValueToken)
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def with_image(text: str, *, kind: str, name: str, container: str, image: str, source: str = "manifest") -> str:
    """Exchange the image of one container; every other byte stays.

    Args:
        text: YAML, one or more documents, lists of objects included.
        kind: the workload's kind, such as ``Deployment``.
        name: the workload's name.
        container: name of the container.
        image: the image to put there.
        source: name of the file, for the messages.

    Raises:
        BadManifest: there is no such container or more than one, it has no image, or its image is one text with
            another value (a YAML anchor), so that exchanging it would change both.
    """
    mark, text = _split_mark(text)
    try:
        documents = yamltext.documents(text)
    except yamltext.BadYaml as error:
        raise BadManifest(f"{source}:{error.line}: {error}") from error
    place, path = _container(documents, kind=kind, name=name, container=container, source=source)
    line = documents[place].line(*path)
    token = _value(text, _key(documents[place].node, path, "image"))
    if token is None:
        raise BadManifest(f"{source}:{line}: the container {container} names no image that could be changed")
    changed = _exchanged(text, token, image)
    wanted = [document.data for document in documents]
    wanted[place] = replaced(wanted[place], (*path, "image"), image)
    if not says(changed, wanted):
        raise BadManifest(
            f"{source}:{line}: the image of the container {container} is shared with other values through a YAML "
            "anchor, so changing it would change them too; write it out in the container as image: NAME:TAG"
        )
    return mark + changed


def replaced(data: Any, path: yamltext.Path, value: object) -> Any:
    """The data with another value at one place; what anchors share elsewhere stays."""
    if not path:
        return value
    step, *below = path
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[step] = replaced(copy[step], tuple(below), value)  # type: ignore[index]  # A step fits what it leads into.
    return copy


def says(text: str, wanted: list[Any]) -> bool:
    """Tell whether a text reads as these documents."""
    try:
        return [document.data for document in yamltext.documents(text)] == wanted
    except (yamltext.BadYaml, RecursionError):
        return False


def scalar(value: str, *, style: str | None = None) -> str:
    """A string as YAML, in the style of the scalar whose place it takes; plain only where every parser agrees."""
    if style == "'":
        return "'" + value.replace("'", "''") + "'"
    plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS and yaml.safe_load(value) == value
    return value if plain and style != '"' else json.dumps(value, ensure_ascii=False)


def unified(before: str, after: str, *, path: str) -> str:
    """What changes, as ``git apply`` and ``patch -p1`` take it; empty when nothing does.

    Args:
        before: the text as it is.
        after: the text as it shall be.
        path: the file, relative to where the diff is to be applied.
    """
    path = path.lstrip("/")
    lines = difflib.unified_diff(_lines(before), _lines(after), _git_name(f"a/{path}"), _git_name(f"b/{path}"))
    # The last line of a file that does not end with a newline is told apart so.
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _split_mark(text: str) -> tuple[str, str]:
    bare = text.removeprefix(_BYTE_ORDER_MARK)
    return text[: len(text) - len(bare)], bare


def _container(
    documents: tuple[YamlDocument, ...], *, kind: str, name: str, container: str, source: str
) -> tuple[int, yamltext.Path]:
    """Number of the document, and the path of the container in it."""
    found = [
        (place, (*path, index))
        for place, document in enumerate(documents)
        for path in _containers(document, kind=kind, name=name)
        for index, each in enumerate(manifests.at(document.data, *path) or ())
        if isinstance(each, dict) and each.get("name") == container
    ]
    if len(found) != 1:
        raise BadManifest(
            f"{source}: expected exactly one container {container} in {kind} {name}, and found {len(found)}; "
            "was the file changed since it was read?"
        )
    return found[0]


def _containers(document: YamlDocument, *, kind: str, name: str) -> Iterator[yamltext.Path]:
    for path in manifests.places(document):
        workload = manifests.at(document.data, *path)
        if (workload.get("kind"), manifests.at(workload, "metadata", "name")) == (kind, name):
            yield (*path, *manifests.pod_spec(kind), "containers")


def _key(node: yaml.Node | None, path: yamltext.Path, name: str) -> yaml.Node | None:
    """The key of that name in the mapping at a path, as it stands in the text."""
    for step in path:
        pair = _pair(node, step)
        node = pair and pair[1]
    pair = _pair(node, name)
    return pair and pair[0]


def _pair(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int):
        return node.value[step], node.value[step]
    # What a merge key (<<) brings in stands before the mapping's own, which wins.
    pairs = reversed(node.value) if isinstance(node, yaml.MappingNode) else ()
    return next(((key, value) for key, value in pairs if key.value == step), None)


def _value(text: str, key: yaml.Node | None) -> yaml.Token | None:
    """The token of the value behind a key; ``None`` where it is no scalar."""
    if key is None:
        return None
    tokens = iter(yaml.scan(text, Loader=yaml.SafeLoader))
    for token in tokens:
        if isinstance(token, yaml.ScalarToken) and token.end_mark.index == key.end_mark.index:
            break
    value = next((token for token in tokens if not isinstance(token, _BEFORE_VALUE)), None)
    return value if isinstance(value, (yaml.AliasToken, yaml.ScalarToken)) else None


def _exchanged(text: str, token: yaml.Token, image: str) -> str:
    begin, end = token.start_mark.index, token.end_mark.index
    style = token.style if isinstance(token, yaml.ScalarToken) else None
    if isinstance(token, yaml.ScalarToken) and style in ("|", ">"):
        # The indicator and the indentation stay; the last occurrence, since a comment may stand behind the indicator.
        head, _, tail = text[begin:end].rpartition(token.value.strip())
        return text[:begin] + head + image + tail + text[end:]
    return text[:begin] + scalar(image, style=style) + text[end:]


def _lines(text: str) -> list[str]:
    """Lines as git counts them: a newline ends one, and nothing else does."""
    *whole, rest = text.split("\n")
    return [f"{line}\n" for line in whole] + ([rest] if rest else [])


def _git_name(path: str) -> str:
    """A path as the head of a diff has it: in quotes if it has special characters, with a tab if it has a blank."""
    if any(character in _ESCAPES for character in path):
        return '"' + "".join(_ESCAPES.get(character, character) for character in path) + '"'
    return f"{path}\t" if " " in path else path
