"""A snapshot is checked before it is believed: nobody writes from one that no run would have kept."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube import snapshot, snapshot_check
from vllm_qualify.kube.gitops_pause import PausedObject
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.snapshot import BadSnapshot, Snapshot

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def deployment(name: str = "vllm-server", namespace: str = "ml", **fields: Any) -> Object:
    """A Deployment as it is captured."""
    spec = {"replicas": 1, "template": {"spec": {"containers": [{"name": "vllm"}]}}}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec} | fields


def service(name: str = "vllm-api") -> Object:
    """A Service beside it."""
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "ml"}, "spec": {}}


def taken(**fields: Any) -> Snapshot:
    """A snapshot that a run may have kept, but for these."""
    kept: dict[str, Any] = {"objects": (deployment(), service()), "known": (deployment(),), "absent": ()}
    return Snapshot(**{"run": "r1", "taken": datetime(2026, 11, 23, tzinfo=UTC), "namespace": "ml"} | kept | fields)


def test_what_a_run_keeps_is_believed() -> None:
    """As it was written."""
    held = (
        PausedObject(kind="Application", namespace="argocd", name="llm"),
        PausedObject(kind="HelmRelease", namespace="x", name="y"),
    )
    kept = taken(absent=(("Deployment", "vllm-qualify-ml"), ("Service", "vllm-qualify")), gitops=held)

    assert snapshot_check.read(snapshot.secret(kept), namespace="ml") == kept


FORGED = {
    "namespace": taken(namespace="kube-system"),
    "object-elsewhere": taken(objects=(deployment(namespace="kube-system"),)),
    "known-elsewhere": taken(known=(deployment(namespace="kube-system"),)),
    "kind": taken(objects=(deployment(kind="DaemonSet"),)),
    "version": taken(objects=(deployment(apiVersion="v1"),)),
    "name": taken(objects=(deployment("../x"),)),
    "twice": taken(objects=(deployment(), deployment())),
    "no-template": taken(objects=(deployment(spec={}),)),
    "replicas": taken(objects=(deployment(spec=deployment()["spec"] | {"replicas": "1"}),)),
    "known-stranger": taken(known=(deployment("other"),)),
    "absent-service": taken(absent=(("Service", "vllm-api"),)),
    "absent-kind": taken(absent=(("Secret", "x"),)),
    "absent-captured": taken(absent=(("Deployment", "vllm-server"),)),
    "paused-kind": taken(gitops=(PausedObject(kind="Secret", namespace="argocd", name="x"),)),
    "paused-name": taken(gitops=(PausedObject(kind="Application", namespace="argocd", name="../x"),)),
    "paused-value": taken(gitops=(PausedObject(kind="Application", namespace="argocd", name="x", was="true"),)),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_no_run_keeps_is_refused(forged: Snapshot) -> None:
    """It is said what is wrong with it, and what to do."""
    with pytest.raises(BadSnapshot, match=r"was not stored by a run in this namespace.*restore --keep"):
        snapshot_check.read(snapshot.secret(forged), namespace="ml")


def test_a_secret_of_another_namespace_is_refused() -> None:
    """However it came there."""
    with pytest.raises(BadSnapshot, match="it is for the namespace ml, not other"):
        snapshot_check.read(snapshot.secret(taken()), namespace="other")


def test_a_secret_that_names_another_run_is_refused() -> None:
    """Its two halves belong together."""
    secret = snapshot.secret(taken())
    secret["metadata"]["annotations"] = {}

    with pytest.raises(BadSnapshot, match="does not name the run r1"):
        snapshot_check.read(secret, namespace="ml")


def broken(change: Callable[[Object], Any]) -> Snapshot:
    """With an object that somebody spoilt."""
    made = copy.deepcopy(deployment())
    change(made)
    return taken(objects=(made,))


@given(JSON, st.sampled_from(["kind", "metadata", "spec", "apiVersion"]))
def test_whatever_an_object_holds_it_is_judged(value: Any, key: str) -> None:
    """Never by a traceback."""
    with pytest.raises(BadSnapshot):
        snapshot_check.read(snapshot.secret(broken(lambda obj: obj.update({key: value}))), namespace="ml")


@given(st.lists(JSON, min_size=1, max_size=2))
def test_whatever_stands_in_the_place_of_objects(objects: list[Any]) -> None:
    """The same."""
    with pytest.raises(BadSnapshot):
        snapshot_check.read(snapshot.secret(taken(objects=tuple(objects))), namespace="ml")
