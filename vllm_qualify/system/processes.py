"""Which process of which machine one is, so that another one can tell for certain whether it still lives.

A number alone goes to another process later, and means another process in another container. Here it comes with its
place (machine, boot and PID namespace) and with the tick at which it was started, which no step of the clock moves.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

_PROC = Path("/proc")
_MACHINE = Path("/etc/machine-id")
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_DIGITS = 16
# Of /proc/PID/stat, counted from the field after the name, which may hold blanks and brackets; see proc_pid_stat(5).
_STATE, _STARTED = 0, 19
_DEAD = frozenset("ZXx")


def machine() -> str:
    """This machine; ``""`` where it has no id, as in many containers.

    A digest: machine-id(5) asks for the id itself to be kept from others.
    """
    return _digest(_MACHINE)


def place() -> str:
    """Where numbers of processes mean the same as they do here; ``""`` where that cannot be told."""
    boot = _digest(_BOOT)
    try:
        namespace = (_PROC / "self" / "ns" / "pid").stat().st_ino
    except OSError:
        return ""
    return f"{machine() or '-'}/{boot}/{namespace}" if boot else ""


def started(pid: int) -> int:
    """The tick since boot at which a process of this place was started; 0 where there is none that lives."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        return 0 if fields[_STATE] in _DEAD else int(fields[_STARTED])
    except (OSError, ValueError, IndexError):
        return 0


def lives(pid: int, *, started_at: int) -> bool:
    """A process of this place lives, and is the one that was started then."""
    return pid > 0 and started_at > 0 and started(pid) == started_at


def me() -> tuple[int, int]:
    """This process: its number, and the tick at which it was started."""
    return os.getpid(), started(os.getpid())


def _digest(path: Path) -> str:
    try:
        said = path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return ""
    return hashlib.sha256(f"vllm-qualify {said}".encode()).hexdigest()[:_DIGITS] if said else ""
