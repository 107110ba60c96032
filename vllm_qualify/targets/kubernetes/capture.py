"""Captures production, and looks once more right before it is taken down: pulls in between may take half an hour.

Another number of replicas, as a switch of the modes leaves it, is captured anew, since nothing else depends on it. An
edit is not: plans were made, checked and shown by what was there before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from vllm_qualify.core import images
from vllm_qualify.kube import field_owners, foreign_edits, objects, start_time
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import state
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets.kubernetes import conditional_put, gitops, run_plan, traces
from vllm_qualify.targets.kubernetes.namespace import Namespace
from vllm_qualify.targets.kubernetes.server_access import ServerAccess


def capture(
    reach: ServerAccess, *, run: str, wanted: Iterable[tuple[str, str]], container: str, pausing: bool = False
) -> Snapshot:
    """Read everything that may be touched, and what else must be the same afterwards.

    Args:
        reach: the way to production.
        run: whose snapshot it is.
        wanted: kind and name of what is read.
        container: of production's pods, the one that serves.
        pausing: the run pauses what GitOps controllers would write back.

    Raises:
        Refused: the cluster does not answer.
    """
    site = reach.site
    found = {(kind, name): site.find(kind, name) for kind, name in wanted}
    present = [obj for obj in found.values() if obj is not None]
    deployments = [one for one in present if one["kind"] == "Deployment"]
    running = {one["metadata"]["name"]: site.pods_of(one) for one in deployments}
    serving = {name: [pod for pod in owned if state.ready(pod)] for name, owned in running.items()}
    first = next((pod for owned in serving.values() for pod in owned), None)
    return Snapshot(
        run=run,
        taken=datetime.now(UTC),
        namespace=site.namespace,
        objects=tuple(objects.cleaned(one) for one in present),
        absent=tuple(key for key, obj in found.items() if obj is None and key[0] in run_plan.MADE),
        served=reach.models(pod=first, container=container) if first is not None else (),
        service=site.service,
        container=container,
        owners=field_owners.of(one for one in present if one["kind"] == "Deployment"),
        revisions=traces.histories(site, [one for one in present if one["kind"] == "Deployment"]),
        ready={name: len(owned) for name, owned in serving.items() if owned},
        gitops=gitops.acting(site, deployments) if pausing else (),
        touched=False,
    )


def release(kept: Snapshot, container: str) -> str:
    """The release that production's image of a container names; ``""`` where it names none, or several do."""
    named = {objects.image(one, container=container) for one in kept.deployments} - {""}
    return images.release_of(named.pop()) if len(named) == 1 else ""


def return_seconds(site: Namespace, kept: Snapshot) -> float | None:
    """What production's last start took; ``None`` if unknown.

    Raises:
        Refused: the cluster does not answer.
    """
    running = [pod for one in kept.deployments for pod in site.pods_of(one)]
    return start_time.seconds(running, container=kept.container)


def edited(site: Namespace, kept: Snapshot) -> str:
    """Who edited, deleted or made what since it was captured; ``""`` for nobody.

    Raises:
        Refused: the cluster does not answer.
    """
    for kind, name in kept.absent:
        if (live := site.find(kind, name)) is not None:
            return f"{objects.name_of(live)} was created by somebody else after production was captured"
    for was, live in _deployments(site, kept):
        if live is None:
            return f"{objects.name_of(was)} was deleted by somebody else after production was captured"
        if changed := foreign_edits.edits(was, live):
            return conditional_put.told(live, changed)
    return ""


def scaled(site: Namespace, kept: Snapshot) -> str:
    """Which Deployments have another number of replicas than they had when they were captured; ``""`` for none.

    Raises:
        Refused: the cluster does not answer.
    """
    now = [(was, live) for was, live in _deployments(site, kept) if live is not None]
    other = [
        f"{objects.name_of(was)} from {objects.replicas(was)} to {objects.replicas(live)}"
        for was, live in now
        if objects.replicas(was) != objects.replicas(live)
    ]
    return f"after production was captured, somebody scaled {' and '.join(other)}" if other else ""


def anew(kept: Snapshot, now: Snapshot) -> Snapshot:
    """What is kept in the place of an earlier capture.

    Raises:
        ForeignChange: production serves less than it did, so nobody could tell whether it is back.
    """
    if kept.served and not now.served:
        raise conditional_put.ForeignChange(
            "production was switched or scaled after it was captured, and does not serve yet"
        )
    return now.knowing(kept.known).knowing(now.deployments)


def _deployments(site: Namespace, kept: Snapshot) -> list[tuple[Object, Object | None]]:
    return [(was, site.find("Deployment", was["metadata"]["name"])) for was in kept.deployments]
