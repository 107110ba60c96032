"""Takes away what a run leaves in a Deployment beside its fields, once it is put back; for the way back.

None of it keeps production from serving, so whatever cannot be taken away is told, and nobody waits long for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from vllm_qualify.kube import field_owners, objects, paths, revisions
from vllm_qualify.kube.kubectl import MANAGER
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets.kubernetes import conditional_put
from vllm_qualify.targets.kubernetes.namespace import POLL_SECONDS, Namespace

_TRIES = 10
"""The controller writes the status meanwhile, and each of its writes refuses one of ours."""


def give_fields_back(site: Namespace, snapshot: Snapshot, written: Iterable[Object]) -> Iterator[str]:
    """Let whoever owned the fields of the Deployments before the run own them again.

    Args:
        site: where.
        snapshot: knows who.
        written: what the server answered when they were put back.

    Yields:
        What the operator should know where that was not possible.
    """
    for made in written:
        name = str(made["metadata"]["name"])
        try:
            _give_back(site, made, snapshot.owners.get(name, ()))
        except Refused as refusal:
            yield (
                f"fields of Deployment {name} stay owned by {MANAGER} ({refusal}): if your next `kubectl apply "
                "--server-side` reports a conflict with it, add --force-conflicts once"
            )


def _give_back(site: Namespace, made: Object, owners: Sequence[Object]) -> None:
    for tried in range(_TRIES):
        # Without a look the answer says whether there is anything to do; what is written is what is there by now.
        live = made if field_owners.given_back(made, owners, manager=MANAGER) is None else _seen(site, made, owners)
        wanted = live and field_owners.given_back(live, owners, manager=MANAGER)
        if not wanted:
            return
        try:
            made = site.kubectl.replace(wanted)
        except Refused as refusal:
            if (
                refusal.kind not in {RefusalKind.CONFLICT, RefusalKind.GONE, RefusalKind.TRANSIENT}
                or tried == _TRIES - 1
            ):
                raise
            site.sleep(POLL_SECONDS)


def _seen(site: Namespace, made: Object, owners: Sequence[Object]) -> Object | None:
    """The Deployment; one that is surely the run's no more, if it is not, since a single look may be old."""
    live: Object | None = None

    def given() -> str:
        nonlocal live
        live = site.find("Deployment", str(made["metadata"]["name"]))
        return "" if live and field_owners.given_back(live, owners, manager=MANAGER) else "the run owns no field of it"

    conditional_put.surely(site, given)
    return live


def histories(site: Namespace, deployments: Iterable[Object]) -> dict[str, tuple[str, ...]]:
    """The uids of the ReplicaSets of each Deployment; without those whose history may not be listed."""
    found = {}
    for one in deployments:
        with suppress(Refused):
            there = revisions.of(one, _replica_sets(site, one))
            found[str(one["metadata"]["name"])] = tuple(str(each["metadata"]["uid"]) for each in there)
    return found


def forget_revisions(site: Namespace, snapshot: Snapshot) -> tuple[str, ...]:
    """Delete the ReplicaSets that candidates left, so that ``kubectl rollout undo`` brings none of them.

    Those that were there before the run are never touched, whatever is in them.

    Args:
        site: where.
        snapshot: knows which there were, and what the run wrote.

    Returns:
        What the operator should know.
    """
    hasty = replace(site, kubectl=replace(site.kubectl, insistence=None))
    try:
        return tuple(_forget(hasty, snapshot))
    except Refused as refusal:
        return (
            f"candidates stay in the history ({refusal}): `kubectl rollout undo` may start one; give --to-revision",
        )


def _forget(site: Namespace, snapshot: Snapshot) -> Iterator[str]:
    for one in snapshot.deployments:
        before = snapshot.revisions.get(str(one["metadata"]["name"]))
        if before is None:
            yield f"candidates stay in the history of {objects.name_of(one)}, which this account may not list"
            continue
        there = revisions.of(one, _replica_sets(site, one))
        # What the operator's command wrote before the run was killed in it, nobody knows.
        written = there if snapshot.switching else snapshot.known
        for left in revisions.left_by(there, before=before, written=written):
            _delete(site, left)
        if gone := len(set(before) - {str(each["metadata"]["uid"]) for each in there}):
            yield (
                f"{gone} of {len(before)} earlier revisions of {objects.name_of(one)} were dropped while candidates "
                "were tried, because of its revisionHistoryLimit"
            )


def _delete(site: Namespace, left: Object) -> None:
    """This very one, as it was read; one that changed by now is left to the next look."""
    metadata = left["metadata"]
    try:
        site.kubectl.delete(
            "ReplicaSet",
            site.namespace,
            str(metadata["name"]),
            uid=str(metadata["uid"]),
            version=str(metadata["resourceVersion"]),
        )
    except Refused as refusal:
        if refusal.kind is not RefusalKind.CONFLICT:
            raise


def _replica_sets(site: Namespace, deployment: Object) -> tuple[Object, ...]:
    return site.kubectl.items(paths.path("ReplicaSet", site.namespace, labelSelector=objects.selector(deployment)))
