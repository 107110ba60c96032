from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.kube.pods import state
from vllm_qualify.kube.pods.state import Graces, PodPhase, PodState

# What kubectl gave of pods in the lab, without what nobody reads; `at` is the time of the look.
RECORDED = Path(__file__).parents[1] / "recorded"
DRIVER = (
    "failed to create shim task: OCI runtime create failed: nvidia-container-cli: requirement error: unsatisfied "
    "condition: cuda>=12.9, please update your driver to a newer version"
)


def recorded(name: str) -> dict[str, Any]:
    """A look at a pod: ``at``, ``pod`` and ``events``."""
    look: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return look


def judged(look: dict[str, Any], *, later: float = 0.0, **how: Any) -> PodState:
    """The state of the pod in a look, so many seconds later if nothing changed."""
    now = datetime.fromisoformat(look["at"]) + timedelta(seconds=later)
    return state.state(look["pod"], look["events"], now=now, **{"container": "vllm"} | how)


def status(look: dict[str, Any]) -> dict[str, Any]:
    """The status of the last container of the pod in a look."""
    last: dict[str, Any] = look["pod"]["status"]["containerStatuses"][-1]
    return last


@pytest.mark.parametrize(
    ("name", "reason", "code", "said"),
    [
        ("argparse", "Error", 2, "container vllm ended with exit code 2 (as when a parser refuses its arguments)"),
        ("back-off", "ImagePullBackOff", None, "the registry has no such image: failed to pull and unpack image"),
        ("bad-mount", "RunContainerError", None, "error mounting"),
        ("completed", "Completed", 0, "ended with exit code 0 (success), 0 s after its start"),
        ("crash", "Error", 1, "container vllm ended with exit code 1, 0 s after its start"),
        ("crash-loop", "Error", 1, "container vllm ended with exit code 1"),
        ("gpu-taken", "UnexpectedAdmissionError", None, "number of devices unavailable for nvidia.com/gpu"),
        ("init-fails", "Error", 1, "init container prefetch ended with exit code 1"),
        (
            "invalid-name",
            "InvalidImageName",
            None,
            "the image's name is invalid: Failed to apply default image tag",
        ),
        ("liveness", "Killing", None, "because its liveness probe failed too often: Liveness probe failed: Get"),
        ("missing-key", "CreateContainerConfigError", None, "couldn't find key token in Secret ml/hf"),
        ("never-pull", "ErrImageNeverPull", None, "is not present with pull policy of Never"),
        ("no-command", "RunContainerError", None, "the container cannot be started: failed to create containerd task"),
        ("no-command-again", "StartError", 128, 'exec: "/nope": stat /nope: no such file or directory'),
        ("not-found", "ErrImagePull", None, "docker.io/vllm/vllm-openai:never-pushed: not found"),
        ("oom", "OOMKilled", 137, "taking more memory than its limit of 64Mi (OOMKilled, exit code 137)"),
        ("startup", "Killing", 0, "because its startup probe failed too often: Startup probe failed: Get"),
    ],
)
def test_what_no_waiting_cures_is_hopeless_at_once(name: str, reason: str, code: int | None, said: str) -> None:
    """The look that was recorded is enough: Kubernetes' word, the exit code, and the cause in the message."""
    found = judged(recorded(name))

    assert (found.phase, found.reason, found.exit_code) == (PodPhase.HOPELESS, reason, code)
    assert said in found.message
    assert "timed out" not in found.message
    assert found.since is not None
    assert found.final


@pytest.mark.parametrize(
    ("name", "at_fault"),
    [
        ("argparse", True),
        ("bad-mount", False),
        ("crash", True),
        ("gpu-taken", False),
        ("init-fails", False),
        ("invalid-name", True),
        ("liveness", True),
        ("missing-key", False),
        ("never-pull", False),
        ("no-command", True),
        ("not-found", True),
        ("oom", True),
    ],
)
def test_the_image_is_blamed_on_evidence_only(name: str, at_fault: bool) -> None:  # noqa: FBT001 (a table)
    """Nodes, secrets and other pods are not the image's fault; its crash, its program and its name are."""
    assert judged(recorded(name)).image_at_fault is at_fault


@pytest.mark.parametrize(
    ("name", "phase", "said"),
    [
        ("gone", PodPhase.GONE, "the pod is being deleted"),
        ("loading", PodPhase.STARTING, "runs but is not ready yet: Startup probe failed: Get"),
        ("pulled", PodPhase.STARTING, "the image of container vllm is on the node"),
        ("pulling", PodPhase.PULLING, "the node is pulling the image of container vllm"),
        ("ready", PodPhase.READY, ""),
        ("sidecar-fails", PodPhase.STARTING, "container exporter beside it ended and was restarted (restarts: 1)"),
    ],
)
def test_what_is_on_its_way_is_told_apart(name: str, phase: PodPhase, said: str) -> None:
    """Fetching the image is not loading the model, and a sidecar that ends is no reason to give up."""
    found = judged(recorded(name), later=600)

    assert (found.phase, found.reason, found.image_at_fault) == (phase, "", False)
    assert said in found.message
    assert bool(found.message) is bool(said)


@pytest.mark.parametrize(
    ("name", "reason", "grace", "said"),
    [
        ("no-folder", "FailedMount", 30, "hostPath type check failed: /var/lib/nowhere is not a directory"),
        ("no-gpu", "Unschedulable", 30, "1 Insufficient nvidia.com/gpu; either another pod holds the GPU (look for"),
        ("no-node", "Unschedulable", 30, "no node has the labels that the manifest's nodeSelector"),
    ],
)
def test_what_may_pass_has_a_grace(name: str, reason: str, grace: float, said: str) -> None:
    """Until then it is pending, with the reason already; the grace counts from the first evidence."""
    look = recorded(name)
    waiting = judged(look)
    assert waiting.since is not None
    left = grace - (datetime.fromisoformat(look["at"]) - waiting.since).total_seconds()

    assert (waiting.phase, waiting.reason) == (PodPhase.PENDING, reason)
    assert said in waiting.message
    assert judged(look, later=left - 0.1).phase is PodPhase.PENDING
    assert judged(look, later=left + 0.1).phase is PodPhase.HOPELESS
    assert judged(look, graces=Graces(mounts=0, scheduling=0)).phase is PodPhase.HOPELESS


@pytest.mark.parametrize(
    ("error", "phase", "said"),
    [
        (
            "Head https://registry-1.docker.io: dial tcp: lookup registry-1.docker.io: no such host",
            PodPhase.PULLING,
            "network",
        ),
        (
            "429 Too Many Requests - toomanyrequests: You have reached your unauthenticated pull",
            PodPhase.PULLING,
            "network",
        ),
        ("failed to authorize: failed to fetch anonymous token: i/o timeout", PodPhase.PULLING, "network"),
        ("something new", PodPhase.PULLING, "the image cannot be pulled"),
        (
            "pull access denied, repository does not exist or may require authorization",
            PodPhase.HOPELESS,
            "refuses access",
        ),
        ("failed to fetch anonymous token: unexpected status: 401 Unauthorized", PodPhase.HOPELESS, "refuses access"),
        ("no match for platform in manifest: not found", PodPhase.HOPELESS, "node's platform"),
        ("manifest unknown", PodPhase.HOPELESS, "no such image"),
    ],
)
@pytest.mark.parametrize("old_kubelet", [False, True])
def test_errors_of_a_pull_are_told_apart(error: str, phase: PodPhase, said: str, *, old_kubelet: bool) -> None:
    """A registry in trouble is given a minute; old kubelets tell the error in events alone while they wait."""
    look = recorded("back-off")
    told = f"rpc error: code = Unknown desc = {error}"
    back_off = f'Back-off pulling image "{status(look)["image"]}"'
    status(look)["state"]["waiting"]["message"] = back_off if old_kubelet else f"{back_off}: ErrImagePull: {told}"
    for event in look["events"]:
        head, rpc, _ = event["message"].partition("rpc error")
        event["message"] = head + told if rpc else head

    found = judged(look)

    assert (found.phase, judged(look, later=60).phase) == (phase, PodPhase.HOPELESS)
    assert said in found.message
    assert error.split(":", maxsplit=1)[0] in found.message


def test_a_mount_that_came_after_all_is_forgotten() -> None:
    """What the node did after the last failure shows that it got over it, even within the same second."""
    look = recorded("no-folder")
    failed = look["events"][-1]
    look["events"].append(failed | {"reason": "Pulling", "firstTimestamp": failed["lastTimestamp"]})

    assert judged(look, later=600).reason == ""


def test_a_demand_on_the_driver_is_named() -> None:
    """The NVIDIA runtime's refusal is put into words, and it is the image's."""
    look = recorded("no-command")
    status(look)["state"]["waiting"]["message"] = DRIVER

    found = judged(look)

    assert "the image requires cuda>=12.9, which the node's NVIDIA driver does not meet" in found.message
    assert found.image_at_fault


@pytest.mark.parametrize("reason", ["ContainerStatusUnknown", "Unknown"])
def test_a_node_that_was_started_again_is_not_the_images_fault(reason: str) -> None:
    """The kubelet says so when it does not know what became of a container."""
    look = recorded("crash")
    status(look)["state"]["terminated"] |= {"reason": reason, "exitCode": 255}

    found = judged(look)

    assert (found.phase, found.image_at_fault) == (PodPhase.HOPELESS, False)
    assert "the node lost container vllm" in found.message


@pytest.mark.parametrize(("code", "word"), [(137, "(SIGKILL)"), (139, "(SIGSEGV)"), (143, "(SIGTERM)"), (200, "200,")])
def test_a_signal_is_named(code: int, word: str) -> None:
    """Exit codes above 128 are signals, where there is such a signal."""
    look = recorded("crash")
    status(look)["state"]["terminated"]["exitCode"] = code

    assert f"ended with exit code {code}" in judged(look).message
    assert word in judged(look).message


def test_a_death_before_a_recovery_still_counts() -> None:
    """A server that is ready at the second try died once; unless that restart was there before."""
    look = recorded("ready")
    status(look)["restartCount"] = 1

    assert judged(look).phase is PodPhase.HOPELESS
    assert judged(look, known_restarts=1).phase is PodPhase.READY


def test_a_pod_that_is_to_end_may_end() -> None:
    """Exit code 0 is the end of a pod that is never started again, and trouble for a server."""
    look = recorded("completed")
    look["pod"]["spec"]["restartPolicy"] = "Never"

    found = judged(look)

    assert (found.phase, found.exit_code, found.reason, found.final) == (PodPhase.ENDED, 0, "", True)


def test_an_eviction_says_its_reason() -> None:
    """What the kubelet says of the whole pod comes before what its containers say."""
    look = recorded("crash")
    low = "The node was low on resource: ephemeral-storage."
    look["pod"]["status"] |= {"phase": "Failed", "reason": "Evicted", "message": low}

    found = judged(look)

    assert (found.phase, found.reason, found.image_at_fault) == (PodPhase.HOPELESS, "Evicted", False)
    assert low in found.message


def test_a_cache_that_is_late_is_waited_for() -> None:
    """A kubelet that has not heard of a config map yet uses the word for one that does not exist."""
    look = recorded("missing-key")
    late = "failed to sync configmap cache: timed out waiting for the condition"
    status(look)["state"]["waiting"]["message"] = late

    assert judged(look).phase is PodPhase.PENDING
    assert judged(look, later=30).phase is PodPhase.HOPELESS


@pytest.mark.parametrize(
    ("name", "seconds", "on_node"),
    [("ready", 0.019, False), ("pulled", 2.386, False), ("pulling", None, False), ("loading", None, True)],
)
def test_pulls_are_measured_apart(name: str, seconds: float | None, *, on_node: bool) -> None:
    """What the kubelet says it took, without the wait for other pulls; nothing for what was there already."""
    found = judged(recorded(name))

    assert found.pull_seconds == (seconds and pytest.approx(seconds))
    assert found.on_node is on_node


def test_loading_counts_from_the_start_of_the_container() -> None:
    """Not from the pod's, whose image may have taken minutes."""
    assert judged(recorded("loading")).started_at == datetime(2026, 11, 23, 17, 47, 7, tzinfo=UTC)


def test_the_container_with_the_gpu_serves_if_none_is_named() -> None:
    """A sidecar may stand before it."""
    assert judged(recorded("ready"), container="").container == "vllm"


def test_a_pod_that_nobody_has_looked_at_is_pending() -> None:
    """A pod of the first instant has no status at all."""
    found = state.state(
        {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "vllm"}]}}, now=datetime(2026, 11, 23, tzinfo=UTC)
    )

    assert (found.phase, found.message) == (PodPhase.PENDING, "the pod is not scheduled yet")
