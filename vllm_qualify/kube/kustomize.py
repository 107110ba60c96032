"""Kustomize folders: what their file is called, and how an image is changed in it. Pure; the edge runs kubectl.

A kustomization changes an image without touching the manifests, by an entry of ``images:``. That entry is edited or
added in the operator's own text; what cannot be edited so that everything else stays is refused with what to write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import yaml

from vllm_qualify.images import ImageRef
from vllm_qualify.kube import edits, manifests, yamltext
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.kube.yamltext import YamlDocument

FILE_NAMES = ("Kustomization", "kustomization.yaml", "kustomization.yml")
"""As kubectl looks for it; a folder has one of them."""

Fields = Mapping[str, str]
Change = tuple[int, int, str]
"""What of a text gives way to what: begin and end of the one, and the other."""

_OURS = ("newName", "newTag", "digest")


def with_image(text: str, *, name: str, image: ImageRef, source: str = "kustomization.yaml") -> str:
    """Let a kustomization put another image in the place of one; comments and everything else stay.

    Args:
        text: of a kustomization file.
        name: the image as the manifests name it, without tag and digest, such as ``vllm/vllm-openai``.
        image: what shall run instead.
        source: name of the file, for the messages.

    Raises:
        BadManifest: the text cannot be read, or its ``images:`` is written in a way that is not edited here; then the
            message has the entry to write.
    """
    root = _root(text, source)
    before = root.data if root else {}
    entries = before.get("images") or []
    found = [place for place, entry in enumerate(entries) if manifests.at(entry, "name") == name]
    fields = _fields(name, image)
    if len(found) > 1:
        raise _by_hand(source, root, fields, f"names {name} {len(found)} times, and kustomize applies each in turn")
    if root is None or not found:
        changed, wanted = _added(text, root, fields), [*entries, fields]
    else:
        [place] = found
        # kustomize takes an empty field for none; a line that stays keeps its comment.
        fields |= {key: "" for key in _OURS if key in entries[place] and key not in fields}
        changed, wanted = _edited(text, root, place, fields), edits.replaced(entries, (place,), entries[place] | fields)
    if not edits.says(changed, [before | {"images": wanted}]):
        raise _by_hand(source, root, fields, "is written in a way that cannot be changed without touching more")
    return changed


def _root(text: str, source: str) -> YamlDocument | None:
    """The one document; ``None`` for a text that says nothing."""
    try:
        documents = yamltext.documents(text)
    except yamltext.BadYaml as error:
        raise BadManifest(f"{source}:{error.line}: {error}") from error
    if not documents:
        return None
    [root, *others] = documents
    if others or not isinstance(root.data, dict):
        raise BadManifest(f"{source}: expected one document with keys such as resources and images")
    if not isinstance(root.data.get("images") or [], list):
        raise BadManifest(f"{source}:{root.line('images')}: images must be a list")
    return root


def _fields(name: str, image: ImageRef) -> dict[str, str]:
    renamed = "" if image.repository == name else image.repository
    fields = {"name": name, "newName": renamed, "newTag": image.tag, "digest": image.digest}
    return {key: value for key, value in fields.items() if value}


def _by_hand(source: str, root: YamlDocument | None, fields: Fields, why: str) -> BadManifest:
    line = root.line("images") if root else 1
    return BadManifest(f"{source}:{line}: images {why}; write there one entry {_flow(fields)}")


def _added(text: str, root: YamlDocument | None, fields: Fields) -> str:
    """The text with one more entry. A style that is not foreseen gives what does not read as it should."""
    images = _node(root.node, "images") if root else None
    if images is None:
        change = _behind(text, len(text), ["images:", *_block(fields, indent=2)])
    elif images.flow_style:
        change = _before_bracket(images, _flow(fields))
    else:
        change = _behind(text, _end(images), _block(fields, indent=images.start_mark.column))
    return _changed(text, [change])


def _edited(text: str, root: YamlDocument, place: int, fields: Fields) -> str:
    """The text with other values in one entry, and with those that it lacked behind its name."""
    entry = _node(root.node, "images", place)
    there = {key.value: (key, value) for key, value in entry.value} if entry else {}
    changes = [
        (*_span(text, value), edits.scalar(fields[key.value], style=value.style))
        for key, value in there.values()
        if key.value in fields and key.value != "name"
    ]
    missing = _pairs({key: value for key, value in fields.items() if key not in there})
    if entry and missing and entry.flow_style:
        changes.append(_before_bracket(entry, ", ".join(missing)))
    elif missing:
        key, value = there["name"]
        changes.append(_behind(text, _end(value), [" " * key.start_mark.column + pair for pair in missing]))
    return _changed(text, changes)


def _changed(text: str, changes: Sequence[Change]) -> str:
    for begin, end, replacement in sorted(changes, reverse=True):
        text = text[:begin] + replacement + text[end:]
    return text


def _span(text: str, node: yaml.Node) -> tuple[int, int]:
    """Begin and end of a value, without the line ends that belong to a block of text."""
    begin, end = node.start_mark.index, node.end_mark.index
    return begin, begin + len(text[begin:end].rstrip())


def _behind(text: str, index: int, lines: Sequence[str]) -> Change:
    """Lines behind the line that ends at an index or goes on there."""
    newline = "\r\n" if "\r\n" in text else "\n"
    # Back by one: the end of a block of text is the beginning of the next line.
    end = text.find("\n", max(index - 1, 0)) + 1
    if end or not text:
        return end, end, "".join(line + newline for line in lines)
    return len(text), len(text), "".join(newline + line for line in lines)


def _before_bracket(node: yaml.Node, added: str) -> Change:
    end = node.end_mark.index - 1
    return end, end, f", {added}" if node.value else added


def _end(node: yaml.Node) -> int:
    """Where the last value ends; a block itself ends where the next thing begins, behind all comments."""
    while isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)


def _node(node: yaml.Node, *path: str | int) -> yaml.CollectionNode | None:
    """The mapping or list at a path."""
    found: yaml.Node | None = node
    for step in path:
        if isinstance(found, yaml.SequenceNode) and isinstance(step, int):
            found = found.value[step]
        else:
            pairs = found.value if isinstance(found, yaml.MappingNode) else []
            found = next((value for key, value in pairs if key.value == step), None)
    return found if isinstance(found, yaml.CollectionNode) else None


def _pairs(fields: Fields) -> list[str]:
    return [f"{key}: {edits.scalar(value)}" for key, value in fields.items()]


def _flow(fields: Fields) -> str:
    return "{" + ", ".join(_pairs(fields)) + "}"


def _block(fields: Fields, *, indent: int) -> list[str]:
    """An item of a list, a line for each field."""
    lead = " " * indent
    return [f"{lead}{'  ' if place else '- '}{pair}" for place, pair in enumerate(_pairs(fields))]
