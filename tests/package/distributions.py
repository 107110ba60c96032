"""The wheel and the sdist, built by the project's own script; the checkout's files and where a wheel has them."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from vllm_qualify import __version__
from vllm_qualify.core.shipped import HOME

# Where the folders of the checkout are in a wheel.
PLACES = {
    "vllm_qualify/": "vllm_qualify/",
    "canary/": "vllm_qualify/shipped/canary/",
    "examples/": "vllm_qualify/shipped/examples/",
    "fixtures/": "vllm_qualify/shipped/fixtures/",
    "suites/": "vllm_qualify/shipped/suites/",
}
# How the canary was made is told in the checkout alone.
MAKERS = re.compile(r"canary/[^/]+\.(?:py|md)")
DIST_INFO = f"vllm_qualify-{__version__}.dist-info"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distributions:
    """A wheel and the sdist that it was built from."""

    wheel: Path
    sdist: Path


def build(into: Path, *, tree: Path = HOME, env: dict[str, str] | None = None) -> Distributions:
    """Build both as ``script/build`` does.

    Args:
        into: the folder for both.
        tree: the sources.
        env: variables besides those of now.
    """
    script(tree, "build", str(into), env=env)
    return Distributions(wheel=next(into.glob("*.whl")), sdist=next(into.glob("*.tar.gz")))


def script(tree: Path, name: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run a script of the project; what it says is the message where it fails."""
    command = [str(tree / "script" / name), *arguments]
    done = subprocess.run(command, env=os.environ | (env or {}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def tracked(tree: Path = HOME) -> set[str]:
    """The files that belong to the project, those that are new as well, relative to its top level."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=tree, stdout=subprocess.PIPE, text=True, check=True).stdout.splitlines()
    return {name for name in listed if (tree / name).is_file()}


def in_wheel(name: str) -> str | None:
    """Where a file of the checkout is in a wheel; ``None`` for one that stays behind."""
    if MAKERS.fullmatch(name):
        return None
    return next((place + name.removeprefix(top) for top, place in PLACES.items() if name.startswith(top)), None)


def members(distribution: Path) -> dict[str, bytes]:
    """All files of a wheel or of an sdist, without the folder that an sdist has around them."""
    if distribution.suffix == ".whl":
        with zipfile.ZipFile(distribution) as archive:
            return {name: archive.read(name) for name in archive.namelist()}
    with tarfile.open(distribution) as packed:
        files = {entry.name.partition("/")[2]: packed.extractfile(entry) for entry in packed if entry.isfile()}
        return {name: file.read() for name, file in files.items() if file is not None}
