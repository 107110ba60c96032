"""Container images without an engine that builds them: layers, configuration and manifest, as bytes and files.

Layers are uncompressed tar files (media type of the OCI image specification, "layer.v1.tar"): they stay on this
machine, where packing costs more than it saves.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_LAYER = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """Something that a registry keeps under its digest.

    Attributes:
        content: the bytes, or the file that holds them.
        digest: ``sha256:`` and 64 hexadecimal digits.
        size: in bytes.
    """

    content: bytes | Path
    digest: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A whole image; ``manifest`` names the blobs."""

    blobs: tuple[Blob, ...]
    manifest: bytes


def blob(content: bytes | Path) -> Blob:
    """Digest something once, a file by pieces."""
    if isinstance(content, bytes):
        return Blob(content=content, digest=f"sha256:{hashlib.sha256(content).hexdigest()}", size=len(content))
    with content.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Blob(content=content, digest=f"sha256:{digest}", size=content.stat().st_size)


def layer(files: Mapping[str, bytes], *, links: Mapping[str, str] | None = None) -> Blob:
    """A layer of executables and other small files; the same files give the same digest.

    Args:
        files: contents by absolute path.
        links: targets of symbolic links by absolute path.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path, content in sorted(files.items()):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode = len(content), 0o755
            archive.addfile(entry, io.BytesIO(content))
        for path, target in sorted((links or {}).items()):
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return blob(packed.getvalue())


def image(
    layers: Sequence[Blob],
    *,
    entrypoint: Sequence[str],
    env: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> Image:
    """An image of these layers, the lowest first."""
    settings = {
        "Entrypoint": list(entrypoint),
        "Env": [f"{name}={value}" for name, value in (env or {}).items()],
        "Labels": dict(labels or {}),
        "WorkingDir": "/",
    }
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": settings,
            "rootfs": {"type": "layers", "diff_ids": [one.digest for one in layers]},
            # Who builds on an image compares its layers with them.
            "history": [{"created_by": "lab"} for _ in layers],
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": _named(_CONFIG, blob(config)),
            "layers": [_named(_LAYER, one) for one in layers],
        }
    )
    return Image(blobs=(*layers, blob(config)), manifest=manifest)


def _named(media_type: str, one: Blob) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": one.digest, "size": one.size}


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True).encode()
