"""Which autoscaler would act on a Deployment while a candidate with one replica has it."""

from __future__ import annotations

from typing import Any

import pytest

from vllm_qualify.kube import autoscalers
from vllm_qualify.kube.controllers import WriteTrigger

Object = dict[str, Any]
DEPLOYMENT: Object = {"kind": "Deployment", "metadata": {"name": "vllm", "namespace": "ml"}}
TARGET = {"kind": "Deployment", "name": "vllm"}
OFF = {"scaleUp": {"selectPolicy": "Disabled"}, "scaleDown": {"selectPolicy": "Disabled"}}


def named(spec: Object, **metadata: Any) -> Object:
    """An object of the namespace."""
    return {"metadata": {"name": "it", "namespace": "ml"} | metadata, "spec": spec}


HPAS = [
    ({"minReplicas": 1, "maxReplicas": 3}, True),
    ({"maxReplicas": 2}, True),
    ({"minReplicas": 2, "maxReplicas": 2}, True),
    ({"minReplicas": 0, "maxReplicas": 2}, True),
    ({"minReplicas": 1, "maxReplicas": 1}, False),
    ({"maxReplicas": 3, "behavior": OFF}, False),
    ({"minReplicas": 2, "maxReplicas": 3, "behavior": OFF}, True),
    ({"maxReplicas": 3, "behavior": {"scaleDown": {"selectPolicy": "Disabled"}}}, True),
    ({"maxReplicas": 3, "scaleTargetRef": TARGET | {"name": "other"}}, False),
    ({"maxReplicas": 3, "scaleTargetRef": TARGET | {"kind": "StatefulSet"}}, False),
]


@pytest.mark.parametrize(("spec", "acts"), HPAS)
def test_a_horizontal_one(spec: Object, *, acts: bool) -> None:
    """It acts unless it can never want anything but one replica."""
    found = list(autoscalers.horizontal(DEPLOYMENT, [named({"scaleTargetRef": TARGET} | spec)]))

    assert [one.acts for one in found] == ([WriteTrigger.BY_ITSELF] if acts else [])
    assert all("kubectl -n ml patch hpa it" in one.pause for one in found)


def test_the_one_that_keda_made_is_keda_s() -> None:
    """KEDA would write it back, so the ScaledObject is what has to be paused."""
    made = named({"scaleTargetRef": TARGET, "maxReplicas": 9}, ownerReferences=[{"kind": "ScaledObject", "name": "it"}])

    assert list(autoscalers.horizontal(DEPLOYMENT, [made])) == []


@pytest.mark.parametrize(
    ("target", "notes", "acts"),
    [
        ({"name": "vllm"}, {}, True),
        (TARGET, {}, True),
        (TARGET, {"autoscaling.keda.sh/paused": "true"}, False),
        (TARGET, {"autoscaling.keda.sh/paused": "false"}, True),
        (TARGET, {"autoscaling.keda.sh/paused-replicas": "0"}, True),
        ({"name": "other"}, {}, False),
    ],
)
def test_keda(target: Object, notes: Object, *, acts: bool) -> None:
    """A number of replicas that it holds is no pause: it would write that number."""
    found = list(autoscalers.keda(DEPLOYMENT, [named({"scaleTargetRef": target}, annotations=notes)]))

    assert bool(found) is acts
    assert all("annotate scaledobject it autoscaling.keda.sh/paused=true" in one.pause for one in found)


@pytest.mark.parametrize(
    ("policy", "acts"),
    [
        (None, True),
        ({"updateMode": "Recreate"}, True),
        ({"updateMode": "Initial"}, True),
        ({"updateMode": "Off"}, False),
    ],
)
def test_a_vertical_one(policy: Object | None, *, acts: bool) -> None:
    """Off only recommends."""
    found = list(autoscalers.vertical(DEPLOYMENT, [named({"targetRef": TARGET, "updatePolicy": policy})]))

    assert bool(found) is acts
    assert list(autoscalers.vertical(DEPLOYMENT, [named({"targetRef": {"kind": "Deployment", "name": "x"}})])) == []
