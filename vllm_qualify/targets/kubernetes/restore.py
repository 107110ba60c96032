"""Puts production back from its snapshot and proves it; used at the end of a run and by ``vllm-qualify restore``.

It can be done again at any time, and by anybody with the kubeconfig: everything it needs is in the snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from vllm_qualify.checks.production import Restoration
from vllm_qualify.kube import foreign_edits, objects, paths, rollout
from vllm_qualify.kube import snapshot as snapshots
from vllm_qualify.kube.objects import FieldDifference, Object
from vllm_qualify.kube.pods import state
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets.kubernetes import conditional_put, gitops, removal, snapshot_secret, traces
from vllm_qualify.targets.kubernetes.namespace import Namespace
from vllm_qualify.targets.kubernetes.server_access import ServerAccess

HELPERS = "app.kubernetes.io/managed-by=vllm-qualify"
"""Selects the pods that a run makes for itself."""
_GONE_SECONDS = 300.0
READY_SECONDS = 900.0
"""How long production may take to serve again; it has to load its model, perhaps onto a machine that just came back."""


@dataclass(kw_only=True)
class _Findings:
    """Gathers what is found on the way; mutable because one thing that fails does not end the rest."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checked: list[str] = field(default_factory=list)


def restore(
    reach: ServerAccess,
    snapshot: Snapshot,
    *,
    last: Mapping[str, Object] | None = None,
    overwrite: bool = False,
    ready_seconds: float = READY_SECONDS,
) -> Restoration:
    """Put every Deployment back as it was, wait until production serves, and prove both.

    Args:
        reach: the way to production; its kubectl should be patient.
        snapshot: how it was.
        last: by name, what was written last, where that is known.
        overwrite: put back also what somebody else changed in the meantime.
        ready_seconds: how long production may take to serve.
    """
    found, site = _Findings(), reach.site
    written = _put_all_back(site, snapshot, last or {}, found, overwrite=overwrite)
    # A list may be old, and the proof takes its time, so what this one does not show is seen after it.
    with suppress(Refused):
        sweep(site, snapshot.run)
    if not found.problems:
        _prove(reach, snapshot, written, found, ready_seconds=ready_seconds)
    sweep(site, snapshot.run)
    if not found.problems:
        found.notes.extend(traces.forget_revisions(site, snapshot))
    _let_go_on(site, snapshot, found)
    if not found.problems:
        site.step("unlock", f"delete the Secret {snapshots.NAME}: it is no longer needed")
        snapshot_secret.forget(site, snapshot.run)
    return Restoration(problems=tuple(found.problems), notes=tuple(found.notes), checked=tuple(found.checked))


def _let_go_on(site: Namespace, snapshot: Snapshot, found: _Findings) -> None:
    """Last, when there is nothing left that a GitOps controller could find different."""
    if found.problems:
        found.notes.extend(gitops.left(snapshot))
        return
    with _noted(found):
        gitops.resume(site, snapshot, heard=found.notes.append)


def sweep(site: Namespace, run: str) -> None:
    """Delete the pods of a run that ran beside production: those that pulled images and asked parsers."""
    for pod in site.kubectl.items(paths.path("Pod", site.namespace, labelSelector=HELPERS)):
        if objects.run_of(pod) == run:
            removal.pod(site, pod["metadata"]["name"], run=run)


def _put_all_back(
    site: Namespace, snapshot: Snapshot, last: Mapping[str, Object], found: _Findings, *, overwrite: bool
) -> tuple[Object, ...]:
    """What held the GPU goes first: what was not there, then what had no pod, then what served."""
    unseen = _take_away(site, snapshot, snapshot.absent, found, overwrite=overwrite)
    written = []
    for wanted in sorted(snapshot.deployments, key=objects.replicas):
        name = wanted["metadata"]["name"]
        site.step("restore", f"put Deployment {name} back as it was, with {objects.replicas(wanted)} replicas")
        with _noted(found):
            heard, before = found.notes.append, last.get(name)
            made = conditional_put.put(site, wanted, snapshot=snapshot, last=before, overwrite=overwrite, heard=heard)
            written.append(made)
            snapshot = snapshot_secret.learnt(site, snapshot, made)
            if not objects.replicas(wanted):
                _await_gone(site, wanted, found)
    # Production loads its model meanwhile, so being sure keeps it away no longer.
    with _noted(found):
        while unseen and not conditional_put.surely(site, partial(_absent, site, unseen)):
            unseen = _take_away(site, snapshot, unseen, found, overwrite=overwrite)
    return tuple(written)


def _take_away(
    site: Namespace, snapshot: Snapshot, names: Iterable[tuple[str, str]], found: _Findings, *, overwrite: bool
) -> list[tuple[str, str]]:
    """Delete what the run made; gives what was not seen there, which a single look does not prove."""
    unseen = []
    for kind, name in names:
        with _noted(found):
            live = site.find(kind, name)
            if live is None:
                unseen.append((kind, name))
            else:
                _delete(site, snapshot, live, found, overwrite=overwrite)
    return unseen


def _absent(site: Namespace, names: Iterable[tuple[str, str]]) -> str:
    return "" if any(site.find(kind, name) for kind, name in names) else "none of them exists"


def _delete(site: Namespace, snapshot: Snapshot, live: Object, found: _Findings, *, overwrite: bool) -> None:
    """Delete one object that was not there before, and wait for its pods to end."""
    kind, name = str(live["kind"]), str(live["metadata"]["name"])
    if kind == "Deployment" and not overwrite and not snapshot.ours(live):
        raise conditional_put.ForeignChange(conditional_put.told(live, snapshot.edits(live)))
    site.step("restore", f"delete {kind} {name}, which was not there before")
    site.kubectl.delete(kind, snapshot.namespace, name, uid=live["metadata"]["uid"])
    if kind == "Deployment":
        _await_gone(site, live, found)


def _await_gone(site: Namespace, deployment: Object, found: _Findings) -> None:
    if not site.await_gone(deployment, seconds=_GONE_SECONDS):
        name = deployment["metadata"]["name"]
        found.problems.append(f"pods of Deployment {name} do not end; see `kubectl describe pod`")


def _prove(
    reach: ServerAccess, snapshot: Snapshot, written: Sequence[Object], found: _Findings, *, ready_seconds: float
) -> None:
    site = reach.site
    for wanted, made in zip(sorted(snapshot.deployments, key=objects.replicas), written, strict=True):
        name = wanted["metadata"]["name"]
        site.step("verify", f"compare Deployment {name} with its snapshot, and wait until it is as ready as before")
        edited, stamped = foreign_edits.stamps(foreign_edits.edits(wanted, made))
        if changed := (*edited, *_scaled(wanted, made)):
            found.problems.append(f"Deployment {name} is not as it was: {'; '.join(map(str, changed))}")
            continue
        found.checked.append(f"Deployment {name} is as it was, field by field")
        others = (*foreign_edits.beside(wanted, made), *stamped)
        found.notes.extend(f"what others changed in Deployment {name} was left as it is: {one}" for one in others)
        if objects.replicas(wanted):
            _prove_ready(site, snapshot, made, found, ready_seconds=ready_seconds)
    if not found.problems:
        found.notes.extend(traces.give_fields_back(site, snapshot, written))
        traces.forget_revisions(site, snapshot)
        _prove_still(site, snapshot, found)
    _look_at_witnesses(site, snapshot, found)
    if snapshot.served and not found.problems:
        _prove_serving(reach, snapshot, written, found)


def _scaled(wanted: Object, live: Object) -> tuple[FieldDifference, ...]:
    was, now = objects.replicas(wanted), objects.replicas(live)
    return () if was == now else (FieldDifference(path="spec.replicas", was=was, now=now),)


def _prove_serving(reach: ServerAccess, snapshot: Snapshot, written: Sequence[Object], found: _Findings) -> None:
    reach.site.step("verify", "request the models and a completion from production")
    running = [pod for made in written for pod in reach.site.pods_of(made)]
    pod = next(filter(state.ready, running), None)
    problem = reach.problem(snapshot.served, pod=pod, container=snapshot.container)
    if problem:
        found.problems.append(f"production is back, but does not serve: {problem}")
    else:
        found.checked.append(f"production answers as {', '.join(snapshot.served)}")


def _prove_ready(site: Namespace, snapshot: Snapshot, made: Object, found: _Findings, *, ready_seconds: float) -> None:
    """Wait for as many pods as were ready when the run began."""
    name, before = made["metadata"]["name"], snapshot.ready.get(made["metadata"]["name"], 0)
    if not before:
        found.notes.append(f"Deployment {name} was not ready when the run began, so the run does not wait for it")
        return

    def rolled_out() -> bool:
        live = site.find("Deployment", name)
        # An autoscaler may ask for more by now, and gets them in its own time.
        return live is not None and rollout.complete(live, ready=before)

    if not site.until(rolled_out, seconds=ready_seconds):
        found.problems.append(f"Deployment {name} is back as it was, but did not become ready in {ready_seconds:g} s")
    elif before < objects.replicas(made):
        said = (
            f"{before} of {objects.replicas(made)} pods of Deployment {name} were ready when the run began, and are "
            "again"
        )
        found.notes.append(said)
    else:
        found.checked.append(f"all pods of Deployment {name} are ready")


def _prove_still(site: Namespace, snapshot: Snapshot, found: _Findings) -> None:
    """Loading takes minutes, in which somebody may have changed what was put back."""
    for wanted in snapshot.deployments:
        name = wanted["metadata"]["name"]

        def changed(wanted: Object = wanted, name: str = name) -> str:
            live = site.find("Deployment", name)
            if live is None:
                return f"Deployment {name} was deleted by somebody else after it had been put back"
            edited, _ = foreign_edits.stamps(foreign_edits.edits(wanted, live))
            scaled = () if foreign_edits.autoscaler(live) else _scaled(wanted, live)
            both = (*edited, *scaled)
            return f"after it had been put back, {conditional_put.told(live, both)}" if both else ""

        if said := conditional_put.surely(site, changed):
            found.problems.append(said)


def _look_at_witnesses(site: Namespace, snapshot: Snapshot, found: _Findings) -> None:
    for witness in snapshot.witnesses:
        live = site.find(witness["kind"], witness["metadata"]["name"])
        if live is None:
            found.notes.append(f"{objects.name_of(witness)} was deleted meanwhile, by somebody else")
        elif changed := objects.differences(witness, live):
            found.notes.append(f"{objects.name_of(witness)} was changed meanwhile, by somebody else: {changed[0]}")


@contextmanager
def _noted(found: _Findings) -> Iterator[None]:
    """What cannot be put back is noted, and the rest is put back all the same."""
    try:
        yield
    except (conditional_put.ForeignChange, Refused) as problem:
        found.problems.append(str(problem))
