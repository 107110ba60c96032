"""Where everything lives that outlasts a run, and how large it is; used by the local target and the doctor."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from vllm_qualify.system import path_checks

MARKER = "vllm-qualify.json"
PART = ".part"


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheEntry:
    """One thing in the cache.

    Attributes:
        name: its path below the root.
        bytes: its size; files shared with uv's own cache by hard links are counted here too.
        complete: ``False`` for what an interrupted install left behind; the next install removes it.
    """

    name: str
    path: Path
    bytes: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Caches:
    """The cache below one root folder, which need not exist yet."""

    root: Path

    @property
    def engines(self) -> Path:
        """Folder of the engine environments, one folder each."""
        return self.root / "engines"

    def entries(self) -> tuple[CacheEntry, ...]:
        """Everything in the cache, engine environments first, each group by name."""
        others = (path for path in _children(self.root) if path != self.engines)
        found = (*(path for path in _children(self.engines) if path.is_dir()), *others)
        return tuple(self._entry(path) for path in found)

    def free_bytes(self) -> int:
        """Free space where the cache is, or would be made."""
        return free_bytes(self.root)

    def writable(self) -> bool:
        """Whether this user may write there, or make the folder."""
        existing = _existing(self.root)
        return path_checks.is_folder(existing) and os.access(existing, os.W_OK | os.X_OK)

    def _entry(self, path: Path) -> CacheEntry:
        recorded = _recorded_bytes(path)
        return CacheEntry(
            name=str(path.relative_to(self.root)),
            path=path,
            bytes=size_of(path) if recorded is None else recorded,
            complete=path.parent != self.engines or recorded is not None,
        )


def default(environ: Mapping[str, str] = os.environ) -> Caches:
    """The cache of this user: ``VLLM_QUALIFY_CACHE``, else ``vllm-qualify`` below ``XDG_CACHE_HOME``."""
    named = environ.get("VLLM_QUALIFY_CACHE", "")
    return Caches(Path(named).expanduser().absolute() if named else platformdirs.user_cache_path("vllm-qualify"))


def free_bytes(path: Path) -> int:
    """Free space on the file system that holds a path, which need not exist yet."""
    return shutil.disk_usage(_existing(path)).free


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.absolute().parents) if path_checks.exists(folder))


def size_of(path: Path) -> int:
    """Bytes of all files below a path; what vanishes meanwhile counts nothing."""
    try:
        if path.is_symlink() or not path.is_dir():
            return path.lstat().st_size
    except OSError:
        return 0
    total, folders = 0, [str(path)]
    # Plain names: a cache has hundreds of thousands of files, and each path would cost more than the look at its file.
    while folders:
        with contextlib.suppress(OSError), os.scandir(folders.pop()) as inside:
            for item in inside:
                if item.is_dir(follow_symlinks=False):
                    folders.append(item.path)
                else:
                    total += item.stat(follow_symlinks=False).st_size
    return total


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _recorded_bytes(path: Path) -> int | None:
    """The size that an install wrote down at its end; walking tens of thousands of files takes seconds."""
    if path.suffix == PART:
        return None
    try:
        return int(json.loads((path / MARKER).read_text())["bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
