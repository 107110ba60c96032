"""One run at a time may install a thing; whoever waits learns for whom. Used by installs."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock

_WAIT_SECONDS = 15.0


@contextlib.contextmanager
def alone(
    folder: Path, name: str, *, say: Callable[[str], None], wait_seconds: float = _WAIT_SECONDS
) -> Iterator[None]:
    """Hold the lock of that name; the system drops it when this process dies, however it dies.

    Args:
        folder: where locks lie; made if it is not there.
        name: what is locked.
        say: is told who holds the lock, at once and then every ``wait_seconds``.
        wait_seconds: see ``say``.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / f"{name}.holder"
    lock = filelock.FileLock(folder / f"{name}.lock")
    _acquire(lock, holder, name=name, say=say, wait_seconds=wait_seconds)
    try:
        holder.write_text(f"process {os.getpid()} of {socket.gethostname()} (since {time.strftime('%H:%M:%S')})")
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _acquire(
    lock: filelock.BaseFileLock, holder: Path, *, name: str, say: Callable[[str], None], wait_seconds: float
) -> None:
    timeout = 0.0
    while True:
        try:
            lock.acquire(timeout=timeout)
        except filelock.Timeout:
            other = holder.read_text() if holder.is_file() else "another process"
            say(f"waiting for {other}, which is installing {name}")
            timeout = wait_seconds
        else:
            return


def sweep(folder: Path) -> None:
    """Remove what an interrupted install left behind; the caller holds the lock.

    A run that was killed cannot end its uv, and no process is ended here either, since none could be told for certain
    to be that one. It loses the folder under its feet and ends by itself; what it still wrote goes the next time.
    """
    shutil.rmtree(folder, ignore_errors=True)
