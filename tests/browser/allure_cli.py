"""Allure 3 from the registry, in a folder of its own, made once for each content of its lock file."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path

from vllm_qualify.core.shipped import HOME
from vllm_qualify.system import caches, install_lock

_LOCKED = HOME / "requirements" / "allure"
_NODE = 20
"""What Allure 3 asks for in its package.json (engines)."""


def missing() -> str | None:
    """Why Allure cannot run here, in one line that says what to do; ``None`` if it can."""
    if shutil.which("npm") is None or (node := shutil.which("node")) is None:
        return f"npm is not on PATH; Allure 3 needs Node.js {_NODE} or newer, with npm"
    told = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.match(r"v(\d+)", told)
    if version is None or int(version[1]) < _NODE:
        return f"Node.js is {told.strip()}; Allure 3 needs {_NODE} or newer"
    return None


def installed(say: Callable[[str], None]) -> Path:
    """The program ``allure``; scripts of packages are not run, and nothing is asked of the registry a second time."""
    root = caches.default().root
    lock = _LOCKED / "package-lock.json"
    place = root / "allure" / hashlib.sha256(lock.read_bytes()).hexdigest()[:12]
    with install_lock.alone(root / "locks", "allure", say=say):
        if not place.exists():
            say("fetching Allure 3 (once)")
            part = place.with_name(f"{place.name}.{uuid.uuid4().hex[:8]}{caches.PART}")
            shutil.copytree(_LOCKED, part)
            wanted = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(wanted, cwd=part, capture_output=True, check=True)
            part.rename(place)
    return place / "node_modules" / ".bin" / "allure"


def generate(program: Path, run: Path) -> Path:
    """Make the report of a run as the how-to says: in its folder, without an option."""
    made = subprocess.run([program, "generate"], cwd=run, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    return run / "allure-report"
