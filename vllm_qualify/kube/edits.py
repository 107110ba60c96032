"""Changes one image in the operator's own text and nothing else, and shows the change as a diff. Pure.

Called by the target before it applies a candidate, and by the plan of an upgrade. The text is never written anew from
what was read: one scalar is exchanged where the parser found it, so comments, quotes and line ends stay as they are.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from vllm_qualify.kube import manifests, yaml_changes, yamltext
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
    mark, text = split_mark(text)
    documents = read(text, source)
    place, path = container_path(documents, kind=kind, name=name, container=container, source=source)
    line = documents[place].line(*path)
    changed = exchanged(text, documents[place].node, (*path, "image"), image)
    if changed is None:
        raise BadManifest(f"{source}:{line}: the container {container} names no image that could be changed")
    if not says(changed, wanted(documents, place, (*path, "image"), image)):
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


def wanted(documents: Sequence[YamlDocument], place: int, path: yamltext.Path, value: object) -> list[Any]:
    """What a text must read as after a change: the same, but for one value in one of its documents."""
    data = [document.data for document in documents]
    return [*data[:place], replaced(data[place], path, value), *data[place + 1 :]]


def scalar(value: str, *, style: str | None = None) -> str:
    """A string as YAML, in the style of the scalar whose place it takes; plain only where every parser agrees."""
    if style == "'":
        return "'" + value.replace("'", "''") + "'"
    plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS and yaml.safe_load(value) == value
    return value if plain and style != '"' else json.dumps(value, ensure_ascii=False)


def unified(before: str, after: str, *, path: str, context: int = 3) -> str:
    """What changes, as ``git apply`` and ``patch -p1`` take it; empty when nothing does.

    Args:
        before: the text as it is.
        after: the text as it shall be.
        path: the file, relative to where the diff is to be applied.
        context: how many lines around a change are shown; without any, git wants ``--unidiff-zero``.
    """
    path = path.lstrip("/")
    names = _git_name(f"a/{path}"), _git_name(f"b/{path}")
    lines = difflib.unified_diff(_lines(before), _lines(after), *names, n=context)
    # The last line of a file that does not end with a newline is told apart so.
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def split_mark(text: str) -> tuple[str, str]:
    """The byte order mark that a text may begin with, and the rest; places are counted in the rest."""
    bare = text.removeprefix(_BYTE_ORDER_MARK)
    return text[: len(text) - len(bare)], bare


def read(text: str, source: str) -> tuple[YamlDocument, ...]:
    """The documents of a file.

    Raises:
        BadManifest: it is no YAML.
    """
    try:
        return yamltext.documents(text)
    except yamltext.BadYaml as error:
        raise BadManifest(f"{source}:{error.line}: {error}") from error


def container_path(
    documents: Sequence[YamlDocument], *, kind: str, name: str, container: str, source: str
) -> tuple[int, yamltext.Path]:
    """Number of the document, and the path of the container in it.

    Raises:
        BadManifest: there is no such container, or more than one.
    """
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


def _value(text: str, key: yaml.Node) -> yaml.Token | None:
    """The token of the value behind a key; ``None`` where it is no scalar."""
    tokens = iter(yaml.scan(text, Loader=yaml.SafeLoader))
    for token in tokens:
        if isinstance(token, yaml.ScalarToken) and token.end_mark.index == key.end_mark.index:
            break
    value = next((token for token in tokens if not isinstance(token, _BEFORE_VALUE)), None)
    return value if isinstance(value, (yaml.AliasToken, yaml.ScalarToken)) else None


def exchanged(text: str, node: yaml.Node, path: yamltext.Path, value: str) -> str | None:
    """The text with another string in the place of one scalar; ``None`` where there is no scalar.

    What an anchor shares is not looked at: the caller holds the result against what it ``wanted``.

    Args:
        text: without a byte order mark.
        node: the tree of the document.
        path: of the scalar; its last step is the key of a mapping.
        value: the string to put there.
    """
    *above, name = path
    found = yaml_changes.pair(yaml_changes.below(node, tuple(above)), name)
    token = _value(text, found[0]) if found else None
    return None if token is None else _with(text, token, value)


def _with(text: str, token: yaml.Token, value: str) -> str:
    begin, end = token.start_mark.index, token.end_mark.index
    style = token.style if isinstance(token, yaml.ScalarToken) else None
    if isinstance(token, yaml.ScalarToken) and style in ("|", ">"):
        # The indicator and the indentation stay; the last occurrence, since a comment may stand behind the indicator.
        head, _, tail = text[begin:end].rpartition(token.value.strip())
        return text[:begin] + head + value + tail + text[end:]
    return text[:begin] + scalar(value, style=style) + text[end:]


def _lines(text: str) -> list[str]:
    """Lines as git counts them: a newline ends one, and nothing else does."""
    *whole, rest = text.split("\n")
    return [f"{line}\n" for line in whole] + ([rest] if rest else [])


def _git_name(path: str) -> str:
    """A path as the head of a diff has it: in quotes if it has special characters, with a tab if it has a blank."""
    if any(character in _ESCAPES for character in path):
        return '"' + "".join(_ESCAPES.get(character, character) for character in path) + '"'
    return f"{path}\t" if " " in path else path
