"""``vllm-qualify preflight`` on the labels of a real node."""

from __future__ import annotations

import json
import os
import subprocess
import sys

from lab.manager import LabManager

IMAGE = "vllm/vllm-openai:v0.12.0"


def preflight(lab: LabManager, *words: str) -> subprocess.CompletedProcess[str]:
    """What it says, with the lab's kubectl and kubeconfig."""
    path = f"{lab.lab.programs}:{os.environ['PATH']}"
    env = os.environ | {"KUBECONFIG": str(lab.kubeconfig), "NO_PROXY": "*", "PATH": path}
    command = [sys.executable, "-m", "vllm_qualify", "preflight", IMAGE, "--context", f"lab-{lab.lab.name}", *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_the_labels_of_the_only_gpu_node(lab: LabManager) -> None:
    """GPU, driver, memory and capability come from the labels, and what they do not tell is completed by options."""
    ended = preflight(lab, "--toolkit", "1.18.0", "--format", "json")

    found = json.loads(ended.stdout)
    assert (ended.returncode, found["verdict"]) == (1, "needs-override")
    node = {name: found["node"][name] for name in ("gpu", "driver", "memory_mib", "compute_capability", "assumed")}
    assert node == {
        "gpu": "NVIDIA-GeForce-RTX-3060",
        "driver": "570.195.03",
        "memory_mib": 12288,
        "compute_capability": "8.6",
        "assumed": [],
    }


def test_a_node_that_is_not_there(lab: LabManager) -> None:
    """The API server's answer becomes one line."""
    ended = preflight(lab, "--node", "nobody")

    assert ended.returncode == 4
    assert ended.stderr.splitlines() == [line for line in ended.stderr.splitlines() if "has no node nobody" in line]
