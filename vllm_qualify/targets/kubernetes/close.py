"""The end of a run on a cluster: production is put back, what the run made is cleared away, the lock is given back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vllm_qualify.checks.production import Restoration
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.kube.snapshot import NAME, Snapshot
from vllm_qualify.targets.kubernetes import capture, restore, snapshot_secret
from vllm_qualify.targets.kubernetes.fence import LostLock
from vllm_qualify.targets.kubernetes.lease_lock import LeaseLock
from vllm_qualify.targets.kubernetes.namespace import Namespace
from vllm_qualify.targets.kubernetes.server_access import ServerAccess

_UNTOUCHED = "production was not touched"


def close(
    reach: ServerAccess,
    lock: LeaseLock,
    *,
    snapshot: Snapshot | None,
    last: Mapping[str, Object] | None,
    insist_seconds: float,
) -> Restoration:
    """Put production back and give the lock back; whatever goes wrong is a problem, and never a traceback.

    Args:
        reach: the way to production, which nothing stops.
        lock: of the run.
        snapshot: how production was; ``None`` where it was not captured.
        last: by name, what the run wrote last, where that is known; ``None`` where it touched nothing.
        insist_seconds: how long even a refusal is no answer.
    """
    try:
        if lock.lost:
            raise LostLock(lock.lost)  # noqa: TRY301 (as any step of the way back may find it)
        restoration = _restored(reach, snapshot, last)
        reach.site.step("unlock", "release the Lease")
        lock.release(insist_seconds=insist_seconds)
    except LostLock as lost:
        return _untouched(str(lost)) if last is None or snapshot is None else _given_up(reach.site, snapshot, str(lost))
    except Exception as error:  # noqa: BLE001
        return Restoration(problems=(f"{type(error).__name__}: {error}",))
    return restoration


def _restored(reach: ServerAccess, snapshot: Snapshot | None, last: Mapping[str, Object] | None) -> Restoration:
    if snapshot is None:
        return _untouched()
    if last is not None:
        return restore.restore(reach, snapshot, last=last)
    restore.sweep(reach.site, snapshot.run)
    snapshot_secret.forget(reach.site, snapshot.run)
    return _untouched()


def _given_up(site: Namespace, snapshot: Snapshot, lost: str) -> Restoration:
    """Production is another's by now: whether it is back is looked at, and nothing is done about it."""
    site = replace(site, kubectl=replace(site.kubectl, insistence=None))
    try:
        away = site.find("Secret", NAME) is not None or capture.edited(site, snapshot)
        away = away or capture.scaled(site, snapshot)
    except Refused:
        away = True
    if away:
        return Restoration(problems=(lost,))
    return Restoration(checked=("production is as it was: somebody else put it back",), notes=(lost,))


def _untouched(*notes: str) -> Restoration:
    return Restoration(checked=(_UNTOUCHED,), notes=notes)
