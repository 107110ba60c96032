from __future__ import annotations

import itertools
from typing import Any

import pytest

from vllm_qualify.core.records import Severity
from vllm_qualify.core.shipped import HOME
from vllm_qualify.kube import access, gitops_pause, paths, yamltext
from vllm_qualify.kube.access import NEEDS, Need

RBAC = HOME / "deploy" / "rbac.yaml"
Grant = tuple[str, str, str, str, bool]


def granted(text: str) -> list[Grant]:
    """What the roles of a file allow: verb, group, resource with its part, name, and whether cluster-wide."""
    return [
        (*one, role["kind"] == "ClusterRole")
        for role in (document.data for document in yamltext.documents(text))
        for rule in role.get("rules") or []
        for one in itertools.product(
            rule["verbs"], rule["apiGroups"], rule["resources"], rule.get("resourceNames", [""])
        )
    ]


def needed(need: Need) -> Grant:
    """A need in the same form."""
    whole = f"{need.resource}/{need.subresource}" if need.subresource else need.resource
    return need.verb, need.group, whole, need.name, need.cluster


def of_kind(kind: str) -> dict[str, Any]:
    """The one object of a kind in the shipped file."""
    (found,) = [each.data for each in yamltext.documents(RBAC.read_text()) if each.data["kind"] == kind]
    return dict(found)


def test_the_shipped_role_grants_what_a_run_needs_and_no_more() -> None:
    """Both ways, each verb once; the file cannot drift from the table."""
    grants = granted(RBAC.read_text())

    assert sorted(grants) == sorted(map(needed, NEEDS))
    assert len(set(grants)) == len(grants)


def test_nothing_is_granted_by_wildcard() -> None:
    """A star would also grant what the next version of Kubernetes brings."""
    assert "*" not in {word for grant in granted(RBAC.read_text()) for word in grant[:4] if isinstance(word, str)}


@pytest.mark.parametrize("kind", ["Role", "ClusterRole"])
def test_each_role_is_bound_to_the_account(kind: str) -> None:
    """The account, the role and the binding name each other."""
    account = of_kind("ServiceAccount")["metadata"]
    binding = of_kind(f"{kind}Binding")

    assert binding["roleRef"] == {
        "apiGroup": "rbac.authorization.k8s.io",
        "kind": kind,
        "name": of_kind(kind)["metadata"]["name"],
    }
    assert binding["subjects"] == [{"kind": "ServiceAccount"} | account]


def test_a_taken_verb_is_named_with_its_purpose() -> None:
    """Whoever reads it knows what to grant, why, and where it stands ready."""
    gone = next(need for need in NEEDS if str(need) == "get pods/log")

    (found,) = access.missing({need: need is not gone for need in NEEDS})

    assert (found.id, found.severity) == ("A01", Severity.BLOCK)
    assert found.title == "the account of this run may get pods/log"
    assert "to find out why a server died" in found.expected
    assert "Role vllm-qualify of deploy/rbac.yaml" in found.remedy


@pytest.mark.parametrize("need", NEEDS, ids=str)
def test_only_what_a_run_can_do_without_is_let_pass(need: Need) -> None:
    """An optional one is a note, any other one blocks, and each has words for its purpose."""
    (found,) = access.missing({need: False})

    assert found.blocks is not need.optional
    assert need.why.startswith("to ")


def test_what_is_allowed_is_no_finding() -> None:
    """Neither is what nobody asked about."""
    assert access.missing(dict.fromkeys(NEEDS, True)) == ()
    assert access.missing({}) == ()


@pytest.mark.parametrize(
    ("asked", "attributes"),
    [
        ("list pods in the whole cluster", {"verb": "list", "resource": "pods"}),
        ("create pods/exec", {"verb": "create", "resource": "pods", "subresource": "exec", "namespace": "ml"}),
        (
            "get secrets vllm-qualify-snapshot",
            {"verb": "get", "resource": "secrets", "name": "vllm-qualify-snapshot", "namespace": "ml"},
        ),
        (
            "update deployments.apps",
            {"verb": "update", "group": "apps", "resource": "deployments", "namespace": "ml"},
        ),
    ],
)
def test_the_question_is_about_the_very_thing(asked: str, attributes: dict[str, str]) -> None:
    """Group, part and name are asked for; without a namespace the question is about all of them."""
    need = next(each for each in NEEDS if str(each) == asked)

    review = access.review(need, "ml")

    assert review["spec"]["resourceAttributes"] == attributes
    assert review["kind"] == "SelfSubjectAccessReview"


RULE = {"verbs": ["get", "list"], "apiGroups": ["apps"], "resources": ["deployments"]}


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        (RULE, True),
        ({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, True),
        (RULE | {"verbs": ["create"]}, False),
        (RULE | {"apiGroups": [""]}, False),
        (RULE | {"resources": ["deployments/scale"]}, False),
        (RULE | {"resourceNames": ["another"]}, False),
    ],
)
def test_one_answer_shows_what_is_allowed(rule: dict[str, list[str]], *, shown: bool) -> None:
    """A rule that covers verb, group, resource and name shows that a need is met; nothing less does."""
    need = access.Need(verb="get", group="apps", resource="deployments", why="to look")

    assert access.granted(need, {"status": {"resourceRules": [rule]}}) is shown


def test_one_answer_says_nothing_of_the_whole_cluster() -> None:
    """Rules of a namespace do not show what may be done beyond it."""
    need = access.Need(verb="get", resource="nodes", why="to look", cluster=True)
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}

    assert not access.granted(need, {"status": {"resourceRules": [everything]}})


def test_what_pausing_takes_is_granted_apart_and_by_name() -> None:
    """Whoever may update an Application can deploy through it, so no run has that right unless it is given."""
    grants = granted(RBAC.with_name("rbac-gitops.yaml").read_text())
    pausable = {(paths.group(kind), paths.path(kind, "x").rpartition("/")[2]) for kind in gitops_pause.KINDS}

    assert {(group, resource) for _, group, resource, _, _ in grants} == pausable
    assert {(verb, bool(name), cluster) for verb, _, _, name, cluster in grants} == {
        ("get", True, False),
        ("update", True, False),
    }
    assert not {need for need in NEEDS if need.verb == "update" and (need.group, need.resource) in pausable}
