from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.kube.pods import state
from vllm_qualify.kube.pods.state import PodPhase, PodState

RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> dict[str, Any]:
    """A look at a pod in the lab: ``at``, ``pod`` and ``events``."""
    look: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return look


def judged(look: dict[str, Any], *, later: float = 0.0) -> PodState:
    """The state of the pod in a look, so many seconds later if nothing changed."""
    now = datetime.fromisoformat(look["at"]) + timedelta(seconds=later)
    return state.state(look["pod"], look["events"], now=now, container="vllm")


def test_a_sidecar_that_cannot_be_pulled_is_hopeless_too() -> None:
    """The pod never becomes ready without it; the message names the container."""
    look = recorded("sidecar-fails")
    missing = {"reason": "ErrImagePull", "message": "docker.io/exporter:1: not found"}
    look["pod"]["status"]["containerStatuses"][0]["state"] = {"waiting": missing}

    found = judged(look)

    assert (found.phase, found.container) == (PodPhase.HOPELESS, "vllm")
    assert found.message.startswith("container exporter: ")


def test_a_sidecar_among_the_init_containers_may_end() -> None:
    """Kubernetes starts it again by itself; only an init container that has to succeed ends all hope."""
    look = recorded("init-fails")
    look["pod"]["spec"]["initContainers"][0]["restartPolicy"] = "Always"

    assert judged(look).phase is PodPhase.PENDING


@pytest.mark.parametrize(("same", "at_fault"), [(True, True), (False, False)])
def test_an_init_container_of_the_same_image_speaks_against_it(*, same: bool, at_fault: bool) -> None:
    """A model that is fetched by the candidate itself is the candidate's work."""
    look = recorded("init-fails")
    init, serving = (look["pod"]["status"][key][0] for key in ("initContainerStatuses", "containerStatuses"))
    if same:
        init["image"] = serving["image"]

    assert judged(look).image_at_fault is at_fault


@pytest.mark.parametrize("name", ["loading", "ready"])
def test_a_mount_that_fails_under_a_running_server_is_no_trouble(name: str) -> None:
    """Kubelets mount tokens and config maps again while a pod runs, and an API server that is away makes that fail."""
    look = recorded(name)
    before, at = judged(look), "2026-11-23T17:48:00Z"
    failed = {"reason": "FailedMount", "message": "timed out", "firstTimestamp": at, "lastTimestamp": at}
    look["events"].append(failed | {"involvedObject": {"kind": "Pod", "name": look["pod"]["metadata"]["name"]}})

    found = judged(look, later=600)

    assert (found.phase, found.reason) == (before.phase, "")
