"""Takes away what a run leaves in a Deployment beside its fields, once it is put back; for the way back.

None of it keeps production from serving, so whatever cannot be taken away is told, and nobody waits long for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from vllm_qualify.edge.kubectl import MANAGER
from vllm_qualify.kube import field_owners
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import Kind, Refused
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets import writing
from vllm_qualify.targets.site import POLL_SECONDS, Site

_TRIES = 10
"""The controller writes the status meanwhile, and each of its writes refuses one of ours."""


def give_fields_back(site: Site, snapshot: Snapshot, written: Iterable[Object]) -> Iterator[str]:
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
                f"fields of Deployment {name} stay owned by {MANAGER} ({refusal}): should your next `kubectl apply "
                "--server-side` name a conflict with it, give --force-conflicts once"
            )


def _give_back(site: Site, made: Object, owners: Sequence[Object]) -> None:
    for tried in range(_TRIES):
        # Without a look the answer says whether there is anything to do; what is written is what is there by now.
        live = made if field_owners.given_back(made, owners, manager=MANAGER) is None else _seen(site, made, owners)
        wanted = live and field_owners.given_back(live, owners, manager=MANAGER)
        if not wanted:
            return
        try:
            made = site.kubectl.replace(wanted)
        except Refused as refusal:
            if refusal.kind not in {Kind.CONFLICT, Kind.GONE, Kind.TRANSIENT} or tried == _TRIES - 1:
                raise
            site.sleep(POLL_SECONDS)


def _seen(site: Site, made: Object, owners: Sequence[Object]) -> Object | None:
    """The Deployment; one that is surely the run's no more, if it is not, since a single look may be old."""
    live: Object | None = None

    def given() -> str:
        nonlocal live
        live = site.find("Deployment", str(made["metadata"]["name"]))
        return "" if live and field_owners.given_back(live, owners, manager=MANAGER) else "the run owns nothing of it"

    writing.surely(site, given)
    return live
