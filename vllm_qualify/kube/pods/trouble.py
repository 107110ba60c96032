"""What stands between a pod and its readiness, as one record; ``ends`` and ``waits`` find it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_LONGEST = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Graces:
    """How long troubles that may pass by themselves are borne, in seconds from their first evidence."""

    pull: float = 60.0
    scheduling: float = 30.0
    mounts: float = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One trouble.

    Attributes:
        reason: Kubernetes' word for it.
        message: what happened and why, for people.
        since: the time of its first evidence; ``None`` where that has no time.
        exit_code: what the container ended with, if it did.
        image_at_fault: the image did it, and not the node, the manifest or the cluster.
        grace: seconds for which it may still pass by itself.
    """

    reason: str
    message: str
    since: datetime | None = None
    exit_code: int | None = None
    image_at_fault: bool = False
    grace: float = 0.0


def short(message: str) -> str:
    """A message of Kubernetes as one line of bearable length; its end, where the cause stands, is kept."""
    line = " ".join(message.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST // 3]} ... {line[-_LONGEST * 2 // 3 :]}"
