"""Brings images into the registry of a lab, by the registry's HTTP API (OCI distribution specification).

Gigabytes that lie on this machine anyway can be linked into its storage first; pushing then finds them there.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx

from lab import oci

_PIECE = 1 << 20
# A layer of gigabytes is written and digested before the registry answers.
_TIMEOUT = httpx.Timeout(10.0, read=300.0, write=300.0)


def push(registry: str, reference: str, image: oci.Image) -> None:
    """Push an image under the path that its public name has, so that the mirror setting finds it.

    Args:
        registry: host and port.
        reference: for example ``vllm/vllm-openai:v0.8.5.post1``; a registry's host in front is left out.
        image: the image.

    Raises:
        httpx.HTTPError: the registry refused something or cannot be reached.
    """
    name, tag = path_of(reference)
    with httpx.Client(base_url=f"http://{registry}/v2/{name}", timeout=_TIMEOUT, trust_env=False) as client:
        for blob in image.blobs:
            _push_blob(client, blob)
        kind = {"Content-Type": oci.MANIFEST}
        client.put(f"/manifests/{tag}", content=image.manifest, headers=kind).raise_for_status()


def link_in(storage: Path, reference: str, image: oci.Image) -> None:
    """Put the blobs that are files into a registry's storage by hard links, where that is the same file system.

    Args:
        storage: root directory of the registry's ``filesystem`` driver, whose layout this follows.
        reference: as for ``push``.
        image: the image.
    """
    root = storage / "docker" / "registry" / "v2"
    name, _ = path_of(reference)
    for blob in image.blobs:
        algorithm, _, value = blob.digest.partition(":")
        data = root / "blobs" / algorithm / value[:2] / value / "data"
        if isinstance(blob.content, Path) and not data.exists():
            data.parent.mkdir(parents=True, exist_ok=True)
            data.hardlink_to(blob.content)
        link = root / "repositories" / name / "_layers" / algorithm / value / "link"
        if data.exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.write_text(blob.digest)


def path_of(reference: str) -> tuple[str, str]:
    """Name and tag under which a registry keeps a public reference.

    >>> path_of("docker.io/vllm/vllm-openai:v0.8.5")
    ('vllm/vllm-openai', 'v0.8.5')
    >>> path_of("busybox")
    ('library/busybox', 'latest')
    """
    rest, _, tag = reference.rpartition(":") if ":" in reference.rpartition("/")[2] else (reference, "", "latest")
    host, slash, inner = rest.partition("/")
    if slash and ("." in host or ":" in host or host == "localhost"):
        return (inner if "/" in inner or host != "docker.io" else f"library/{inner}"), tag
    return (rest if slash else f"library/{rest}"), tag


def _push_blob(client: httpx.Client, blob: oci.Blob) -> None:
    if client.head(f"/blobs/{blob.digest}").status_code == httpx.codes.OK:
        return
    begun = client.post("/blobs/uploads/")
    begun.raise_for_status()
    place = httpx.URL(begun.headers["Location"]).copy_merge_params({"digest": blob.digest})
    size = {"Content-Length": str(blob.size), "Content-Type": "application/octet-stream"}
    content = blob.content if isinstance(blob.content, bytes) else _pieces(blob.content)
    client.put(place, content=content, headers=size).raise_for_status()


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
