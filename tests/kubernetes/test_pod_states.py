from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from vllm_qualify.kube.pods import state as pods
from vllm_qualify.kube.pods.state import Graces, PodPhase, PodState

EVIDENCE_SECONDS = 5.0
# The API's time stamps have no fractions: evidence may be a second younger than it says.
_STAMP_SECONDS = 1.0
_PROBE = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1, "failureThreshold": 2}
_MISSING_KEY = [{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "nobody", "key": "token"}}}]
_NO_FOLDER = [{"name": "cache", "hostPath": {"path": "/var/lib/nowhere", "type": "Directory"}}]

Make = Callable[[Any], dict[str, Any]]


def look(here: Any, name: str, **how: Any) -> PodState:
    """The state of a pod now."""
    pod, events = here.get("pod", name), here.get("events")["items"]
    return pods.state(pod, events, now=datetime.now(UTC), **how)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """How long after the first evidence a state was known, in seconds.

    A machine that is busy looks seldom, and late: what it shows is that a look did not yet know, and that one did.

    Attributes:
        not_by: the last look that did not know it yet had begun by then; below zero where there was none.
        by: the look that knew it had ended by then.
    """

    not_by: float
    by: float


def final(here: Any, name: str, **how: Any) -> tuple[PodState, Known]:
    """The state in which the pod stays, and when that was known."""
    never = datetime.min.replace(tzinfo=UTC)
    deadline, undecided, began = time.monotonic() + 300, never, datetime.now(UTC)
    while not (state := look(here, name, **how)).final:
        assert time.monotonic() < deadline, f"never came to an end: {state}"
        time.sleep(0.5)
        undecided, began = began, datetime.now(UTC)
    since = state.since or never
    return state, Known(not_by=(undecided - since).total_seconds(), by=(datetime.now(UTC) - since).total_seconds())


@pytest.mark.parametrize(
    ("make", "reason", "said"),
    [
        (lambda _: {"image": "vllm/vllm-openai:never-pushed"}, "ErrImagePull", "the registry has no such image"),
        (lambda _: {"image": "vllm/vllm-openai:UPPER CASE"}, "InvalidImageName", "invalid reference format"),
        (lambda here: {"image": here.image(exit_code=1, exit_log="Error 804")}, "Error", "ended with exit code 1"),
        (
            lambda here: {"image": here.image(rejects="--x"), "container": {"args": ["--model", "m", "--x"]}},
            "Error",
            "ended with exit code 2 (as when a parser",
        ),
        (
            lambda here: {
                "image": here.image(memory_mib=256),
                "container": {"resources": {"limits": {"memory": "64Mi"}}},
            },
            "OOMKilled",
            "its limit of 64Mi",
        ),
        (
            lambda here: {"image": here.image(), "container": {"env": _MISSING_KEY}},
            "CreateContainerConfigError",
            'secret "nobody" not found',
        ),
        (
            lambda here: {"image": here.image(), "container": {"command": ["/nope"]}},
            "",
            "/nope: no such file or directory",
        ),
        (
            lambda here: {"image": here.image(load_seconds=600), "container": {"startupProbe": _PROBE}},
            "Killing",
            "because its startup probe failed too often",
        ),
        (
            lambda here: {"image": here.image(load_seconds=600), "container": {"livenessProbe": _PROBE}},
            "Killing",
            "because its liveness probe failed too often",
        ),
    ],
    ids=["image", "name", "crash", "parser", "memory", "secret", "command", "startup", "liveness"],
)
def test_a_hopeless_pod_is_known_within_five_seconds(here: Any, make: Make, reason: str, said: str) -> None:
    """From the first evidence that Kubernetes itself writes down to the verdict, with the cause in its message."""
    here.pod("server", **make(here))

    state, known = final(here, "server")

    assert state.phase is PodPhase.HOPELESS
    assert state.reason == (reason or state.reason)
    assert said in state.message
    assert known.not_by <= EVIDENCE_SECONDS + _STAMP_SECONDS


@pytest.mark.parametrize(
    ("spec", "reason", "said"),
    [
        ({"volumes": _NO_FOLDER}, "FailedMount", "/var/lib/nowhere is not a directory"),
        ({"gpus": 2}, "Unschedulable", "Insufficient nvidia.com/gpu; either another pod holds the GPU"),
        ({"nodeSelector": {"kubernetes.io/hostname": "elsewhere"}}, "Unschedulable", "no node has the labels"),
    ],
    ids=["folder", "gpu", "node"],
)
def test_what_may_pass_is_borne_for_its_grace_and_no_longer(
    here: Any, spec: dict[str, Any], reason: str, said: str
) -> None:
    """Until then the reason is known already; here the grace is three seconds."""
    graces = Graces(mounts=3, scheduling=3)
    mount = {"volumeMounts": [{"name": "cache", "mountPath": "/cache"}]} if "volumes" in spec else {}
    here.pod("server", here.image(), container=mount, **spec)

    state, known = final(here, "server", graces=graces)

    assert (state.phase, state.reason, state.image_at_fault) == (PodPhase.HOPELESS, reason, False)
    assert said in state.message
    assert known.by >= 3
    assert known.not_by <= 3 + EVIDENCE_SECONDS + _STAMP_SECONDS


def until(here: Any, phase: PodPhase) -> PodState:
    """The state of the pod once it has come to a phase, which it must without coming to an end before."""
    deadline = time.monotonic() + 300
    while (state := look(here, "server")).phase is not phase:
        assert not state.final, state
        assert time.monotonic() < deadline, state
        time.sleep(0.1)
    return state


def test_a_slow_server_is_waited_for_and_its_pull_told_apart(here: Any) -> None:
    """A model that loads is no trouble; what fetching the image took is known, and is none of it."""
    readiness = _PROBE | {"failureThreshold": 60}
    here.pod("server", here.image(load_until="/go"), container={"readinessProbe": readiness})
    until(here, PodPhase.STARTING)
    here.say("exec", "server", "--", "probe", "write", "/go", "now")

    ready = until(here, PodPhase.READY)

    assert ready.pull_seconds is not None
    assert not ready.on_node
    assert ready.started_at is not None
    assert ready.message == ""


def test_an_image_on_the_node_is_not_pulled_again(here: Any) -> None:
    """The second pod of an image says so; a pod that may end, ends well."""
    image = here.image(exit_code=0, exit_log="done")
    here.pod("first", image, restartPolicy="Never")
    first, _ = final(here, "first")
    here.pod("second", image, restartPolicy="Never")

    second, _ = final(here, "second")

    assert (first.phase, first.on_node, second.phase, second.on_node) == (PodPhase.ENDED, False, PodPhase.ENDED, True)


def test_a_pod_that_the_gpu_is_refused_is_the_nodes_matter(here: Any) -> None:
    """A pod that was put onto the node past the scheduler is refused by the kubelet, which says why."""
    here.pod("holder", here.image(), gpus=1)
    here.ready("holder")
    here.pod("server", here.image(), gpus=1, nodeName="k3s-gpu-worker")

    state, known = final(here, "server")

    assert (state.phase, state.reason, state.image_at_fault) == (PodPhase.HOPELESS, "UnexpectedAdmissionError", False)
    assert known.not_by <= EVIDENCE_SECONDS + _STAMP_SECONDS
    assert pods.holds_gpu(here.get("pod", "holder"))
    assert not pods.holds_gpu(here.get("pod", "server"))
