"""Keeps the Secret of a run's snapshot as the run knows it, and never touches another run's; for the transaction."""

from __future__ import annotations

from collections.abc import Callable

from vllm_qualify.kube import objects
from vllm_qualify.kube import snapshot as snapshots
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets.kubernetes import conditional_put, removal
from vllm_qualify.targets.kubernetes.fence import LostLock
from vllm_qualify.targets.kubernetes.lease_lock import LeaseLock
from vllm_qualify.targets.kubernetes.namespace import Namespace

_RACED = frozenset({RefusalKind.CONFLICT, RefusalKind.MISSING})


def begin(site: Namespace, snapshot: Snapshot) -> None:
    """Write the Secret of this run for the first time.

    Raises:
        Refused: another run's is there; or the server did not take it in time.
    """
    _repeated(site, lambda: _begin(site, snapshot))


def under(lock: LeaseLock, site: Namespace, snapshot: Snapshot) -> None:
    """As ``begin``, and the Secret goes again where the lock was lost while it was on its way.

    Args:
        lock: of the run.
        site: where, without the lock's fence.
        snapshot: what shall be kept.

    Raises:
        LostLock: the lock is another's.
        Refused: as ``begin``.
    """
    begin(lock.fenced(site), snapshot)
    try:
        lock.check()
    except LostLock:
        # Nobody would know what it is for.
        forget(site, snapshot.run)
        raise


def forget(site: Namespace, run: str) -> None:
    """Delete the Secret of a run.

    Raises:
        Refused: it may not be deleted, or the server did not answer in time.
    """
    removal.remove(site, "Secret", snapshots.NAME, ours=lambda found: objects.run_of(found) == run)


def learnt(site: Namespace, snapshot: Snapshot, made: Object) -> Snapshot:
    """The snapshot with what the server answered to a write; a webhook's part in it is nobody's edit.

    The Secret is written anew only where the answer is more than annotations away from what it keeps.

    Args:
        site: where.
        snapshot: as it is kept.
        made: the answer.

    Raises:
        Refused: as ``renew``.
    """
    known = snapshot.knowing([made])
    if not snapshot.ours(made):
        renew(site, known)
    return known


def renew(site: Namespace, snapshot: Snapshot) -> None:
    """Write the Secret of this run anew.

    Args:
        site: where.
        snapshot: what it shall keep.

    Raises:
        Refused: it is gone, or another run's; or the server did not take it in time.
    """
    _repeated(site, lambda: _renew(site, snapshot))


def _repeated(site: Namespace, write: Callable[[], None]) -> None:
    since, kubectl = site.clock(), site.kubectl
    while True:
        try:
            write()
        except Refused as refusal:
            raced = refusal.kind in _RACED and site.clock() <= since + kubectl.patience_seconds
            if not raced and not kubectl.asks_again(refusal, since=since):
                raise
            kubectl.pause(since=since)
        else:
            return


def _begin(site: Namespace, snapshot: Snapshot) -> None:
    try:
        site.kubectl.create(snapshots.secret(snapshot))
    except Refused as refusal:
        if refusal.kind is not RefusalKind.EXISTS:
            raise
        # Made by a request whose answer was lost, it is ours.
        _renew(site, snapshot)


def _renew(site: Namespace, snapshot: Snapshot) -> None:
    found = None

    def lost() -> str:
        nonlocal found
        found = site.find("Secret", snapshots.NAME)
        ours = objects.run_of(found) == snapshot.run
        return "" if ours else f"the Secret {snapshots.NAME} is not that of run {snapshot.run}, so it stays as it is"

    if said := conditional_put.surely(site, lost):
        raise Refused(said, kind=RefusalKind.OTHER)
    if found is not None:
        site.kubectl.replace(objects.instead(snapshots.secret(snapshot), of=found))
