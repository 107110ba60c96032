"""Which process a folder belongs to, so that what a killed run left behind can be told from what is in use.

Several machines or containers may share the folder: what belongs to one of them is never taken for abandoned here.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from vllm_qualify.system import files, processes

_OWNER = "owner.json"


def claim(folder: Path, pid: int) -> None:
    """Name a process of this machine as the folder's owner, in place of an earlier one."""
    owner = {
        "host": socket.gethostname(),
        "machine": processes.machine(),
        "place": processes.place(),
        "pid": pid,
        "started": processes.started(pid),
    }
    files.write(folder / _OWNER, json.dumps(owner).encode())


def owned(folder: Path) -> bool:
    """Tell whether the folder may be in use: only of an owner that is seen to be gone it is known that it is not."""
    try:
        owner: dict[str, Any] = json.loads((folder / _OWNER).read_text(encoding="utf-8"))
        if owner["place"] == processes.place():
            return processes.lives(int(owner["pid"]), started_at=int(owner["started"]))
        return not _restarted(owner)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _restarted(owner: dict[str, Any]) -> bool:
    """It is of this very machine and of another boot: nothing of it can run any more."""
    here = {"host": socket.gethostname(), "machine": processes.machine()}
    boot, now = (place.split("/")[1:2] for place in (str(owner["place"]), processes.place()))
    return bool(here["machine"]) and here == {key: owner.get(key) for key in here} and boot != now
