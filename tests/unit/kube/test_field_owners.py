"""Who owns the fields of a Deployment after a run: whoever owned them before it."""

from __future__ import annotations

from typing import Any

from vllm_qualify.kube import field_owners
from vllm_qualify.kube.objects import Object

RUN = "vllm-qualify"


def entry(manager: str, *fields: str, operation: str = "Update", subresource: str = "") -> Object:
    """One of the owners."""
    owned: dict[str, Any] = {"f:spec": {f"f:{one}": {} for one in fields}}
    made: Object = {"manager": manager, "operation": operation, "apiVersion": "apps/v1", "fieldsV1": owned}
    return made | ({"subresource": subresource} if subresource else {})


def deployment(*owners: Object) -> Object:
    """A Deployment of these."""
    return {"kind": "Deployment", "metadata": {"name": "x", "managedFields": [*owners]}, "spec": {"paused": False}}


APPLIED = entry("kubectl", "template", "replicas", operation="Apply")
LESS = entry("kubectl", "replicas", operation="Apply")
STATUS = [entry("kube-controller-manager", str(number), subresource="status") for number in (1, 2)]


def test_it_is_owned_as_before() -> None:
    """What the run took from the operator is the operator's, and its own entry is gone; nothing else changes."""
    live = deployment(LESS, entry(RUN, "template"), STATUS[1])

    made = field_owners.given_back(live, [APPLIED, STATUS[0]], manager=RUN)

    assert made == deployment(APPLIED, STATUS[1])


def test_what_others_came_to_own_meanwhile_stays_theirs() -> None:
    """A dashboard's annotation, an autoscaler's replicas."""
    scaled, noted = entry("kube-controller-manager", "replicas", subresource="scale"), entry("rancher", "x")
    live = deployment(LESS, noted, entry(RUN, "template"), scaled)

    assert field_owners.given_back(live, [APPLIED], manager=RUN) == deployment(APPLIED, noted, scaled)


def test_an_owner_by_apply_is_another_than_one_by_update() -> None:
    """Server-side apply tells them apart."""
    updated = entry("kubectl", "paused")
    live = deployment(LESS, updated, entry(RUN, "template"))

    assert field_owners.given_back(live, [APPLIED], manager=RUN) == deployment(APPLIED, updated)


def test_where_the_run_owns_nothing_there_is_nothing_to_do() -> None:
    """No write for the sake of writing."""
    assert field_owners.given_back(deployment(APPLIED), [APPLIED], manager=RUN) is None


def test_an_earlier_run_is_no_owner_to_go_back_to() -> None:
    """One whose entry was left behind."""
    live = deployment(entry(RUN, "template"))

    assert field_owners.given_back(live, [entry(RUN, "template")], manager=RUN) is None
    assert field_owners.of([live]) == {"x": (entry(RUN, "template"),)}
