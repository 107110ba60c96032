"""The lock of a run: a Lease that says who holds it, since when, and whether that one still lives. Pure.

Called by the transaction, which takes it before anything else and gives it back after everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vllm_qualify.kube.objects import Object

NAME = "vllm-qualify"
SECONDS = 60
"""Without a renewal for so long, the holder counts as gone; counted by whoever watches it, whatever the times say."""
RENEW_SECONDS = 15
_MANAGED = {"app.kubernetes.io/managed-by": "vllm-qualify"}
_PREFIX = "vllm-qualify/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds the lock.

    Attributes:
        identity: for people: user, host and process.
        run: the run's name.
        host: the machine, for people.
        place: where the process can be looked for: machine, boot and PID namespace; ``""`` where that is not known.
        pid: the process.
        started: the tick since boot at which it was started: a number alone is given to others later.
        since: when the lock was taken.
        renewed: when the holder last said that it lives.
        transitions: how often the lock went from one holder to another, by which two of one name are told apart.
    """

    identity: str
    run: str
    host: str
    place: str
    pid: int
    started: int
    since: datetime
    renewed: datetime
    transitions: int = 0

    def __str__(self) -> str:
        return f"{self.identity} since {self.since:%Y-%m-%d %H:%M:%S} UTC (run {self.run})"


def lease(holder: Holder, *, namespace: str) -> Object:
    """The Lease that this holder takes."""
    return {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {
            "name": NAME,
            "namespace": namespace,
            "labels": dict(_MANAGED),
            "annotations": {
                f"{_PREFIX}run": holder.run,
                f"{_PREFIX}host": holder.host,
                f"{_PREFIX}place": holder.place,
                f"{_PREFIX}pid": str(holder.pid),
                f"{_PREFIX}started": str(holder.started),
            },
        },
        "spec": {
            "holderIdentity": holder.identity,
            "leaseDurationSeconds": SECONDS,
            "acquireTime": _micro(holder.since),
            "renewTime": _micro(holder.renewed),
            "leaseTransitions": holder.transitions,
        },
    }


def holder(obj: Object) -> Holder:
    """Who holds a Lease; what it does not say is filled with what makes nobody wait for ever."""
    metadata, spec = obj.get("metadata", {}), obj.get("spec", {})
    notes: dict[str, str] = metadata.get("annotations") or {}
    since = _time(spec.get("acquireTime") or metadata.get("creationTimestamp"))
    return Holder(
        identity=str(spec.get("holderIdentity") or "an unknown holder"),
        run=notes.get(f"{_PREFIX}run", "unknown"),
        host=notes.get(f"{_PREFIX}host", ""),
        place=notes.get(f"{_PREFIX}place", ""),
        pid=_number(notes.get(f"{_PREFIX}pid")),
        started=_number(notes.get(f"{_PREFIX}started")),
        since=since,
        renewed=_time(spec.get("renewTime")) if spec.get("renewTime") else since,
        transitions=_number(spec.get("leaseTransitions")),
    )


def same(one: Holder, other: Holder) -> bool:
    """It is the same process, whatever it renewed in the meantime."""
    return all(getattr(one, key) == getattr(other, key) for key in ("run", "host", "place", "pid", "started"))


def unbroken(one: Holder, other: Holder) -> bool:
    """It is the same process, and nobody else had the lock in between."""
    return same(one, other) and one.transitions == other.transitions


def _micro(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"


def _time(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _number(text: Any) -> int:
    try:
        return int(text)
    except (TypeError, ValueError):
        return 0
