from __future__ import annotations

import copy
from typing import Any

import pytest

from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import yamltext
from vllm_qualify.kube.drift import drift

APPLICATIONS = HOME_LAB / "applications"
FILES = sorted(path.relative_to(APPLICATIONS).as_posix() for path in APPLICATIONS.rglob("*.yaml"))


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith("ingress.yaml")])
def test_what_was_just_applied_has_not_drifted(here: Any, name: str) -> None:
    """Whatever a real API server fills in, the operator's files are found as they were written."""
    (document,) = yamltext.documents((APPLICATIONS / name).read_text())
    wanted = document.data
    if wanted["kind"] == "Deployment":
        wanted["spec"]["replicas"] = 0
    here.apply(copy.deepcopy(wanted))

    live = here.get(wanted["kind"].lower(), wanted["metadata"]["name"])

    assert drift(wanted, live) == ()


def test_a_change_by_hand_is_found_on_the_live_object(here: Any) -> None:
    """``kubectl set`` and ``kubectl scale`` leave the file behind."""
    (document,) = yamltext.documents((APPLICATIONS / "vllm" / "deployment.yaml").read_text())
    wanted = document.data
    wanted["spec"]["replicas"] = 0
    here.apply(copy.deepcopy(wanted))
    here.say("set", "image", "deployment/vllm-server", "vllm=vllm/vllm-openai:v0.6.0")
    here.say("set", "env", "deployment/vllm-server", "HF_TOKEN=canary-value")

    found = drift(wanted, here.get("deployment", "vllm-server"))

    assert [each.id for each in found] == ["D03", "D01"]
    assert "canary-value" not in str(found)
