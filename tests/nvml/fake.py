"""Compiles the fake libnvidia-ml and writes the profiles it answers from.

``python -m tests.nvml.fake`` prints the path of the library, for whoever puts it into an image.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from vllm_qualify.system import caches

PROFILE_VARIABLE = "VLLM_QUALIFY_FAKE_NVML"
NO_COMPILER = "the fake libnvidia-ml is made with a C compiler, and there is no `cc` on the PATH"

_SOURCE = Path(__file__).with_name("libnvidia_ml.c")
_PROFILES = Path(__file__).with_name("profiles")
_SONAME = "libnvidia-ml.so.1"
_OPTIONS = ("-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", f"-Wl,-soname,{_SONAME}")


class NoCompiler(RuntimeError):
    """There is no C compiler, so that there is no library either."""


def library(root: Path | None = None) -> Path:
    """Path of the compiled library, made anew when its source changed.

    Args:
        root: folder for it; ``None``: the user's cache.

    Raises:
        NoCompiler: it is not there yet and cannot be made.
    """
    key = hashlib.sha256(_SOURCE.read_bytes() + repr(_OPTIONS).encode()).hexdigest()[:12]
    root = caches.default().root / "fake-nvml" if root is None else root
    made = root / key / _SONAME
    if made.exists():
        return made
    compiler = shutil.which("cc")
    if compiler is None:
        raise NoCompiler(NO_COMPILER)
    made.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=made.parent) as folder:
        part = Path(folder) / _SONAME
        subprocess.run([compiler, *_OPTIONS, "-o", str(part), str(_SOURCE)], check=True)
        part.replace(made)  # Whoever else makes it now makes the same.
    return made


def profile(folder: Path, name: str = "rtx-3060", **changes: str | int) -> Path:
    """Write a profile of ``profiles/`` into a folder, with some of its keys changed or added.

    Args:
        folder: where to.
        name: the profile.
        changes: keys of the profile, such as ``used_mib=1200`` or ``failure="lost"``.
    """
    kept = (_PROFILES / f"{name}.profile").read_text(encoding="utf-8")
    written = folder / f"{name}.profile"
    # The last line of a key counts, so that changes go to the end.
    written.write_text(kept + "".join(f"{key}={value}\n" for key, value in changes.items()), encoding="utf-8")
    return written


def environment(profile: Path, *, root: Path | None = None, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Variables with which a process sees the GPUs of a profile.

    Raises:
        NoCompiler: the library cannot be made.
    """
    return {**environ, "LD_LIBRARY_PATH": str(library(root).parent), PROFILE_VARIABLE: str(profile)}


if __name__ == "__main__":
    print(library())  # noqa: T201 - this is what the command is for
