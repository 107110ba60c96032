from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from lab import kubectl
from vllm_qualify.core.shipped import HOME
from vllm_qualify.kube import access, paths
from vllm_qualify.kube.access import NEEDS, Need

RBAC = HOME / "deploy" / "rbac.yaml"


@pytest.fixture
def account(here: Any) -> Iterator[str]:
    """The shipped account with its roles, in the namespace of the test."""
    text = RBAC.read_text().replace("namespace: ml", f"namespace: {here.name}")
    kubectl.call(here.cluster.kubectl_argv("apply", "-f", "-"), stdin=text)
    yield f"system:serviceaccount:{here.name}:vllm-qualify"
    kubectl.call(here.cluster.kubectl_argv("delete", "-f", "-"), stdin=text)


def allowed(here: Any, account: str, need: Need) -> bool:
    """What the API server answers to the account's own question."""
    asked = ("create", "--raw", paths.path("SelfSubjectAccessReview"), "-f", "-", f"--as={account}")
    answer = json.loads(
        kubectl.call(here.cluster.kubectl_argv(*asked), stdin=json.dumps(access.review(need, here.name)))
    )
    return bool(answer["status"]["allowed"])


def test_the_shipped_role_is_enough(here: Any, account: str) -> None:
    """A real API server allows each verb of the table to the account, asked in the account's own name."""
    answers = {need: allowed(here, account, need) for need in NEEDS}

    assert access.missing(answers) == ()
    assert len(answers) == len(NEEDS)


@pytest.mark.parametrize(
    "need",
    [
        Need(verb="get", resource="secrets", why=""),
        Need(verb="list", resource="secrets", why=""),
        Need(verb="delete", resource="leases", group="coordination.k8s.io", name="k3s", why=""),
        Need(verb="delete", resource="nodes", cluster=True, why=""),
        Need(verb="delete", resource="pods", cluster=True, why=""),
        Need(verb="patch", resource="deployments", group="apps", why=""),
    ],
    ids=str,
)
def test_the_shipped_role_is_not_more(here: Any, account: str, need: Need) -> None:
    """Other Secrets, other locks and other namespaces stay out of reach."""
    assert not allowed(here, account, need)


def test_a_verb_that_was_taken_away_is_named(here: Any, account: str) -> None:
    """Without the rule about logs a run says that it may not read them, and what for."""
    role = here.get("role", "vllm-qualify")
    role["rules"] = [rule for rule in role["rules"] if rule["resources"] != ["pods/log"]]
    kubectl.call(here.cluster.kubectl_argv("replace", "-f", "-"), stdin=json.dumps(role))

    found = access.missing({need: allowed(here, account, need) for need in NEEDS})

    assert [each.title for each in found] == ["the account of this run may get pods/log"]
