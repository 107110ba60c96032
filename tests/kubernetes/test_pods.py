from __future__ import annotations

import json
import subprocess
import urllib.request
from typing import Any

import pytest

from lab import kubectl
from lab.images import Style
from lab.kubectl import Refused

_TMPFS = "0x1021994"
_SHM = "/dev/shm"  # noqa: S108 (where vLLM wants it)


@pytest.mark.parametrize(
    ("style", "args"), [(Style.MODULE, ["--model", "m", "--enforce-eager"]), (Style.SERVE, ["m", "--enforce-eager"])]
)
def test_logs_tell_the_arguments(here: Any, style: Style, args: list[str]) -> None:
    """Arguments reach a server of either official entry point, and ``logs`` shows what it printed."""
    here.pod("server", here.image(style=style), container={"args": args})
    here.ready("server")

    assert " ".join(args) in here.say("logs", "server")


def test_exec_runs_in_the_container(here: Any) -> None:
    """``exec`` reaches the container's own server on its loopback interface."""
    here.pod("server", here.image(), container={"args": ["--model", "m"]})
    here.ready("server")

    said = here.say("exec", "server", "--", "probe", "get", "http://127.0.0.1:8000/v1/models")

    status, _, body = said.partition(" ")
    assert (status, json.loads(body)["data"][0]["id"]) == ("200", "m")


def test_previous_logs_hold_the_reason(here: Any) -> None:
    """``logs --previous`` shows what a container that was started again had printed."""
    here.pod("server", here.image(exit_code=3, exit_log="RuntimeError: Error 804"))

    # The kubelet removes all but the last dead container before the API server knows: a look may come in between.
    told = ("logs", "--previous", "server")
    pod = here.until(lambda pod: restarted(pod) and "Error 804" in here.say(*told), "pod", "server")

    assert pod["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 3


def test_port_forward_reaches_the_server(here: Any, cluster: Any) -> None:
    """``port-forward`` brings a port of the pod to the host."""
    here.pod("server", here.image())
    here.ready("server")
    argv = cluster.kubectl_argv("-n", here.name, "port-forward", "pod/server", ":8000")

    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, env=kubectl.environment()) as forwarding:
        try:
            place = forwarding.stdout.readline().split()[2]
            status = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(f"http://{place}/health").status
        finally:
            forwarding.terminate()

    assert status == 200


def test_server_side_dry_run_judges_and_changes_nothing(here: Any) -> None:
    """``--dry-run=server`` passes what is right, refuses what is wrong, and leaves nothing behind."""
    say = ("create", "deployment", "server", "--image=x", "--dry-run=server")

    assert "created (server dry run)" in here.say(*say)
    with pytest.raises(Refused, match=r"spec.replicas.*must be greater than or equal to 0"):
        here.say(*say, "--replicas=-2")
    assert here.get("deployments")["items"] == []


def test_a_host_path_outlives_a_pod(here: Any) -> None:
    """What one pod writes to a hostPath the next pod finds, as the operator's model cache."""
    volume = [{"name": "cache", "hostPath": {"path": f"/var/lib/vllm/{here.name}", "type": "DirectoryOrCreate"}}]
    mount = {"volumeMounts": [{"name": "cache", "mountPath": "/cache"}]}
    image = here.image()
    for name in ("first", "second"):
        here.pod(name, image, volumes=volume, container=mount)
        here.ready(name)
        if name == "first":
            here.say("exec", "first", "--", "probe", "write", "/cache/model", "weights")
            here.say("delete", "pod", "first")

    assert here.say("exec", "second", "--", "probe", "read", "/cache/model").strip() == "weights"


def test_a_memory_empty_dir_is_memory(here: Any) -> None:
    """``emptyDir`` with medium Memory at /dev/shm is a tmpfs."""
    volume = [{"name": "shm", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}]
    here.pod("server", here.image(), volumes=volume, container={"volumeMounts": [{"name": "shm", "mountPath": _SHM}]})
    here.ready("server")

    assert here.say("exec", "server", "--", "probe", "type", _SHM).strip() == _TMPFS


def test_a_slow_server_is_not_ready_before_it_serves(here: Any) -> None:
    """A startup probe holds readiness back while the server loads, without a restart."""
    probe = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1, "failureThreshold": 300}
    here.pod("server", here.image(load_until="/go"), container={"startupProbe": probe})

    loading = here.until(
        lambda pod: pod["status"].get("containerStatuses", [{}])[0].get("state", {}).get("running"), "pod", "server"
    )
    here.say("exec", "server", "--", "probe", "write", "/go", "now")
    ready = here.ready("server")

    assert loading["status"]["containerStatuses"][0]["started"] is False
    assert ready["status"]["containerStatuses"][0]["restartCount"] == 0


def test_a_liveness_probe_restarts_a_dead_server(here: Any) -> None:
    """A server that never opens its port is started again once liveness gave up."""
    probe = {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1, "failureThreshold": 1}
    here.pod("server", here.image(load_seconds=600), container={"livenessProbe": probe})

    here.until(restarted, "pod", "server")

    events = here.get("events", "--field-selector=reason=Unhealthy")["items"]
    assert any("Liveness probe failed" in event["message"] for event in events)


def test_a_server_that_crashes_under_load_is_restarted(here: Any) -> None:
    """A crash after so many requests ends the container with exit code 1 and its log, and it starts again."""
    here.pod("server", here.image(crash_after=1, crash_log="EngineDeadError"), container={"args": ["--model", "m"]})
    here.ready("server")
    ask = ("exec", "server", "--", "probe", "post", "http://127.0.0.1:8000/v1/completions", '{"model": "m"}')

    first = here.say(*ask)
    with pytest.raises(Refused):
        here.say(*ask)
    here.until(restarted, "pod", "server")

    assert first.startswith("200")
    assert "EngineDeadError" in here.say("logs", "--previous", "server")


def test_a_lease_is_taken_once(here: Any) -> None:
    """A Lease can be created by one and not again by another, and names its holder."""
    lease = {
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "vllm-qualify"},
        "spec": {"holderIdentity": "me", "leaseDurationSeconds": 30},
    }
    here.apply(lease)

    with pytest.raises(Refused, match="AlreadyExists"):
        kubectl.call(here.cluster.kubectl_argv("create", "-f", "-"), stdin=json.dumps(lease))
    assert here.get("lease", "vllm-qualify")["spec"]["holderIdentity"] == "me"


def restarted(pod: dict[str, Any]) -> bool:
    """Whether the only container was started again and the kubelet says so."""
    statuses = pod["status"].get("containerStatuses", [{}])
    return bool(statuses[0].get("restartCount", 0) and statuses[0].get("lastState"))
