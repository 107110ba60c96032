"""What is looked at before production is touched, and what stands in the way."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.targets.fake_api import Status
from tests.unit.targets.home import Home
from tests.unit.targets.whole import Whole
from vllm_qualify.config import Cluster
from vllm_qualify.core.records import Finding, Severity
from vllm_qualify.targets.kubernetes import preconditions, run_plan

Object = dict[str, Any]


def looked(whole: Whole, **cluster: Any) -> tuple[Finding, ...]:
    """All findings."""
    found = run_plan.manifests(whole.settings)
    named = Cluster(**({"context": "home", "node": "k3s-gpu-worker"} | cluster))
    return preconditions.everything(whole.home.site, whole.settings, named, found)


def ids(found: tuple[Finding, ...], severity: Severity = Severity.BLOCK) -> set[str]:
    """What was found of that severity, but for the rules about the manifests alone."""
    return {one.id for one in found if one.severity is severity and not one.id.startswith("H")}


def neighbour(namespace: str = "games", *, phase: str = "Running", **metadata: Any) -> Object:
    """A pod with the GPU that is nobody's of ours."""
    container = {"name": "x", "resources": {"limits": {"nvidia.com/gpu": "1"}}}
    spec = {"nodeName": "k3s-gpu-worker", "containers": [container]}
    named = {"name": "doom", "namespace": namespace, "labels": {}} | metadata
    return {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": spec, "status": {"phase": phase}}


def node(change: Callable[[Object], None]) -> Callable[[Home], None]:
    """Something is wrong with the node."""

    def spoil(home: Home) -> None:
        home.api.edit("Node", "k3s-gpu-worker", change, namespace="")
        found = copy.deepcopy(home.api.store["Node", "", "k3s-gpu-worker"])
        change(found)
        home.api.store["Node", "", "k3s-gpu-worker"] = found

    return spoil


def condition(kind: str, status: str) -> Callable[[Object], None]:
    """A condition of the node."""

    def change(found: Object) -> None:
        others = [one for one in found["status"]["conditions"] if one["type"] != kind]
        found["status"] = found["status"] | {"conditions": [*others, {"type": kind, "status": status}]}

    return change


def test_a_cluster_that_is_fit_has_nothing_in_the_way(whole: Whole) -> None:
    """Nothing is written for that either."""
    found = looked(whole)

    assert not [finding for finding in found if finding.blocks]
    assert whole.home.api.written == []
    assert whole.changes == []


@pytest.mark.parametrize(
    ("spoil", "id"),
    [
        (node(condition("Ready", "False")), "K03"),
        (node(condition("DiskPressure", "True")), "K04"),
        (node(lambda found: found["spec"].update(unschedulable=True)), "K07"),
        (node(lambda found: found["status"].update(allocatable={})), "K08"),
        (lambda home: home.api.store.pop(("Node", "", "k3s-gpu-worker")), "K02"),
        (lambda home: home.api.put(neighbour()), "K05"),
    ],
    ids=["not-ready", "full-disk", "cordoned", "no-gpu", "no-node", "gpu-taken"],
)
def test_what_stands_in_the_way(whole: Whole, spoil: Callable[[Home], None], id: str) -> None:  # noqa: A002
    """Each is one finding, with what to do."""
    spoil(whole.home)

    found = looked(whole)

    assert ids(found) == {id}
    assert all(finding.remedy for finding in found if finding.blocks)


@pytest.mark.parametrize(
    "pod",
    [neighbour(phase="Succeeded"), neighbour() | {"spec": {"nodeName": "other", "containers": []}}],
    ids=["ended", "elsewhere"],
)
def test_who_does_not_hold_the_gpu_is_not_in_the_way(whole: Whole, pod: Object) -> None:
    """A pod that has ended, or one of another node."""
    whole.home.api.put(pod)

    assert ids(looked(whole)) == set()


def test_who_holds_the_gpu_is_looked_for_where_one_may(whole: Whole) -> None:
    """Without the right to see all namespaces that is said, and the own one is looked at."""
    whole.home.api.put(neighbour("ml"))
    whole.home.api.put(neighbour("games", name="quake"))
    listed = whole.home.api._got

    def forbidden(request: Any, store: Any) -> Object:
        if request.kind == "Pod" and not request.namespace:
            raise Status('Error from server (Forbidden): pods is forbidden: User "x" cannot list')
        return listed(request, store)

    whole.home.api._got = forbidden  # type: ignore[method-assign]
    found = looked(whole)

    assert [one.subject for one in found if one.id == "K05"] == ["pod ml/doom"]
    assert "K06" in ids(found, Severity.NOTE)


def test_a_missing_permission_is_named_and_nothing_else_is_asked(whole: Whole) -> None:
    """What would be refused for the same reason says nothing of the cluster."""
    whole.home.api.denied.add(("update", "deployments"))

    found = looked(whole)

    assert [finding.subject for finding in found if finding.blocks] == ["permission to update deployments.apps"]
    assert {request.kind for request in whole.home.api.requests} <= {
        "SelfSubjectAccessReview",
        "SelfSubjectRulesReview",
    }


def test_the_node_is_that_of_production_where_none_is_named(whole: Whole) -> None:
    """Only where production does not run either must it be named."""
    assert ids(looked(whole, node="")) == set()

    whole.home.api.edit("Deployment", "vllm-server", lambda obj: obj["spec"].update(replicas=0))
    whole.home.api.controller.settle()

    assert ids(looked(whole, node="")) == {"K09"}


@pytest.mark.parametrize("waivers", [{}, {"H02": "there are two GPUs", "K05": "games end at night"}])
def test_what_the_settings_waive_stands_in_no_way(whole: Whole, waivers: dict[str, str]) -> None:
    """A house rule and a rule of the cluster are kept with their reason, and block no more."""
    whole.home.api.put(neighbour())
    manifest = whole.settings.modes.ml.manifest
    manifest.write_text(manifest.read_text().replace('"Recreate"', '"RollingUpdate"'))
    whole.settings = replace(whole.settings, waivers=waivers)

    found = [one for one in looked(whole) if one.id in {"H02", "K05"}]

    assert {one.id: one.waived for one in found} == {"H02": waivers.get("H02", ""), "K05": waivers.get("K05", "")}
    assert {one.blocks for one in found} == {not waivers}


def test_production_that_does_not_serve_is_told_beforehand(whole: Whole) -> None:
    """It cannot be shown to serve afterwards; that is the operator's decision."""
    old = whole.home.live("vllm-server")["spec"]["template"]["spec"]["containers"][0]["image"]
    whole.home.api.controller.never_ready.add(old)
    for key in [key for key in whole.home.api.store if key[0] == "Pod"]:
        del whole.home.api.store[key]
    whole.home.api.controller.settle()

    found = looked(whole)

    assert [one.actual for one in found if one.id == "K10"] == ["0 of 1 ready"]
    assert ids(found) == set()


def test_beside_production_its_gpu_may_be_taken(whole: Whole) -> None:
    """There is a second one; whether it is free the scheduler says."""
    whole.home.api.put(neighbour())

    assert ids(looked(whole, strategy="beside")) == set()


def test_an_evicted_pod_speaks_not_against_production(whole: Whole) -> None:
    """Its successor serves, and the dead one counts for nothing."""
    whole.home.api.controller.evict("vllm-server")
    whole.home.api.controller.settle()

    assert [one.actual for one in looked(whole) if one.id == "K10"] == []


@pytest.mark.parametrize("name", ["vllm-server", "vllm-r1"])
def test_a_paused_deployment_is_refused(whole: Whole, name: str) -> None:
    """Nothing would be rolled out, neither a candidate nor production; that of the other mode neither."""
    whole.home.api.edit("Deployment", name, lambda obj: obj["spec"].update(paused=True))
    whole.home.api.controller.settle()

    [found] = [one for one in looked(whole) if one.id == "K11"]

    assert found.blocks
    assert (found.subject, found.actual[:12]) == (f"Deployment {name}", "it is paused")


def test_beside_production_its_rollout_is_its_own_affair(whole: Whole) -> None:
    """It is not touched."""
    whole.home.api.edit("Deployment", "vllm-server", lambda obj: obj["spec"].update(paused=True))
    whole.home.api.controller.settle()

    assert "K11" not in ids(looked(whole, strategy="beside"))
