"""Environments that hold nothing but the harness and its dependencies, filled from a folder of wheels."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import uuid
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import uv

from tests.package import distributions
from vllm_qualify.core.shipped import HOME
from vllm_qualify.system import caches, install_lock

LOCK = HOME / "requirements" / "run.txt"
UV = uv.find_uv_bin()


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """One environment, of one operator.

    Attributes:
        root: its folder.
        home: the operator's home, which nobody else writes into.
    """

    root: Path
    home: Path

    def run(self, *command: str, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a command with nothing else on ``PATH``; every warning of Python is an error."""
        own = {"HOME": str(self.home), "LANG": "C.UTF-8", "PATH": str(self.root / "bin"), "PYTHONWARNINGS": "error"}
        program = str(self.root / "bin" / command[0])
        return subprocess.run(
            [program, *command[1:]], cwd=cwd, env=own | env, capture_output=True, text=True, check=False, timeout=120
        )


def install(root: Path, wheel: Path, *, python: Path, home: Path) -> Environment:
    """A new environment with the wheel and what it needs, from files alone."""
    call_uv("venv", "--python", str(python), str(root))
    call_uv("pip", "install", "--python", str(root / "bin" / "python"), *without_network(python), str(wheel))
    home.mkdir(exist_ok=True)
    return Environment(root=root, home=home)


def without_network(python: Path) -> tuple[str, ...]:
    """By which uv takes wheels from a folder, and asks nobody."""
    return ("--offline", "--no-index", "--find-links", str(wheelhouse(python)))


def call_uv(*arguments: str, env: dict[str, str] | None = None) -> str:
    """What uv prints for a command that must succeed."""
    command = [UV, "--no-config", *arguments]
    done = subprocess.run(command, env=os.environ | (env or {}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def wheelhouse(python: Path) -> Path:
    """The dependencies of the harness as wheels, fetched once into the user's cache for a lock file and a Python."""
    cached = caches.default()
    name = f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}-py{minor(python)}"
    place = cached.root / "wheelhouses" / name
    with install_lock.alone(cached.root / "locks", f"wheelhouse-{name}", say=lambda _line: None):
        if not place.is_dir():
            part = place.with_name(f"{name}.{uuid.uuid4().hex[:8]}{caches.PART}")
            distributions.script(HOME, "wheelhouse", str(part), env={"PYTHON": str(python)})
            for own in part.glob("vllm_qualify-*"):
                own.unlink()
            part.rename(place)
    return place


def find_python(version: str) -> Path | None:
    """An interpreter of that minor version on this machine: of uv, of ``PATH``, or of pyenv."""
    found = subprocess.run(
        [UV, "python", "find", "--quiet", "--no-project", "--no-python-downloads", version],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        check=False,
    ).stdout.split()
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    places = [*found, shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python{version}")]
    return next((Path(place) for place in places if place and minor(Path(place)) == version), None)


@cache
def minor(python: Path) -> str:
    """The minor version of an interpreter, ``""`` where it does not run."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip()
