"""Who we are to others on the cluster, and whether the holder of a lock still lives; for the lock of a run."""

from __future__ import annotations

import getpass
import os
import socket
from datetime import UTC, datetime

from vllm_qualify.kube.lease import Holder
from vllm_qualify.system import processes


def me(run: str, *, doing: str = "") -> Holder:
    """This process.

    Args:
        run: the run that it is about.
        doing: what this process does with it, where it is not the run itself.
    """
    now, host, (pid, started) = datetime.now(UTC), socket.gethostname(), processes.me()
    return Holder(
        identity=f"{_user()}@{host}, process {pid}" + (f" ({doing})" if doing else ""),
        run=run,
        host=host,
        place=processes.place(),
        pid=pid,
        started=started,
        since=now,
        renewed=now,
    )


def seen(holder: Holder) -> bool | None:
    """Whether the holder is seen to live; ``None`` where it cannot be looked for from here.

    Names of hosts do not tell: containers may share one, and a number means another process in each of them.
    """
    if not holder.place or holder.place != processes.place():
        return None
    return processes.lives(holder.pid, started_at=holder.started)


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # An image may run under a number that has no name.
        return str(os.getuid())
