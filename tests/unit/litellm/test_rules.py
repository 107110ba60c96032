from __future__ import annotations

from typing import Any

import pytest
import yaml

from vllm_qualify.core.records import Finding, Severity
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.litellm import rules
from vllm_qualify.litellm.evidence import Service
from vllm_qualify.litellm.rules import RouteTarget

EXAMPLE = (HOME_LAB / "applications" / "litellm" / "configmap.yaml").read_text()
MODEL, BASE = "openai/Qwen/Qwen3-8B-AWQ", "http://vllm-api.ml.svc.cluster.local:8000/v1"
WANTED = RouteTarget(alias="vllm-qwen", model="Qwen/Qwen3-8B-AWQ")
SOURCE = "applications/litellm/configmap.yaml"


def found(text: str, wanted: RouteTarget = WANTED, live: Any = None) -> tuple[Finding, ...]:
    """What the rules find in a text."""
    return rules.findings(text, source=SOURCE, wanted=wanted, live=live)


def test_the_example_leads_to_the_candidate() -> None:
    """The shipped config map is right, and so is the same one in the cluster."""
    assert found(EXAMPLE, live=yaml.safe_load(EXAMPLE)) == ()


def test_the_storys_line_is_named_with_what_to_write() -> None:
    """The model of before the upgrade is told with file, line, reason and remedy in one sentence."""
    [finding] = found(EXAMPLE.replace(MODEL, "openai/Qwen/Qwen2.5-7B-Instruct-AWQ"))

    assert rules.said(finding) == (
        f"{SOURCE}:22: model is openai/Qwen/Qwen2.5-7B-Instruct-AWQ, but the candidate serves Qwen/Qwen3-8B-AWQ; "
        "write openai/Qwen/Qwen3-8B-AWQ"
    )
    assert finding.blocks


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (MODEL, "Qwen/Qwen3-8B-AWQ", ":22: model is Qwen/Qwen3-8B-AWQ, but LiteLLM reaches vLLM through the provider"),
        (MODEL, "ollama/Qwen/Qwen3-8B-AWQ", "write openai/Qwen/Qwen3-8B-AWQ"),
        (MODEL, "hosted_vllm/other", "write hosted_vllm/Qwen/Qwen3-8B-AWQ"),
        (MODEL, "''", "model is missing"),
        (BASE, "''", ":23: api_base is missing, but without it, LiteLLM calls the provider's own servers"),
        (BASE, "vllm-api:8000", "is vllm-api:8000, but that is not an address"),
        (BASE, "http://vllm-api:8001/v1", ":23: api_base is http://vllm-api:8001/v1, but vLLM answers on port 8000"),
        (BASE, "https://vllm-api:8000/v1", "port 8000 by http"),
        (BASE, "http://vllm-api.default.svc:8000/v1", "vLLM answers in the namespace ml"),
        (BASE, "http://vllm-api:8000", "the API is under /v1"),
        (BASE, "http://vllm-old:8000/v1", "the Service is vllm-api"),
        ("  namespace: ml\n", "  namespace: proxies\n", None),
        (
            "- model_name: vllm-qwen",
            "- model_name: vllm",
            ":20: model_list names vllm, ollama-qwen, but callers request",
        ),
        ("- model_name: ollama-qwen", "- model_name: other", "the fallback of vllm-qwen is ollama-qwen, but no entry"),
        ("model_list:", "models:", "expected one LiteLLM configuration"),
    ],
)
def test_each_way_to_lead_elsewhere_is_told(old: str, new: str, said: str | None) -> None:
    """The sentence holds the line, what stands there, and why that is wrong."""
    assert old in EXAMPLE

    findings = found(EXAMPLE.replace(old, new))

    assert [said in rules.said(finding) for finding in findings] == ([True] if said else [])


@pytest.mark.parametrize("base", ["http://vllm-api:8000/v1", "http://vllm-api.ml:8000/v1/", "os.environ/VLLM_URL"])
def test_every_right_name_of_the_service_is_taken(base: str) -> None:
    """Short names work within the namespace, and what stands in the proxy's environment cannot be judged here."""
    assert found(EXAMPLE.replace(BASE, base)) == ()


def test_a_short_name_from_another_namespace_leads_nowhere() -> None:
    """The proxy's own namespace decides what a bare name means."""
    [finding] = found(EXAMPLE.replace("namespace: ml", "namespace: x").replace(BASE, "http://vllm-api:8000/v1"))

    assert finding.title == "vLLM answers in the namespace ml"


def test_an_address_of_another_kind_is_only_a_warning() -> None:
    """An ingress may lead to the same server; the request itself will tell. Its password is not shown."""
    [finding] = found(EXAMPLE.replace(BASE, "https://me:planted@vllm.home.example/v1"))

    assert finding.severity is Severity.WARN
    assert "planted" not in rules.said(finding)


def test_the_cluster_that_lags_behind_the_file_is_told_first() -> None:
    """The file of the upgrade is right, but the proxy was started from the one of before."""
    live = yaml.safe_load(EXAMPLE.replace(MODEL, "openai/old"))

    wrong, drift = found(EXAMPLE, live=live)

    assert wrong.subject == "ConfigMap litellm-config in the cluster, config.yaml line 4"
    assert f"{SOURCE}:22 says {MODEL}; apply the file and restart the proxy" in rules.said(drift)
    assert drift.id == rules.DRIFT.id


def test_a_file_that_would_break_the_route_is_told_while_the_cluster_is_right() -> None:
    """What works today and is undone by the next apply is worth a word."""
    found_ = found(EXAMPLE.replace(BASE, "http://vllm-api:1/v1"), live=yaml.safe_load(EXAMPLE))

    assert [finding.id for finding in found_] == [rules.DRIFT.id, "route/api-base"]


def test_a_missing_live_alias_is_told_as_drift_too() -> None:
    """An entry that was added to the file alone."""
    live = yaml.safe_load(EXAMPLE.replace("model_name: vllm-qwen", "model_name: before"))

    assert [finding.id for finding in found(EXAMPLE, live=live)] == ["route/alias", rules.DRIFT.id]


@pytest.mark.parametrize(
    ("address", "ours"),
    [(BASE, True), ("http://vllm-api:8000", True), ("http://vllm-api.x:8000/v1", False), ("http://[", False)],
)
def test_an_address_is_told_from_others(address: str, *, ours: bool) -> None:
    """Who answered is read from the address that LiteLLM names."""
    assert rules.points_at(address, Service()) is ours


@pytest.mark.parametrize(
    ("address", "severity"),
    [
        ("http://vllm:8000/v1", None),
        ("http://llm-api:8000/v1", None),
        ("http://vllm:9000/v1", Severity.BLOCK),
        ("http://gpu-host:18000/v1", Severity.WARN),
    ],
    ids=["container", "alias", "port", "another name"],
)
def test_a_container_is_reached_by_its_names(address: str, severity: Severity | None) -> None:
    """Its own and its aliases in the networks; another name may be the host's, and lead there all the same."""
    entry = {"model_name": "a", "litellm_params": {"model": "openai/m", "api_base": address}}
    text = yaml.safe_dump({"model_list": [entry]})
    service = Service(name="vllm", namespace="", others=("llm-api",))

    found = rules.findings(text, source="litellm.yaml", wanted=RouteTarget(alias="a", model="m", service=service))

    assert [one.severity for one in found] == ([severity] if severity else [])
    assert rules.points_at(address, service) is (severity is None)
    assert service.url == "http://vllm:8000/v1"
