"""Says what a restore is about to write, before it writes; for ``vllm-qualify restore``."""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.core import redaction
from vllm_qualify.kube import objects, sensitive
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets.kubernetes.namespace import Namespace

_SHOWN = 12


def announce(site: Namespace, snapshot: Snapshot) -> None:
    """Tell field by field what will be written, and what deleted; values of secrets are not shown.

    Raises:
        Refused: what is there cannot be read.
    """
    site.say(f"changes to namespace {snapshot.namespace}, unless somebody else's change prevents them:")
    for one in snapshot.deployments:
        live = site.find("Deployment", one["metadata"]["name"])
        hidden = sensitive.values([one, live or {}])
        for line in _written(one, live):
            site.say(f"  {objects.name_of(one)} {redaction.text(line, hidden)}")
    for held in snapshot.gitops:
        site.say(f"  {held} is resumed, if it is still as the run paused it")
    for kind, name in snapshot.absent:
        if site.find(kind, name) is not None:
            site.say(f"  {kind} {name} is deleted, because it was not there before")


def _written(wanted: Object, live: Object | None) -> Iterator[str]:
    if live is None:
        yield f"is created, with {objects.replicas(wanted)} replicas"
        return
    changed = objects.differences(live, wanted)
    if not changed:
        yield "is already as it was"
    yield from (one.ahead() for one in changed[:_SHOWN])
    if changed[_SHOWN:]:
        yield f"and {len(changed) - _SHOWN} more fields"
