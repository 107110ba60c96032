"""A run does not begin while somebody would write production back; what cannot be read is said."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.targets.whole import Whole
from vllm_qualify.core.records import Finding
from vllm_qualify.targets.base import NotReady
from vllm_qualify.targets.kubernetes import other_writers

Object = dict[str, Any]
TARGET = {"kind": "Deployment", "name": "vllm-server"}
GROUPS = {"argoproj.io", "autoscaling.k8s.io", "keda.sh", "kustomize.toolkit.fluxcd.io"}


def labelled(whole: Whole) -> None:
    """Argo CD has production."""
    mark = {"argocd.argoproj.io/tracking-id": "llm:apps/Deployment:ml/vllm-server"}
    whole.home.api.edit("Deployment", "vllm-server", lambda obj: obj["metadata"]["annotations"].update(mark))


def other(kind: str, name: str, spec: Object, namespace: str = "ml") -> Object:
    """An object of another controller."""
    return {"kind": kind, "apiVersion": "x/v1", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


APPLICATION = other("Application", "llm", {"syncPolicy": {"automated": {"selfHeal": True}}}, "argocd")
ACTING = {
    "hpa": other("HorizontalPodAutoscaler", "busy", {"scaleTargetRef": TARGET, "minReplicas": 1, "maxReplicas": 4}),
    "keda": other("ScaledObject", "queue", {"scaleTargetRef": {"name": "vllm-server"}}),
    "vpa": other("VerticalPodAutoscaler", "fat", {"targetRef": TARGET}),
}


def looked(whole: Whole) -> dict[str, Finding]:
    """What was found, by rule."""
    live = [whole.home.live(name) for name in ("vllm-server", "vllm-r1")]
    return {one.id: one for one in other_writers.findings(whole.home.site, live)}


@pytest.mark.parametrize("obj", ACTING.values(), ids=ACTING)
def test_a_run_does_not_begin_while_one_acts(whole: Whole, obj: Object) -> None:
    """It is named with the command that pauses it, and nothing is touched."""
    whole.home.api.groups |= GROUPS
    whole.home.api.put(obj)

    with pytest.raises(NotReady) as caught:
        whole.target.open()

    (found,) = [one for one in caught.value.findings if one.id == "K20"]
    assert obj["metadata"]["name"] in found.actual
    assert found.remedy.startswith("pause it, and resume it afterwards: kubectl -n ml ")
    assert whole.changes == []


def test_self_heal_stands_in_the_way_until_it_is_paused(whole: Whole) -> None:
    """The Application is looked up where it is; paused, it is a note."""
    whole.home.api.groups |= GROUPS
    labelled(whole)
    whole.home.api.put(APPLICATION)
    assert "self-heal" in looked(whole)["K20"].actual

    skipped = {"annotations": {"argocd.argoproj.io/skip-reconcile": "true"}}
    whole.home.api.put(APPLICATION | {"metadata": APPLICATION["metadata"] | skipped})

    assert set(looked(whole)) == {"K22"}


@pytest.mark.parametrize("groups", [set(), GROUPS], ids=["not-served", "no-such-application"])
def test_an_application_that_is_not_there_is_told(whole: Whole, groups: set[str]) -> None:
    """The sign may be old, or the Application elsewhere; a kind that nobody installed is not even asked for."""
    whole.home.api.groups |= groups
    labelled(whole)

    assert "there is no Application argocd/llm" in looked(whole)["K21"].actual


@pytest.mark.parametrize("kind", ["Application", "HorizontalPodAutoscaler"])
def test_what_may_not_be_read_is_told(whole: Whole, kind: str) -> None:
    """It is not taken for harmless, and does not keep a run away either."""
    whole.home.api.groups |= GROUPS
    whole.home.api.denied.add(("get", kind))
    labelled(whole)
    whole.home.api.put(APPLICATION | {"spec": {}})

    found = looked(whole)["K21"]

    assert "could not find out" in found.actual
    assert not found.blocks


def test_whoever_does_not_act_on_production_is_not_in_the_way(whole: Whole) -> None:
    """Another Deployment's autoscaler, and kinds that are not installed."""
    elsewhere = {"scaleTargetRef": TARGET | {"name": "web"}, "maxReplicas": 4}
    whole.home.api.put(other("HorizontalPodAutoscaler", "web", elsewhere))

    assert looked(whole) == {}
