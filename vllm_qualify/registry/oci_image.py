"""What manifest and configuration of an image tell without its layers: a record of facts; used by the client. Pure.

Sources: the OCI image specification 1.1 and Docker's image manifest, version 2, schema 2, which has the same shape.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vllm_qualify.registry.protocol import NoImageFacts, json_object, one_line

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
ACCEPTED = ", ".join(INDEXES + MANIFESTS)
"""What to ask a registry for."""

_CONFIGS = ("application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}", re.ASCII)
_LARGEST = 1 << 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What a registry tells of one image without its layers.

    Attributes:
        digest: what the tag names now: of the index where there is one, else of the manifest. It pins the image.
        env: variables of its configuration; ``None`` where nobody asked.
        entrypoint: its entrypoint; ``None`` where nobody asked.
        cmd: the arguments that it starts with when none are given.
        labels: of its configuration.
        history: the steps that made it, oldest first.
        size_bytes: of all layers, compressed.
    """

    digest: str = ""
    # An image's own variables and steps may hold tokens, and a repr ends up in failure messages.
    env: Mapping[str, str] | None = field(default=None, repr=False)
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict, repr=False)
    history: tuple[str, ...] = field(default=(), repr=False)
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformManifest:
    """The manifest for one architecture, as an index names it."""

    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OciManifest:
    """What a manifest names.

    Attributes:
        config: digest of the configuration.
        size_bytes: of all layers, compressed.
    """

    config: str
    size_bytes: int


def read_manifest(
    body: bytes, *, content_type: str = "", architecture: str = "amd64"
) -> PlatformManifest | OciManifest:
    """Read a manifest, or what an index names for one architecture of Linux.

    Args:
        body: as the registry sent it.
        content_type: as the registry told it, parameters and all; some tell ``application/json`` or nothing.
        architecture: in Go's words, such as ``amd64``; a manifest without an index is read whatever it is for.

    Raises:
        NoImageFacts: it is neither, or one that names no such image.
    """
    said = content_type.partition(";")[0].strip().lower()
    if "json" not in said and said not in {"", "application/octet-stream", "text/plain"}:
        raise NoImageFacts(f"{one_line(said)} was returned instead of an image manifest; check that this is a registry")
    document = json_object(body, what="an image manifest")
    kind = said if said in INDEXES + MANIFESTS else document.get("mediaType")
    many, one = "manifests" in document, "config" in document or "layers" in document
    # A document that can be read as both would be another image to another reader (CVE-2021-41190).
    if many == one or (many and kind in MANIFESTS) or (one and kind in INDEXES):
        raise NoImageFacts(_unknown(document, kind))
    return _child(document, architecture) if many else _manifest(document)


def read_config(body: bytes, manifest: OciManifest, *, digest: str) -> ImageFacts:
    """Read a configuration.

    Args:
        body: as the registry sent it.
        manifest: that names it.
        digest: what the tag names.

    Raises:
        NoImageFacts: it is none.
    """
    document = json_object(body, what="an image configuration")
    settings = _object(document, "config")
    return ImageFacts(
        digest=digest,
        env=_variables(_texts(settings, "Env")),
        entrypoint=_texts(settings, "Entrypoint"),
        cmd=_texts(settings, "Cmd"),
        labels={_text(name): _text(value) for name, value in _object(settings, "Labels").items()},
        history=_steps(document),
        size_bytes=manifest.size_bytes,
    )


def _unknown(document: Mapping[str, Any], kind: object) -> str:
    if document.get("schemaVersion") == 1:
        return (
            "the manifest is of Docker's schema 1, which has no configuration; push the image again with a newer tool"
        )
    named = f" of the type {one_line(kind)}" if isinstance(kind, str) and kind else ""
    return f"a JSON object{named} that is neither an image manifest nor an index was returned"


def _child(index: Mapping[str, Any], architecture: str) -> PlatformManifest:
    platforms = []
    for entry in _objects(index, "manifests"):
        platform = _object(entry, "platform")
        name = f"{_text(platform.get('os'))}/{_text(platform.get('architecture'))}"
        if name == f"linux/{architecture}" and not _attests(entry):
            return PlatformManifest(digest=_digest(entry))
        platforms.append(name)
    held = sorted({one_line(name) for name in platforms if name.strip("/") and name != "unknown/unknown"})
    raise NoImageFacts(f"the image is not built for linux/{architecture}; it is for {', '.join(held) or 'nothing'}")


def _attests(entry: Mapping[str, Any]) -> bool:
    # How BuildKit marks what it says about another manifest; its platform is unknown/unknown as a rule.
    return "vnd.docker.reference.type" in _object(entry, "annotations")


def _manifest(document: Mapping[str, Any]) -> OciManifest:
    config = _object(document, "config")
    kind = config.get("mediaType")
    if kind not in _CONFIGS:
        raise NoImageFacts(
            f"it is not a container image: it holds {one_line(kind) if kind else 'nothing that is named'}"
        )
    return OciManifest(config=_digest(config), size_bytes=sum(_size(layer) for layer in _objects(document, "layers")))


def _digest(entry: Mapping[str, Any]) -> str:
    value = entry.get("digest")
    if isinstance(value, str) and _DIGEST.fullmatch(value):
        return value
    raise NoImageFacts("the manifest has an entry without a sha256 or sha512 digest")


def _size(layer: Mapping[str, Any]) -> int:
    value = layer.get("size")
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST:
        return value
    raise NoImageFacts("the manifest names a layer without a size in bytes")


def _steps(document: Mapping[str, Any]) -> tuple[str, ...]:
    steps = (_text(step.get("created_by")) for step in _objects(document, "history"))
    return tuple(step for step in steps if step)


def _variables(pairs: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, equals, value in (pair.partition("=") for pair in pairs) if name and equals}


def _object(holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = holder.get(key)
    if value is None:
        return {}
    return value if isinstance(value, dict) else _wrong(key, "an object")


def _objects(holder: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = holder.get(key)
    if value is None:
        return []
    fits = isinstance(value, list) and all(isinstance(one, dict) for one in value)
    return list(value) if fits else _wrong(key, "a list of objects")


def _texts(holder: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = holder.get(key)
    if value is None:
        return ()
    fits = isinstance(value, list) and all(isinstance(one, str) for one in value)
    return tuple(_text(one) for one in value) if fits else _wrong(key, "a list of texts")


def _text(value: object) -> str:
    # JSON can spell half a character, which no terminal and no file takes.
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


def _wrong(key: str, expected: str) -> Any:
    raise NoImageFacts(f"{key} of the image is not {expected}")
