"""Layers of this machine's own system files and of a Python on it, for images that no registry has."""

from __future__ import annotations

import sys
import sysconfig
from collections.abc import Callable, Mapping
from pathlib import Path

from lab import layers, oci
from vllm_qualify.system import caches

# Compilers' libraries and such, which no Python of an engine loads.
_LARGE_BYTES = 50_000_000
_SYSTEM = (
    "/etc/group",
    "/etc/ld.so.cache",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/nsswitch.conf",
    "/etc/os-release",
    "/etc/passwd",
    "/usr/bin/bash",
    "/usr/bin/cat",
    "/usr/bin/dash",
    "/usr/bin/env",
    "/usr/bin/ls",
    "/usr/bin/sh",
    "/usr/bin/uname",
    "/usr/lib/locale/C.utf8",
    "/usr/lib/os-release",
    "/usr/lib64",
)


class UnknownLayout(Exception):
    """This machine is laid out otherwise than Debian, so nothing can be borrowed of it."""


def image(*, cache: caches.Caches, say: Callable[[str], None], env: Mapping[str, str]) -> oci.Image:
    """An image with a shell and the Python that runs this, in the place of a publisher's base.

    Args:
        cache: where its layers are kept.
        say: takes one line of progress.
        env: what its environment holds besides ``PATH``.

    Raises:
        UnknownLayout: nothing can be borrowed of this machine.
    """
    prefix = Path(sys.base_prefix)
    contents = (system(), python(prefix, f"python{sys.version_info.major}.{sys.version_info.minor}"))
    packed = [layers.pack(content, folder=cache.root / "lab" / "layers", say=say) for content in contents]
    path = {"PATH": f"{prefix / 'bin'}:/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin"}
    return oci.image([*packed, oci.layer({"/tmp/.keep": b""})], entrypoint=(), env=path | dict(env))  # noqa: S108 - in it


def system() -> layers.Content:
    """The C library, the shell and what belongs to them.

    Raises:
        UnknownLayout: only Debian's layout is known.
    """
    libraries = Path("/usr/lib", sysconfig.get_config_var("MULTIARCH") or "")
    links = ("/bin", "/lib", "/lib64", "/sbin")
    if not Path("/etc/debian_version").is_file() or not all(Path(link).is_symlink() for link in links):
        raise UnknownLayout("an image is made of this machine's own system files, and only Debian's layout is known")
    found = [Path(path) for path in (*_SYSTEM, *links)]
    found += [path for path in sorted(libraries.glob("*.so*")) if path.lstat().st_size < _LARGE_BYTES]
    return layers.Content(name="system", places={str(path): path for path in found if path.exists()})


def python(prefix: Path, version: str) -> layers.Content:
    """An interpreter with its library; ``test`` alone is a quarter of it.

    Args:
        prefix: where it is installed.
        version: for example ``python3.12``.
    """
    places = [prefix / "lib" / version, *(prefix / "bin").glob("python3*"), *(prefix / "lib").glob("libpython3*")]
    without = frozenset({"__pycache__", "site-packages", "dist-packages", "test"})
    return layers.Content(name=version, places={str(path): path for path in places}, without=without)
