"""What a command takes: seconds, processor and memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_KIB = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one command took, the start of its process included.

    Attributes:
        seconds: that passed.
        processor: seconds of it, user and system.
        peak_mib: the most memory that it held.
        said: its standard output.
        code: its exit code.
    """

    seconds: float
    processor: float
    peak_mib: float
    said: bytes
    code: int


def run(command: Sequence[str], *, cwd: Path | None = None, variables: Mapping[str, str] | None = None) -> Spent:
    """Run a command to its end.

    Args:
        command: its words.
        cwd: where it works; ``None``: here.
        variables: that it sees beside ours.
    """
    # An operator's Python keeps what it compiled; a test machine's may be told not to.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env |= variables or {}
    started = time.perf_counter()
    with subprocess.Popen(command, cwd=cwd, env=env, stdout=subprocess.PIPE) as process:
        said = process.stdout.read() if process.stdout else b""
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    return Spent(
        seconds=seconds,
        processor=used.ru_utime + used.ru_stime,
        peak_mib=used.ru_maxrss / _KIB,
        said=said,
        code=process.returncode,
    )
