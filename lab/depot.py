"""A registry that answers pulls from a folder (OCI distribution specification), for one machine on its loopback.

Nothing is pushed over HTTP: ``add`` lays an image down, gigabytes by hard links. Engines ask it as the mirror of every
public name. ``python -m lab.depot FOLDER PORT`` serves.
"""

from __future__ import annotations

import contextlib
import http.server
import shutil
import sys
from pathlib import Path

from lab import oci, pushing

_PIECE = 1 << 20


def add(folder: Path, reference: str, image: oci.Image) -> None:
    """Lay an image down under its public name, in the place of an earlier one.

    Args:
        folder: what the depot serves.
        reference: for example ``vllm/vllm-openai:v0.8.5.post1``.
        image: the image.
    """
    name, tag = pushing.path_of(reference)
    for blob in image.blobs:
        place = folder / "blobs" / blob.digest
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists():
            continue
        if isinstance(blob.content, Path):
            place.hardlink_to(blob.content)
        else:
            place.write_bytes(blob.content)
    manifests = folder / "manifests" / name
    manifests.mkdir(parents=True, exist_ok=True)
    (manifests / oci.blob(image.manifest).digest).write_bytes(image.manifest)
    part = manifests / f"{tag}.part"
    part.write_bytes(image.manifest)
    part.rename(manifests / tag)


def digest(folder: Path, reference: str) -> str:
    """Under which an image lies there, as an engine that pulled it knows it."""
    name, tag = pushing.path_of(reference)
    return oci.blob((folder / "manifests" / name / tag).read_bytes()).digest


def remove(folder: Path, reference: str) -> None:
    """Let a tag be gone, as a release's owner may do at any time."""
    name, tag = pushing.path_of(reference)
    (folder / "manifests" / name / tag).unlink()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder: Path

    def do_GET(self) -> None:
        self._answer(body=True)

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def _answer(self, *, body: bool) -> None:
        place, kind = self._place()
        if place is None or not place.is_file():
            self.send_response(200 if self.path == "/v2/" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(place.stat().st_size))
        if kind == oci.MANIFEST:
            self.send_header("Docker-Content-Digest", oci.blob(place.read_bytes()).digest)
        self.end_headers()
        if body:
            # A client that was killed while it pulled has gone away.
            with place.open("rb") as file, contextlib.suppress(ConnectionError):
                shutil.copyfileobj(file, self.wfile, _PIECE)

    def _place(self) -> tuple[Path | None, str]:
        """The file and its media type; names hold no dots that lead out, as a path's own parts are looked for."""
        words = self.path.partition("?")[0].strip("/").split("/")
        if len(words) < 4 or words[0] != "v2" or ".." in words:  # noqa: PLR2004 (v2, a name, a kind, a reference)
            return None, ""
        name, kind, reference = "/".join(words[1:-2]), words[-2], words[-1]
        if kind == "blobs":
            return self.folder / "blobs" / reference, "application/octet-stream"
        return self.folder / "manifests" / name / reference, oci.MANIFEST


def main(arguments: list[str]) -> None:
    """Serve until killed."""
    folder, port = arguments
    handler = type("_Depot", (_Handler,), {"folder": Path(folder)})
    http.server.ThreadingHTTPServer(("127.0.0.1", int(port)), handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1:])
