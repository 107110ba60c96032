"""REST paths, written out."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube import access, paths


@pytest.mark.parametrize(
    ("kind", "namespace", "name", "expected"),
    [
        ("Deployment", "ml", "vllm-server", "/apis/apps/v1/namespaces/ml/deployments/vllm-server"),
        ("Lease", "ml", "x", "/apis/coordination.k8s.io/v1/namespaces/ml/leases/x"),
        ("Pod", "", "", "/api/v1/pods"),
        ("Pod", "ml", "", "/api/v1/namespaces/ml/pods"),
        ("Node", "", "k3s-gpu-worker", "/api/v1/nodes/k3s-gpu-worker"),
        ("SelfSubjectAccessReview", "", "", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"),
    ],
)
def test_a_path(kind: str, namespace: str, name: str, expected: str) -> None:
    """As the API has it, without discovery."""
    assert paths.path(kind, namespace, name) == expected


def test_a_part_of_an_object_with_a_question() -> None:
    """What is not asked is left out."""
    found = paths.path("Pod", "ml", "x", sub="log", container="vllm", previous="", timestamps="true")

    assert found == "/api/v1/namespaces/ml/pods/x/log?container=vllm&timestamps=true"


@given(st.dictionaries(st.sampled_from(["labelSelector", "fieldSelector"]), st.text(min_size=1, max_size=9)))
def test_whatever_is_asked_arrives(query: dict[str, str]) -> None:
    """Signs that mean something in an address are taken for themselves."""
    found = urlsplit(paths.path("Pod", "ml", **query))

    assert found.path == "/api/v1/namespaces/ml/pods"
    assert parse_qs(found.query, keep_blank_values=True) == {key: [value] for key, value in query.items()}


@given(st.text(st.characters(codec="utf-8", exclude_characters="/"), min_size=1, max_size=9))
def test_a_name_stays_within_its_place(name: str) -> None:
    """No name can begin a question or an anchor."""
    found = urlsplit(paths.path("Secret", "ml", name))

    assert (found.query, found.fragment) == ("", "")
    assert unquote(found.path) == f"/api/v1/namespaces/ml/secrets/{name}"


def test_an_object_says_where_it_is_and_where_it_is_made() -> None:
    """With its namespace, where it has one."""
    service = {"kind": "Service", "metadata": {"name": "vllm-api", "namespace": "ml"}}

    assert paths.of(service) == "/api/v1/namespaces/ml/services/vllm-api"
    assert paths.place(service) == "/api/v1/namespaces/ml/services"
    assert paths.place({"kind": "Node", "metadata": {"name": "x"}}) == "/api/v1/nodes"


def test_a_kind_that_is_none_of_our_business() -> None:
    """It is an error of ours, not a guess."""
    with pytest.raises(KeyError, match="ClusterRole"):
        paths.path("ClusterRole")


def test_whatever_needs_a_permission_has_a_path() -> None:
    """The plural that RBAC knows is that of the path."""
    kinds = ("ConfigMap", "Deployment", "Event", "Lease", "Node", "Pod", "ReplicaSet", "Secret", "Service")
    others = ("Application", "HelmRelease", "HorizontalPodAutoscaler", "Kustomization", "ScaledObject")
    every = (*kinds, *others, "VerticalPodAutoscaler")
    plurals = {paths.path(kind).rpartition("/")[2] for kind in every}

    assert {need.resource for need in access.NEEDS} <= plurals
