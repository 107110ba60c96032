"""A helper's container is confined as the one that it looks at, so that whatever admits that one admits it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.kube import confinement, quantity

RESTRICTED = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}
QUANTITIES = st.sampled_from(["100m", "1", "2", 8, "500Mi", "2Gi", "16Gi", "1e3", "odd", "{{ x }}"])
NAMES = st.sampled_from(["cpu", "memory", "ephemeral-storage", "nvidia.com/gpu", "hugepages-2Mi", "amd.com/gpu"])
RESOURCES = st.fixed_dictionaries(
    {}, optional={kind: st.none() | st.dictionaries(NAMES, QUANTITIES) for kind in ("limits", "requests")}
)


def test_it_runs_as_the_one_that_it_looks_at() -> None:
    """A namespace that admits only restricted pods admits it."""
    assert confinement.like({"securityContext": RESTRICTED})["securityContext"] == RESTRICTED


@pytest.mark.parametrize("container", [{}, {"securityContext": None}, {"securityContext": {}}])
def test_one_of_which_nothing_is_said_is_confined_all_the_same(container: dict[str, Any]) -> None:
    """As far as it can be had of any image."""
    assert confinement.like(container) == {"securityContext": dict(confinement.STRICT)}


def test_it_asks_for_no_gpu_and_for_no_more_than_a_parser_needs() -> None:
    """Production has the GPU and its share of the node, and keeps both."""
    resources = {"limits": {"nvidia.com/gpu": 1, "memory": "24Gi", "cpu": "2"}, "requests": {"memory": "20Gi"}}

    assert confinement.like({"resources": resources})["resources"] == {
        "limits": {"cpu": "2", "memory": "4Gi"},
        "requests": {"cpu": "0", "memory": "1Gi"},
    }


@given(RESOURCES)
def test_whatever_a_quota_asks_of_production_it_can_ask_of_the_helper(resources: dict[str, Any]) -> None:
    """The same limits are set as far as they are no devices, and no request is above its limit."""
    made = confinement.like({"resources": resources}).get("resources", {})

    limits, requests = made.get("limits", {}), made.get("requests", {})
    assert set(limits) == set(resources.get("limits") or {}) & {"cpu", "memory", "ephemeral-storage"}
    for name in set(limits) & set(requests):
        most, least = quantity.amount(limits[name]), quantity.amount(requests[name])
        given_limit = quantity.amount((resources.get("limits") or {})[name])
        given_request = quantity.amount((resources.get("requests") or {}).get(name, 0)) or 0
        assert most is None or least is None or given_limit is None or given_request > given_limit or least <= most
