"""Puts production back for a run that did not come to its end; behind ``vllm-qualify restore``."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from vllm_qualify.edge import identity
from vllm_qualify.edge.kubectl import REQUEST_SECONDS
from vllm_qualify.judge.restoring import Restoration
from vllm_qualify.kube import lease, plausible
from vllm_qualify.kube import snapshot as snapshots
from vllm_qualify.kube.objects import Object
from vllm_qualify.targets import announcing, restoring, writing
from vllm_qualify.targets.lock import Held
from vllm_qualify.targets.reach import Reach
from vllm_qualify.targets.site import POLL_SECONDS, Site

_FIRST_SECONDS = 300.0
"""How long the cluster is asked whether anything is left: whoever has no access at all hears so after that."""


def recover(
    reach: Reach,
    *,
    overwrite: bool = False,
    keep: bool = False,
    patience_seconds: float = restoring.PATIENCE_SECONDS,
) -> Restoration:
    """Finish what was left; nothing is done where nothing was left.

    Args:
        reach: the way to the namespace.
        overwrite: put back also what somebody else changed.
        keep: leave everything as it is, and forget the snapshot.
        patience_seconds: how long the cluster is asked again, whatever it refuses, once something was found to be left.

    Raises:
        Held: the run that has the lock still lives.
        BadSnapshot: what production was cannot be read.
        Refused: the cluster does not answer.
    """
    first = min(patience_seconds, _FIRST_SECONDS)
    site = reach.site.unstoppable(patience_seconds=reach.site.kubectl.patience_seconds, insist_seconds=first)
    reach = replace(reach, site=site)
    # That there is nothing to do must not be concluded from an old read, which may show the time before the run.
    until = site.clock() + writing.SURE_SECONDS
    _await_lapse(site, _looked_for(site, "Lease", lease.NAME, until=until))
    _await_orphans(site)
    secret = _looked_for(site, "Secret", snapshots.NAME, until=until)
    if secret is None:
        restoring.sweep(site)
        _release(site)
        return Restoration(checked=("nothing was left to be put back",))
    site = site.unstoppable(patience_seconds=site.kubectl.patience_seconds, insist_seconds=patience_seconds)
    reach = replace(reach, site=site)
    done = _forget(site) if keep else _restore(reach, secret, overwrite=overwrite)
    if done.complete:
        _release(site)
    return done


def _restore(reach: Reach, secret: Object, *, overwrite: bool) -> Restoration:
    snapshot = plausible.read(secret, namespace=reach.site.namespace)
    reach = replace(reach, site=replace(reach.site, service=snapshot.service or reach.site.service))
    announcing.announce(reach.site, snapshot)
    reach.site.say(f"putting production back as run {snapshot.run} found it at {snapshot.taken:%Y-%m-%d %H:%M:%S} UTC")
    return restoring.restore(reach, snapshot, overwrite=overwrite)


def _forget(site: Site) -> Restoration:
    restoring.sweep(site)
    site.step("unlock", f"delete the Secret {snapshots.NAME}; everything stays as it is")
    site.kubectl.delete("Secret", site.namespace, snapshots.NAME)
    return Restoration(checked=("everything stays as it is now, and what production was is forgotten",))


def _looked_for(site: Site, kind: str, name: str, *, until: float) -> Object | None:
    """An object; ``None`` only if it is still not there at that time."""
    while (found := site.find(kind, name)) is None and site.clock() < until:
        site.sleep(POLL_SECONDS)
    return found


def _await_lapse(site: Site, found: Object | None) -> None:
    """A run on another machine may still live: its lock says so until it lapses."""
    if found is None:
        return
    holder = lease.holder(found)
    if identity.gone(holder, now=datetime.now(UTC)):
        return
    if identity.here(holder):
        raise Held(f"the run that has production still lives: {holder}; end it first, it puts production back itself")
    site.say(f"the lock is held by {holder}; waiting up to {lease.SECONDS} s for a sign of life")

    def renewed_or_gone() -> bool:
        now = site.find("Lease", lease.NAME)
        return now is None or lease.holder(now) != holder or holder.lapsed(datetime.now(UTC))

    site.until(renewed_or_gone, seconds=lease.SECONDS + lease.RENEW_SECONDS)
    again = site.find("Lease", lease.NAME)
    if again is not None and not lease.holder(again).lapsed(datetime.now(UTC)):
        raise Held(f"the run that has production still lives: {lease.holder(again)}; end it first")


def _await_orphans(site: Site) -> None:
    """A run that was killed may have left a kubectl behind whose last request is still on its way."""
    found = site.find("Lease", lease.NAME)
    if found is not None and not lease.holder(found).lapsed(datetime.now(UTC)):
        site.sleep(REQUEST_SECONDS + 1)


def _release(site: Site) -> None:
    site.step("unlock", "give the Lease back")
    site.kubectl.delete("Lease", site.namespace, lease.NAME)
