"""Whether a snapshot says what a run would have kept, before anybody writes from it. Pure.

Who may create Secrets in the namespace can leave one of that name for somebody with more rights to restore. What it may
name is therefore what a run touches, in the one namespace that was asked for, and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from vllm_qualify.core import foreign
from vllm_qualify.kube import gitops_pause, objects, placement
from vllm_qualify.kube import snapshot as snapshots
from vllm_qualify.kube.gitops_pause import PausedObject
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pod_templates import at
from vllm_qualify.kube.snapshot import BadSnapshot, Snapshot

_VERSIONS = {"Deployment": "apps/v1", "Service": "v1", "ConfigMap": "v1"}
"""What is captured: Deployments are put back, the others are looked at."""
_NAME = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


def read(secret: Object, *, namespace: str) -> Snapshot:
    """The snapshot that a Secret keeps, if a run may have kept it there.

    Args:
        secret: as it was found.
        namespace: the one that was asked for.

    Raises:
        BadSnapshot: it keeps none, or one that no run would have kept.
    """
    snapshot = snapshots.read(secret)
    problems = tuple(_problems(secret, snapshot, namespace))
    if problems:
        raise BadSnapshot(
            f"the Secret {snapshots.NAME} was not stored by a run in this namespace, so nothing is restored from it: "
            f"{'; '.join(problems)}. Find out who made it; `vllm-qualify restore --keep` deletes it"
        )
    return snapshot


def _problems(secret: Object, snapshot: Snapshot, namespace: str) -> Iterator[str]:
    if objects.run_of(secret) != snapshot.run:
        yield f"its annotation does not name the run {snapshot.run} that it holds"
    if snapshot.namespace != namespace:
        yield f"it is for the namespace {snapshot.namespace}, not {namespace}"
    for one in (*snapshot.objects, *snapshot.known):
        yield from _of_object(one, namespace)
    captured = [_key(one) for one in snapshot.objects]
    if len(set(captured)) < len(captured):
        yield "it holds an object twice"
    for held in snapshot.gitops:
        yield from _of_held(held)
    for key in snapshot.absent:
        yield from _of_absent(key, captured)
    known = {_key(one) for one in snapshot.known}
    for kind, name in sorted(known - {*captured, *snapshot.absent}):
        yield f"it names {kind} {name}, which it neither captured nor found absent"


def _of_object(one: object, namespace: str) -> Iterator[str]:
    kind, name = _key(one)
    namespaced = at(one, "metadata", "namespace")
    if not isinstance(one, dict) or not _NAME.fullmatch(name):
        yield "it holds something that is not an object with a name"
    elif one.get("apiVersion") != _VERSIONS.get(kind):
        yield f"it holds {kind} {name} of {one.get('apiVersion')}, which no run captures"
    elif namespaced != namespace:
        yield f"its {kind} {name} is in the namespace {namespaced}"
    elif kind == "Deployment" and not _well_formed(one):
        yield f"its {kind} {name} has no pod template"


def _of_absent(key: tuple[str, str], captured: list[tuple[str, str]]) -> Iterator[str]:
    """What would be deleted: a candidate's Deployment, or the one Service that a run makes."""
    kind, name = key
    made = kind == "Deployment" or key == ("Service", placement.BESIDE)
    if not made or not _NAME.fullmatch(name) or key in captured:
        yield f"it says that a run created {kind} {name}, which no run does"


def _of_held(one: PausedObject) -> Iterator[str]:
    """What would be let go on: nothing else of it is written, and only where a run's own mark is on it."""
    known = one.kind in gitops_pause.KINDS and all(map(_NAME.fullmatch, map(str, (one.namespace, one.name))))
    if not known or one.was not in (None, False, "", "false"):
        yield f"it says that a run paused {one}, which no run does"


def _well_formed(deployment: Object) -> bool:
    replicas = foreign.mapping(deployment.get("spec")).get("replicas", 1)
    return type(replicas) is int and isinstance(at(deployment, "spec", "template", "spec", "containers"), list)


def _key(one: object) -> tuple[str, str]:
    return str(at(one, "kind")), foreign.text(at(one, "metadata", "name"))
