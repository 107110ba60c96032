"""What others did to a Deployment: told apart by where, merged so that nothing of anybody is lost."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube import foreign_edits
from vllm_qualify.kube.objects import Object

NOTES = st.dictionaries(st.sampled_from("abc"), st.sampled_from("xy"), max_size=3)


def deployment(*, annotations: Object | None = None, labels: Object | None = None, **spec: Any) -> Object:
    """A Deployment with these."""
    template = {"metadata": {"labels": {"app": "vllm"}}, "spec": {"containers": [{"name": "vllm", "image": "a"}]}}
    metadata = {"name": "vllm-server", "namespace": "ml", "labels": labels or {"app": "vllm"}}
    metadata |= {"annotations": annotations} if annotations else {}
    return {"kind": "Deployment", "metadata": metadata, "spec": {"replicas": 1, "template": template} | spec}


def changed(change: Callable[[Object], Any]) -> Object:
    """That Deployment after somebody changed it."""
    made = copy.deepcopy(deployment())
    change(made)
    return made


HARMLESS: dict[str, Callable[[Object], Any]] = {
    "annotation": lambda obj: obj["metadata"].update(annotations={"field.cattle.io/publicEndpoints": "[]"}),
    "revision": lambda obj: obj["metadata"].update(annotations={"deployment.kubernetes.io/revision": "7"}),
    "label": lambda obj: obj["metadata"]["labels"].update(team="ml"),
    "finalizer": lambda obj: obj["metadata"].update(finalizers=["example.com/wait"]),
    "owner": lambda obj: obj["metadata"].update(ownerReferences=[{"kind": "App", "name": "x"}]),
    "replicas": lambda obj: obj["spec"].update(replicas=3),
    "restart": lambda obj: obj["spec"]["template"]["metadata"].update(
        annotations={"kubectl.kubernetes.io/restartedAt": "2026-11-23T00:00:00Z"}
    ),
}
EDITS: dict[str, Callable[[Object], Any]] = {
    "own-label": lambda obj: obj["metadata"]["labels"].update(app="mine"),
    "label-gone": lambda obj: obj["metadata"].update(labels={}),
    "image": lambda obj: obj["spec"]["template"]["spec"]["containers"][0].update(image="b"),
    "pod-label": lambda obj: obj["spec"]["template"]["metadata"]["labels"].update(team="ml"),
    "paused": lambda obj: obj["spec"].update(paused=True),
    "namespace": lambda obj: obj["metadata"].update(namespace="other"),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_controllers_keep_is_no_edit(change: Callable[[Object], Any]) -> None:
    """Nothing that a snapshot is about differs by it."""
    assert foreign_edits.edits(deployment(), changed(change)) == ()


@pytest.mark.parametrize("change", EDITS.values(), ids=EDITS)
def test_what_a_snapshot_is_about_is_edited(change: Callable[[Object], Any]) -> None:
    """And that is told field by field."""
    assert foreign_edits.edits(deployment(), changed(change))


@pytest.mark.parametrize("name", sorted(HARMLESS.keys() - {"replicas", "revision"}))
def test_what_does_no_harm_is_told(name: str) -> None:
    """Each of them, with its field."""
    (found,) = foreign_edits.beside(deployment(), changed(HARMLESS[name]))

    assert found.was in (None, [])
    assert found.now


@given(NOTES, st.lists(NOTES, min_size=1, max_size=3), st.data())
def test_without_a_stranger_nothing_is_merged(wanted: Object, known: list[Object], data: st.DataObject) -> None:
    """What is there was written, in part by one writer and in part by another, so what is wanted is what will be."""
    live = {key: data.draw(st.sampled_from([one.get(key) for one in known])) for key in "abc"}
    found = deployment(annotations={key: value for key, value in live.items() if value is not None})
    kept = deployment(annotations=wanted)

    assert foreign_edits.merged(kept, known=[deployment(annotations=one) for one in known], live=found) == kept


@given(NOTES, st.lists(NOTES, min_size=1, max_size=3), NOTES)
def test_what_a_stranger_changed_stands_and_nothing_else(wanted: Object, known: list[Object], live: Object) -> None:
    """Key by key, those that were taken away among them."""
    written = [deployment(annotations=one) for one in known]

    made = foreign_edits.merged(deployment(annotations=wanted), known=written, live=deployment(annotations=live))

    for key in "abc":
        theirs = live.get(key) not in [one.get(key) for one in known]
        assert made["metadata"].get("annotations", {}).get(key) == (live if theirs else wanted).get(key)


@pytest.mark.parametrize(
    ("manager", "subresource", "owned", "expected"),
    [
        ("kube-controller-manager", "scale", "f:replicas", "kube-controller-manager"),
        ("keda", "scale", "f:replicas", "keda"),
        ("kubectl", "scale", "f:replicas", ""),
        ("k9s", "scale", "f:replicas", ""),
        ("kube-controller-manager", "status", "f:replicas", ""),
        ("kube-controller-manager", "scale", "f:paused", ""),
    ],
)
def test_an_autoscaler_is_known_by_what_it_owns(manager: str, subresource: str, owned: str, expected: str) -> None:
    """A person who scales is none, whatever tool that is done with."""
    entry = {"manager": manager, "subresource": subresource, "fieldsV1": {"f:spec": {owned: {}}}}
    live = deployment()
    live["metadata"]["managedFields"] = [entry]

    assert foreign_edits.autoscaler(live) == expected


def test_a_webhooks_stamp_is_told_apart() -> None:
    """An annotation that it adds to the pods; one that it changes is none."""
    stamped = changed(lambda obj: obj["spec"]["template"]["metadata"].update(annotations={"stamped": "now"}))
    both = copy.deepcopy(stamped)
    both["spec"]["template"]["spec"]["containers"][0]["image"] = "b"

    edits, stamps = foreign_edits.stamps(foreign_edits.edits(deployment(), both))

    assert [one.path for one in edits] == ["spec.template.spec.containers[0].image"]
    assert [one.path for one in stamps] == ["spec.template.metadata.annotations"]
    assert foreign_edits.stamps(foreign_edits.edits(stamped, deployment()))[1] == ()
