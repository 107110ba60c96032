"""Keeps the Secret of a run's snapshot as the run knows it; for the transaction around production."""

from __future__ import annotations

from vllm_qualify.kube import snapshot as snapshots
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import Kind, Refused
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets import writing
from vllm_qualify.targets.site import Site

_RACED = frozenset({Kind.CONFLICT, Kind.MISSING})


def learnt(site: Site, snapshot: Snapshot, made: Object) -> Snapshot:
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


def renew(site: Site, snapshot: Snapshot) -> None:
    """Write the Secret of this run anew.

    Args:
        site: where.
        snapshot: what it shall keep.

    Raises:
        Refused: it is gone, or another run's; or the server did not take it in time.
    """
    since, kubectl = site.clock(), site.kubectl
    while True:
        try:
            _renew(site, snapshot)
        except Refused as refusal:
            raced = refusal.kind in _RACED and site.clock() <= since + kubectl.patience_seconds
            if not raced and not kubectl.asks_again(refusal, since=since):
                raise
            kubectl.pause(since=since)
        else:
            return


def _renew(site: Site, snapshot: Snapshot) -> None:
    found = None

    def lost() -> str:
        nonlocal found
        found = site.find("Secret", snapshots.NAME)
        ours = snapshots.of_run(found, snapshot.run)
        return "" if ours else f"the Secret {snapshots.NAME} is no longer that of run {snapshot.run}"

    if said := writing.surely(site, lost):
        raise Refused(said, kind=Kind.OTHER)
    if found is not None:
        wanted = snapshots.secret(snapshot)
        version = {"resourceVersion": found["metadata"]["resourceVersion"]}
        site.kubectl.replace(wanted | {"metadata": wanted["metadata"] | version})
