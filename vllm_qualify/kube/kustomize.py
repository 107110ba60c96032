"""Kustomize folders: what their file is called, and how an image is changed in it. Pure.

A kustomization changes an image without touching the manifests, by an entry of ``images:``. That entry is edited or
added in the operator's own text; what cannot be edited so that everything else stays is refused with what to write.
"""

from __future__ import annotations

from collections.abc import Mapping

from vllm_qualify.core import images
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube import edits, manifests, yaml_changes, yamltext
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.kube.yamltext import YamlDocument

FILE_NAMES = ("Kustomization", "kustomization.yaml", "kustomization.yml")
"""As kubectl looks for it; a folder has one of them."""

Fields = Mapping[str, str]
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
        raise _by_hand(source, root, fields, "is written in a way that cannot be changed without changing more")
    return changed


def name_of(text: str, *, image: str, source: str = "kustomization.yaml") -> str:
    """What the manifests behind a kustomization call an image that it puts there.

    Args:
        text: of a kustomization file.
        image: as kubectl rendered it.
        source: name of the file, for the messages.

    Raises:
        BadManifest: the text cannot be read.
    """
    root = _root(text, source)
    entries = (root.data.get("images") if root else None) or []
    repository = images.repository_of(image)
    renamed = [manifests.at(entry, "name") for entry in entries if manifests.at(entry, "newName") == repository]
    return str(next((name for name in renamed if name), repository))


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
    return BadManifest(f"{source}:{line}: images {why}; add the entry {_flow(fields)}")


def _added(text: str, root: YamlDocument | None, fields: Fields) -> str:
    """The text with one more entry. A style that is not foreseen gives what does not read as it should."""
    images = yaml_changes.collection(root.node, "images") if root else None
    if images is None:
        change = yaml_changes.behind(text, len(text), ["images:", *_block(fields, indent=2)])
    elif images.flow_style:
        change = yaml_changes.before_bracket(images, _flow(fields))
    else:
        change = yaml_changes.behind(text, yaml_changes.end(images), _block(fields, indent=images.start_mark.column))
    return yaml_changes.applied(text, [change])


def _edited(text: str, root: YamlDocument, place: int, fields: Fields) -> str:
    """The text with other values in one entry, and with those that it lacked behind its name."""
    entry = yaml_changes.collection(root.node, "images", place)
    there = {key.value: (key, value) for key, value in entry.value} if entry else {}
    made = [
        (*yaml_changes.span(text, value), edits.scalar(fields[key.value], style=value.style))
        for key, value in there.values()
        if key.value in fields and key.value != "name"
    ]
    missing = [f"{key}: {value}" for key, value in _written(fields).items() if key not in there]
    if entry and missing and entry.flow_style:
        made.append(yaml_changes.before_bracket(entry, ", ".join(missing)))
    elif missing:
        key, value = there["name"]
        lines = [" " * key.start_mark.column + pair for pair in missing]
        made.append(yaml_changes.behind(text, yaml_changes.end(value), lines))
    return yaml_changes.applied(text, made)


def _flow(fields: Fields) -> str:
    return yaml_changes.in_braces(_written(fields))


def _block(fields: Fields, *, indent: int) -> list[str]:
    return list(yaml_changes.item(_written(fields), indent=indent))


def _written(fields: Fields) -> dict[str, str]:
    return {key: edits.scalar(value) for key, value in fields.items()}
