"""Pauses the GitOps objects that would write production back, and lets them go on; for the transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from vllm_qualify.core.records import Finding
from vllm_qualify.kube import access, gitops_pause, paths
from vllm_qualify.kube.access import Need
from vllm_qualify.kube.controllers import Controller, WriteTrigger
from vllm_qualify.kube.gitops_pause import PausedObject
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets.kubernetes import conditional_put, other_writers
from vllm_qualify.targets.kubernetes.namespace import POLL_SECONDS, Namespace

_AGAIN = frozenset({RefusalKind.CONFLICT, RefusalKind.GONE, RefusalKind.TRANSIENT})


def acting(site: Namespace, deployments: Iterable[Object]) -> tuple[PausedObject, ...]:
    """What has to be held still: each object that would write one of the Deployments by itself, once.

    Raises:
        Refused: the cluster does not answer.
    """
    found = {
        str(one): _held(site, one)
        for one in other_writers.gitops(site, deployments)
        if one.acts is WriteTrigger.BY_ITSELF
    }
    return tuple(one for one in found.values() if one is not None)


def permissions(site: Namespace, found: Iterable[PausedObject]) -> Iterator[Finding]:
    """What the account may not do that pausing takes.

    Raises:
        Refused: the API server does not even answer that.
    """
    for one in found:
        plural = paths.path(one.kind, one.namespace).rpartition("/")[2]
        why = "to pause it during the run (--pause-gitops)"
        need = Need(verb="update", group=paths.group(one.kind), resource=plural, name=one.name, why=why)
        answer = site.kubectl.review(access.review(need, one.namespace))
        if not answer.get("status", {}).get("allowed"):
            yield from access.missing({need: False}, needs=(need,))


def pause(site: Namespace, snapshot: Snapshot) -> None:
    """Hold still what the snapshot names, before production goes away.

    Raises:
        Refused: it may not be written, or the server did not answer in time.
    """
    for one in snapshot.gitops:
        site.step("pause", f"pause {one}, which would write production back")

        def change(live: Object | None, one: PausedObject = one) -> Object | None:
            done = live is None or gitops_pause.ours(one, live, run=snapshot.run)
            return None if done or live is None else gitops_pause.paused(one, live, run=snapshot.run)

        _write(site, one, change)


def resume(site: Namespace, snapshot: Snapshot, *, heard: Callable[[str], None]) -> None:
    """Let everything go on as it was, unless somebody else did so or changed it: that is told and left alone.

    Args:
        site: where; its kubectl should be patient.
        snapshot: names what was paused.
        heard: gets what was found.

    Raises:
        Refused: it may not be written, or the server did not answer in time.
    """
    for one in snapshot.gitops:
        site.step("resume", f"resume {one}")

        def unpaused(one: PausedObject = one) -> str:
            return (
                ""
                if gitops_pause.ours(one, _find(site, one), run=snapshot.run)
                else f"{one} is not as the run paused it"
            )

        def change(live: Object | None, one: PausedObject = one) -> Object | None:
            ours = live is not None and gitops_pause.ours(one, live, run=snapshot.run)
            return gitops_pause.resumed(one, live) if live is not None and ours else None

        # An old read shows the time before the pause, when there was nothing to resume.
        if conditional_put.surely(site, unpaused):
            heard(f"{one} is not as the run paused it, so it stays as it is")
            continue
        _write(site, one, change)


def left(snapshot: Snapshot) -> tuple[str, ...]:
    """What stays paused where production is not put back, with the command that lets it go on."""
    return tuple(f"{one} stays paused; to resume it: {one.resume}" for one in snapshot.gitops)


def _held(site: Namespace, controller: Controller) -> PausedObject | None:
    found = site.kubectl.get(paths.path(controller.kind, controller.namespace, controller.name))
    return None if found is None else gitops_pause.held(controller.kind, found)


def _find(site: Namespace, one: PausedObject) -> Object | None:
    return site.kubectl.get(paths.path(one.kind, one.namespace, one.name))


def _write(site: Namespace, one: PausedObject, change: Callable[[Object | None], Object | None]) -> None:
    deadline = site.clock() + site.kubectl.patience_seconds
    while (wanted := change(_find(site, one))) is not None:
        try:
            site.kubectl.replace(wanted)
        except Refused as refusal:
            if refusal.kind not in _AGAIN or site.clock() > deadline:
                raise
        else:
            return
        site.sleep(POLL_SECONDS)
