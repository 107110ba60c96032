from __future__ import annotations

import json

import pytest

from tests.faults.matrix import Fault
from tests.faults.rules import RULES, Armed, Effect, Rule, answer

_DEPLOYMENT = "/apis/apps/v1/namespaces/ml/deployments/vllm-server"


def test_every_fault_of_the_api_has_a_rule() -> None:
    """What the matrix names is what the proxy can do; the rest is done to processes."""
    elsewhere = {Fault.NONE.value, Fault.ETCD.value, Fault.KUBELET.value}

    assert {each.value for each in Fault} - elsewhere == {each.value for each in RULES}


def test_a_rule_is_spent_after_its_count() -> None:
    """Only so many requests are met, and only those that are meant."""
    armed = Armed(Rule(effect=Effect.CONFLICT, methods=frozenset({"PUT"}), path="deployments", count=2))

    met = [armed.claim(method, _DEPLOYMENT) for method in ("GET", "PUT", "PUT", "PUT")]

    assert met == [False, True, True, False]
    assert not Armed(armed.rule).claim("PUT", "/api/v1/namespaces/ml/secrets/one")


@pytest.mark.parametrize("effect", [Effect.CONFLICT, Effect.RESET_COMMITTED])
def test_a_dry_run_is_no_commit(effect: Effect) -> None:
    """What would not have been carried out anyway is left alone."""
    assert RULES[effect].meets("PUT", _DEPLOYMENT)
    assert not RULES[effect].meets("PUT", f"{_DEPLOYMENT}?dryRun=All")


@pytest.mark.parametrize("effect", [Effect.EXPIRED, Effect.HANG, Effect.STALE])
def test_logs_are_no_reads_of_objects(effect: Effect) -> None:
    """What comes from inside a pod is not what etcd would say."""
    assert RULES[effect].meets("GET", "/api/v1/namespaces/ml/pods?labelSelector=app")
    assert not RULES[effect].meets("GET", "/api/v1/namespaces/ml/pods/one/log?container=vllm")


@pytest.mark.parametrize("effect", [Effect.CONFLICT, Effect.EXPIRED, Effect.UNAVAILABLE])
def test_refusals_are_worded_as_the_api_server_does(effect: Effect) -> None:
    """A whole HTTP answer with a Status object of the same code."""
    head, _, body = answer(effect).partition(b"\r\n\r\n")

    status = json.loads(body)

    assert head.startswith(f"HTTP/1.1 {effect.value} {status['reason']}".encode())
    assert f"Content-Length: {len(body)}".encode() in head
    assert status["code"] == int(effect.value)
