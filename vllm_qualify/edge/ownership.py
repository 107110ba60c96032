"""Which process a folder belongs to, so that what a killed run left behind can be told from what is in use."""

from __future__ import annotations

import json
from pathlib import Path

import psutil

from vllm_qualify.edge import files

_OWNER = "owner.json"


def claim(folder: Path, pid: int) -> None:
    """Name a process as the folder's owner, in place of an earlier one."""
    owner = {"pid": pid, "created": psutil.Process(pid).create_time()}
    files.write(folder / _OWNER, json.dumps(owner).encode())


def owned(folder: Path) -> bool:
    """Tell whether the owner still lives; a process id that went to another process is no owner."""
    try:
        owner = json.loads((folder / _OWNER).read_text(encoding="utf-8"))
        return bool(psutil.Process(owner["pid"]).create_time() == owner["created"])
    except (OSError, ValueError, KeyError, psutil.NoSuchProcess):
        return False
