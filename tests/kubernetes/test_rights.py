from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import kubectl
from tests.kubernetes.home_lab import HomeLab, Run
from vllm_qualify.core.shipped import HOME

Take = Callable[[str, str], None]

RBAC = HOME / "deploy" / "rbac.yaml"
# A tag of its own: what another test put under one is still on the node.
_TAG = "v0.8.5.post1-rights"


@pytest.fixture(scope="module")
def kubeconfig(home_lab: HomeLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Logged in as the shipped account, by a token that the API server gave out for it."""
    roles = RBAC.read_text().replace("namespace: ml", f"namespace: {home_lab.namespace}")
    kubectl.call(home_lab.cluster.kubectl_argv("apply", "-f", "-"), stdin=roles)
    token = home_lab.say("create", "token", "vllm-qualify", "--duration", "1h").strip()
    found: dict[str, Any] = json.loads(home_lab.cluster.lab.kubeconfig.read_text())
    found["users"][0]["user"] = {"token": token}
    path = tmp_path_factory.mktemp("account") / "kubeconfig"
    path.write_text(json.dumps(found))
    home_lab.candidate(_TAG, SCRIPTED_VERSION="0.8.5.post1")
    yield path
    kubectl.call(home_lab.cluster.kubectl_argv("delete", "-f", "-"), stdin=roles)


@pytest.fixture
def take(home_lab: HomeLab) -> Iterator[Take]:
    """Takes a verb out of the Role; afterwards the Role is whole again."""
    whole = home_lab.get("role", "vllm-qualify")

    def without(resource: str, verb: str) -> None:
        kept = [rule | {"verbs": [one for one in rule["verbs"] if one != verb]} for rule in whole["rules"]]
        rules = [new if old["resources"] == [resource] else old for old, new in zip(whole["rules"], kept, strict=True)]
        _replace(home_lab, whole | {"rules": [rule for rule in rules if rule["verbs"]]})

    yield without
    _replace(home_lab, whole)


def _replace(home_lab: HomeLab, role: dict[str, Any]) -> None:
    metadata = {key: value for key, value in role["metadata"].items() if key != "resourceVersion"}
    kubectl.call(home_lab.cluster.kubectl_argv("replace", "-f", "-"), stdin=json.dumps(role | {"metadata": metadata}))


def qualify(home_lab: HomeLab, kubeconfig: Path, cases: str) -> Run:
    """Run some cases as the account."""
    return home_lab.qualify("--image", f"vllm/vllm-openai:{_TAG}", "-k", cases, KUBECONFIG=str(kubeconfig))


def test_the_shipped_role_is_enough_for_a_run(home_lab: HomeLab, kubeconfig: Path) -> None:
    """Under the account of deploy/ a candidate is prepared and tried in both modes, and production is back."""
    before = home_lab.snapshot()

    run = qualify(home_lab, kubeconfig, "cli_args or test_deploy or switch or put_back")

    outcomes = {case["id"]: (case["outcome"], case["message"]) for case in run.candidate(_TAG)["cases"]}
    # The scripted parser is none of vLLM's, so that nothing can be compared with it.
    assert outcomes.pop("ARGS/catalogue")[0] == "not-applicable"
    assert {outcome for outcome, _ in outcomes.values()} == {"passed"}, outcomes
    assert {"ARGS/accepted", "VRAM/vram", "R1/switch", "R1/switch-back"} <= outcomes.keys()
    assert home_lab.snapshot() == before
    assert home_lab.leftovers() == []


@pytest.mark.parametrize(
    ("verb", "resource", "purpose"),
    [
        ("update", "deployments.apps", "to scale production down, to set the candidate's image"),
        ("get", "pods/exec", "to query the server and the GPU from inside its pod"),
    ],
    ids=["update-deployments", "get-exec"],
)
def test_a_verb_that_was_taken_away_stops_the_run(
    home_lab: HomeLab, kubeconfig: Path, take: Take, *, verb: str, resource: str, purpose: str
) -> None:
    """Before anything is touched the run names verb, resource, and what it is for."""
    before = home_lab.snapshot()
    take(resource.partition(".")[0], verb)

    run = qualify(home_lab, kubeconfig, "starts or put_back")

    said = " ".join(run.said.split())
    assert run.code == 10, run.said
    assert f"the account of this run may {verb} {resource}" in said
    assert f"the API server says that this is not allowed; expected allowed: {purpose}" in said
    assert [event for event in run.events() if event["type"] == "step"] == []
    assert home_lab.snapshot() == before
    assert home_lab.leftovers() == []
