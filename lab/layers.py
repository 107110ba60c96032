"""Large layers of an image, packed from this machine's own files once and kept in the cache; used by ``real``."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import oci
from vllm_qualify.system import install_lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What goes into a layer.

    Attributes:
        name: says what it is, and whose version.
        places: paths of this machine by the absolute path in the image; folders with all that they hold.
        without: names of folders and files that are left out.
    """

    name: str
    places: Mapping[str, Path]
    without: frozenset[str] = frozenset()


def pack(content: Content, *, folder: Path, say: Callable[[str], None]) -> oci.Blob:
    """The layer, from the cache if it was packed before; a second process that wants the same waits.

    Args:
        content: what goes in.
        folder: where packed layers are kept.
        say: takes one line of progress.
    """
    place = folder / f"{content.name}-{_key(content)}.tar"
    about = place.with_suffix(".json")
    with install_lock.alone(folder, f"layer-{content.name}", say=say):
        if not about.is_file():
            say(f"packing layer {content.name} (once)")
            digest = _write(content, place)
            about.write_text(json.dumps({"digest": digest, "size": place.stat().st_size}))
    known = json.loads(about.read_text())
    return oci.Blob(content=place, digest=known["digest"], size=known["size"])


class _Digested(io.RawIOBase):
    """A file that knows the digest of what was written; a second pass over gigabytes takes as long as the first."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=0)
        self.digest = hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self.digest.update(piece)
        return self._file.write(piece)

    def close(self) -> None:
        self._file.close()
        super().close()


def _write(content: Content, place: Path) -> str:
    part = place.with_suffix(".part")
    with _Digested(part) as raw:
        with tarfile.open(fileobj=raw, mode="w|", bufsize=1 << 20) as archive:
            for target, source in sorted(content.places.items()):
                archive.add(source, arcname=target, filter=lambda entry: _entry(entry, content))
        digest = raw.digest.hexdigest()
    part.rename(place)
    return f"sha256:{digest}"


def _entry(entry: tarfile.TarInfo, content: Content) -> tarfile.TarInfo | None:
    if not content.without.isdisjoint(Path(entry.name).parts[-1:]):
        return None
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    return entry


def _key(content: Content) -> str:
    """Changes when a place was changed; deep inside a folder nothing is looked at."""
    seen = [
        (target, str(source), os.lstat(source).st_mtime_ns, os.lstat(source).st_size)
        for target, source in sorted(content.places.items())
    ]
    return hashlib.sha256(repr((seen, sorted(content.without))).encode()).hexdigest()[:12]
