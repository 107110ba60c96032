"""Puts production back for a run that did not come to its end; behind ``vllm-qualify restore``."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from vllm_qualify.checks.production import Restoration
from vllm_qualify.kube import identity, lease, objects, snapshot_check
from vllm_qualify.kube import snapshot as snapshots
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.snapshot import BadSnapshot
from vllm_qualify.targets.kind import PATIENCE_SECONDS
from vllm_qualify.targets.kubernetes import announcement, conditional_put, gitops, removal, restore, snapshot_secret
from vllm_qualify.targets.kubernetes.lease_lock import LeaseLock
from vllm_qualify.targets.kubernetes.namespace import POLL_SECONDS, Namespace
from vllm_qualify.targets.kubernetes.server_access import ServerAccess

_FIRST_SECONDS = 300.0
"""How long the cluster is asked whether anything is left: whoever has no access at all hears so after that."""
_NOTHING = Restoration(checked=("nothing was left to put back",))


def recover(
    reach: ServerAccess,
    *,
    overwrite: bool = False,
    keep: bool = False,
    patience_seconds: float = PATIENCE_SECONDS,
) -> Restoration:
    """Finish what was left; nothing is done where nothing was left.

    Args:
        reach: the way to the namespace.
        overwrite: put back also what somebody else changed.
        keep: leave everything as it is, and forget the snapshot.
        patience_seconds: how long the cluster is asked again, whatever it refuses, once something was found to be left.

    Raises:
        LockHeld: the run that has the lock still lives, or somebody else restores.
        LostLock: somebody else took the lock meanwhile.
        BadSnapshot: what production was cannot be read.
        Refused: the cluster does not answer.
    """
    first = min(patience_seconds, _FIRST_SECONDS)
    site = reach.site.unstoppable(patience_seconds=reach.site.kubectl.patience_seconds, insist_seconds=first)
    reach = replace(reach, site=site)
    # That there is nothing to do must not be concluded from an old read, which may show the time before the run.
    until = site.clock() + conditional_put.SURE_SECONDS
    looked_for = [("Lease", lease.NAME), ("Secret", snapshots.NAME)]
    left = next(filter(None, (_looked_for(site, *one, until=until) for one in looked_for)), None)
    if left is None:
        return _NOTHING
    return _under_lock(reach, left, until=until, overwrite=overwrite, keep=keep, patience_seconds=patience_seconds)


def _under_lock(
    reach: ServerAccess, left: Object, *, until: float, overwrite: bool, keep: bool, patience_seconds: float
) -> Restoration:
    site = reach.site
    lock = LeaseLock(site, identity.me(objects.run_of(left), doing="vllm-qualify restore"))
    patient = site.unstoppable(patience_seconds=site.kubectl.patience_seconds, insist_seconds=patience_seconds)
    reach = replace(reach, site=lock.fenced(patient))
    try:
        lock.take(finishing=True)
        done = _finish(reach, lock.me.run, until=until, overwrite=overwrite, keep=keep)
        site.step("unlock", "release the Lease")
        lock.release(insist_seconds=patience_seconds)
    except BadSnapshot:
        # Nothing is under way, so nobody has to wait until the lock lapses.
        lock.release()
        raise
    finally:
        lock.abandon()
    return done


def _finish(reach: ServerAccess, run: str, *, until: float, overwrite: bool, keep: bool) -> Restoration:
    site = reach.site
    secret = _looked_for(site, "Secret", snapshots.NAME, until=until)
    if secret is None:
        restore.sweep(site, run)
        return _NOTHING
    if keep:
        return _forget(site, secret)
    return _restore(reach, secret, overwrite=overwrite)


def _restore(reach: ServerAccess, secret: Object, *, overwrite: bool) -> Restoration:
    snapshot = snapshot_check.read(secret, namespace=reach.site.namespace)
    if not snapshot.touched:
        restore.sweep(reach.site, snapshot.run)
        snapshot_secret.forget(reach.site, snapshot.run)
        return Restoration(checked=(f"run {snapshot.run} ended before it touched production; nothing was put back",))
    reach = replace(reach, site=replace(reach.site, service=snapshot.service or reach.site.service))
    announcement.announce(reach.site, snapshot)
    reach.site.say(f"putting production back as run {snapshot.run} found it at {snapshot.taken:%Y-%m-%d %H:%M:%S} UTC")
    return restore.restore(reach, snapshot, overwrite=overwrite)


def _forget(site: Namespace, secret: Object) -> Restoration:
    restore.sweep(site, objects.run_of(secret))
    still: tuple[str, ...] = ()
    # One that cannot be read is forgotten all the same: that is how it is got rid of.
    with contextlib.suppress(BadSnapshot):
        still = gitops.left(snapshot_check.read(secret, namespace=site.namespace))
    site.step("unlock", f"delete the Secret {snapshots.NAME}; everything stays as it is")
    uid = secret["metadata"]["uid"]
    removal.remove(site, "Secret", snapshots.NAME, ours=lambda found: bool(found["metadata"]["uid"] == uid))
    return Restoration(
        checked=("everything stays as it is now, and the snapshot of production is deleted",), notes=still
    )


def _looked_for(site: Namespace, kind: str, name: str, *, until: float) -> Object | None:
    """An object; ``None`` only if it is still not there at that time."""
    while (found := site.find(kind, name)) is None and site.clock() < until:
        site.sleep(POLL_SECONDS)
    return found
