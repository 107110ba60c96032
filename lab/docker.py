"""Brings an image into a Docker engine, from where kind and k3d load it; the lab itself needs no Docker."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from pathlib import Path

from lab import oci


def load(reference: str, image: oci.Image) -> None:
    """Load an image into the Docker engine of this machine under its public name."""
    argv = ["docker", "load"]
    subprocess.run(argv, input=archive(reference, image), check=True, capture_output=True)


def archive(reference: str, image: oci.Image) -> bytes:
    """What ``docker load`` reads: the blobs, and a manifest.json that names them."""
    packed = io.BytesIO()
    *layers, config = image.blobs
    index = [{"Config": _name(config), "RepoTags": [reference], "Layers": [_name(one) for one in layers]}]
    with tarfile.open(fileobj=packed, mode="w") as file:
        for blob in image.blobs:
            _add(file, _name(blob), blob.content.read_bytes() if isinstance(blob.content, Path) else blob.content)
        _add(file, "manifest.json", json.dumps(index).encode())
    return packed.getvalue()


def _name(blob: oci.Blob) -> str:
    return blob.digest.replace(":", "/")


def _add(file: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    file.addfile(entry, io.BytesIO(content))
