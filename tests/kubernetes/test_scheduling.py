from __future__ import annotations

import time
from typing import Any

import psutil
import pytest


def test_the_node_is_the_operators(lab: Any) -> None:
    """The one node has the operator's name, the labels of GPU feature discovery, and one GPU."""
    (node,) = lab.kubectl(["get", "nodes"])["items"]

    assert node["metadata"]["name"] == "k3s-gpu-worker"
    assert node["metadata"]["labels"]["nvidia.com/gpu.product"] == "NVIDIA-GeForce-RTX-3060"
    assert node["status"]["allocatable"]["nvidia.com/gpu"] == "1"


def test_a_second_gpu_pod_waits_for_the_first(here: Any) -> None:
    """The GPU is exclusive: a second pod stays Pending, with the scheduler's own words, until the first is gone."""
    image = here.image()
    here.pod("first", image, gpus=1)
    here.ready("first")
    here.pod("second", image, gpus=1)

    waiting = here.until(lambda pod: pod["status"].get("conditions"), "pod", "second")
    here.say("delete", "pod", "first")

    assert waiting["status"]["phase"] == "Pending"
    assert "Insufficient nvidia.com/gpu" in waiting["status"]["conditions"][0]["message"]
    here.ready("second")


def test_recreate_waits_for_the_old_pod(here: Any) -> None:
    """Under Recreate the new pod does not exist before the old one, slow to end, is gone."""
    here.apply(deployment(here.image(stop_seconds=3)))
    old = here.until(ready_pods, "pods", "-l", "app=server")["items"][0]
    here.say("set", "image", "deployment/server", f"vllm={here.image()}")

    seen: set[tuple[str, ...]] = set()
    deadline = time.monotonic() + 300
    while not any(old["metadata"]["name"] not in names and names for names in seen) and time.monotonic() < deadline:
        seen.add(tuple(sorted(pod["metadata"]["name"] for pod in here.get("pods", "-l", "app=server")["items"])))

    assert {len(names) for names in seen} <= {0, 1}
    assert (old["metadata"]["name"],) in seen
    assert len({names for names in seen if names}) == 2


def test_the_gpu_survives_a_kubelet_restart(lab: Any, here: Any) -> None:
    """After the kubelet died and came back the node is ready, counts one GPU, and the pod on it never stopped."""
    here.pod("server", here.image(), gpus=1)
    before = here.ready("server")["status"]["containerStatuses"][0]["containerID"]
    killed = kubelet_of(lab)
    killed.kill()

    here.until(lambda _: kubelet_of(lab) not in {None, killed}, "pod", "server")
    here.until(lambda node: node["status"]["allocatable"].get("nvidia.com/gpu") == "1", "node", "k3s-gpu-worker")
    here.pod("second", here.image(), gpus=1)
    waiting = here.until(lambda pod: pod["status"].get("conditions"), "pod", "second")

    assert "Insufficient nvidia.com/gpu" in waiting["status"]["conditions"][0]["message"]
    assert here.ready("server")["status"]["containerStatuses"][0]["containerID"] == before
    here.say("delete", "pod", "server")
    here.ready("second")


def test_a_pod_that_takes_too_much_memory_is_killed(here: Any) -> None:
    """The limit of a container is enforced by the kernel and told as OOMKilled."""
    limits = {"resources": {"limits": {"memory": "64Mi"}}}
    here.pod("hog", here.image(memory_mib=256), container=limits, restartPolicy="Never")

    ended = here.until(lambda pod: pod["status"]["phase"] == "Failed", "pod", "hog")

    assert ended["status"]["containerStatuses"][0]["state"]["terminated"]["reason"] == "OOMKilled"


@pytest.mark.parametrize("name", ["vllm/vllm-openai:never-pushed", "ghcr.io/someone/else:1"])
def test_an_unknown_image_is_not_fetched_from_anywhere_else(lab: Any, here: Any, name: str) -> None:
    """Public names are answered by the lab's registry alone; what it lacks fails as it does in production."""
    del lab
    here.pod("lost", name)

    pod = here.until(lambda pod: reason_of(pod) in {"ErrImagePull", "ImagePullBackOff"}, "pod", "lost")

    assert "not found" in pod["status"]["containerStatuses"][0]["state"]["waiting"]["message"]


def deployment(image: str) -> dict[str, Any]:
    """A Deployment as the operator's: one replica, Recreate, the GPU."""
    container = {"name": "vllm", "image": image, "resources": {"limits": {"nvidia.com/gpu": 1}}}
    labels = {"app": "server"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "server"},
        "spec": {
            "strategy": {"type": "Recreate"},
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def ready_pods(pods: dict[str, Any]) -> bool:
    """Whether every pod of a list, which is not empty, is ready."""
    found = [one for pod in pods["items"] for one in pod["status"].get("conditions", []) if one["type"] == "Ready"]
    return bool(found) and all(one["status"] == "True" for one in found)


def kubelet_of(lab: Any) -> psutil.Process | None:
    """The kubelet of this lab, and no other process of that name."""
    for process in psutil.process_iter():
        try:
            if process.name() == "kubelet" and process.cwd() == str(lab.lab.folder):
                return process
        except psutil.Error:
            continue
    return None


def reason_of(pod: dict[str, Any]) -> str:
    """Why the only container of a pod waits."""
    statuses = pod["status"].get("containerStatuses", [{}])
    return str(statuses[0].get("state", {}).get("waiting", {}).get("reason", ""))
