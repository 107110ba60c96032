"""Who we are to others on the cluster, and whether the holder of a lock still lives; for the lock of a run."""

from __future__ import annotations

import getpass
import os
import socket
from datetime import UTC, datetime

import psutil

from vllm_qualify.kube.lease import Holder


def me(run: str) -> Holder:
    """This process."""
    now, host, pid = datetime.now(UTC), socket.gethostname(), os.getpid()
    return Holder(
        identity=f"{_user()}@{host}, process {pid}",
        run=run,
        host=host,
        pid=pid,
        process_started=psutil.Process(pid).create_time(),
        since=now,
        renewed=now,
    )


def here(holder: Holder) -> bool:
    """The holder is or was a process of this machine."""
    return holder.host == socket.gethostname() and bool(holder.pid)


def gone(holder: Holder, *, now: datetime) -> bool:
    """The holder does not live any more: seen on its own machine, or by its silence from another."""
    if here(holder):
        return not _lives(holder.pid, holder.process_started)
    return holder.lapsed(now)


def _lives(pid: int, started: float) -> bool:
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, ValueError):
        # A Lease that somebody wrote by hand may hold a number that no process can have.
        return False


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # An image may run under a number that has no name.
        return str(os.getuid())
