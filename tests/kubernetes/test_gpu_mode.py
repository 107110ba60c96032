"""The operator's gpu-mode on a real cluster with one GPU."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab import kubectl
from vllm_qualify.config import GpuMode
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.gpu import mode_command
from vllm_qualify.gpu.mode_command import SwitchFailed

SCRIPT = HOME_LAB / "scripts" / "gpu-worker" / "gpu-mode"
NAMES = ("deployment.yaml", "deployment-r1.yaml")


@pytest.fixture
def folder(here: Any, tmp_path: Path) -> Path:
    """The operator's two manifests for this test's namespace, which serve at once."""
    for name in NAMES:
        text = (HOME_LAB / "applications" / "vllm" / name).read_text()
        text = text.replace("namespace: ml", f"namespace: {here.name}").replace(
            "type: Directory\n", "type: DirectoryOrCreate\n"
        )
        text = text.replace("initialDelaySeconds: 90", "initialDelaySeconds: 0").replace(
            "vllm/vllm-openai:v0.5.5", here.image()
        )
        text = text.replace("memory: 8Gi", "memory: 16Mi").replace('cpu: "2"', "cpu: 10m")
        (tmp_path / name).write_text(text.replace("periodSeconds: 10", "periodSeconds: 1"))
    return tmp_path


@pytest.fixture
def settings(folder: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch) -> GpuMode:
    """The command as ``qualify.toml`` has it, on the lab's own kubectl."""
    # Words separated by spaces, so a path with one would need a wrapper.
    for name, value in (kubectl.environment() | {"KUBECTL": " ".join(cluster.kubectl_argv())}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("GPU_MODE_FOLDER", str(folder))
    return GpuMode(command=(str(SCRIPT),), folder=str(folder), deadline_seconds=120.0)


@pytest.fixture
def ready(here: Any) -> Callable[[str], Any]:
    """Waits for a Deployment to serve."""
    return lambda name: here.until(lambda one: one.get("status", {}).get("readyReplicas"), "deployment", name)


def test_before_anything_is_applied_nothing_serves(settings: GpuMode) -> None:
    """Without Deployments the mode is none, and no image is named."""
    found = mode_command.status(settings)

    assert found.mode == "none"
    assert (found.ml.image, found.r1.replicas) == ("", 0)


def test_one_mode_takes_the_others_place_and_back(settings: GpuMode, ready: Any) -> None:
    """The one GPU is free before the other mode asks for it, both ways, and a second call changes nothing."""
    for mode, name, other in (("ml", "vllm-server", "r1"), ("r1", "vllm-r1", "ml"), ("ml", "vllm-server", "r1")):
        mode_command.switch(settings, mode)
        generation = ready(name)["metadata"]["generation"]

        mode_command.switch(settings, mode)

        found = mode_command.status(settings)
        assert found.mode == mode
        assert (getattr(found, mode).ready, getattr(found, other).pods) == (1, 0)
        assert ready(name)["metadata"]["generation"] == generation


def test_a_candidate_runs_in_both_modes(settings: GpuMode, here: Any, ready: Any, folder: Path) -> None:
    """--image changes the image of that one start, and the copies in the folder stay as they are."""
    before = {name: (folder / name).read_text() for name in NAMES}
    candidate = here.image()

    mode_command.switch(settings, "r1", candidate)
    pod = ready("vllm-r1")["spec"]["template"]["spec"]

    assert [one["image"] for one in pod["containers"]] == [candidate]
    assert mode_command.status(settings).r1.image == candidate
    assert mode_command.copies(settings, NAMES) == before


def test_what_the_server_refuses_does_not_cost_the_mode_that_serves(
    settings: GpuMode, ready: Any, folder: Path
) -> None:
    """A copy with a slip in it is refused before the other mode is scaled down."""
    mode_command.switch(settings, "ml")
    ready("vllm-server")
    path = folder / "deployment-r1.yaml"
    path.write_text(path.read_text().replace("name: vllm-r1", "name: vllm_r1"))

    with pytest.raises(SwitchFailed, match="vllm_r1"):
        mode_command.switch(settings, "r1")

    assert mode_command.status(settings).ml.ready == 1


def test_a_pod_that_does_not_end_is_named(
    settings: GpuMode, here: Any, ready: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the GPU is held the other mode is not started; the message says by whom."""
    slow = here.image(stop_seconds=6)
    mode_command.switch(settings, "ml", slow)
    ready("vllm-server")
    monkeypatch.setenv("GPU_MODE_WAIT_SECONDS", "1")

    with pytest.raises(SwitchFailed, match=r"pod/vllm-server-\S+ did not end within 1 s, so the GPU is not free"):
        mode_command.switch(settings, "r1")

    assert mode_command.status(settings).mode == "none"


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("", 2, "usage:"),
        ("ml --image", 2, "usage:"),
        ("status --image x:y", 2, "usage:"),
        ("r2", 2, "usage:"),
        ("ml --image 'x y'", 1, "x y is not an image reference"),
    ],
)
def test_a_slip_of_the_hand_changes_nothing(settings: GpuMode, arguments: str, code: int, said: str) -> None:
    """Wrong words are refused before the cluster is asked for anything."""
    argv = [*settings.command, *shlex.split(arguments)]

    done = subprocess.run(argv, capture_output=True, text=True, check=False)

    assert (done.returncode, said in done.stderr) == (code, True)
    assert mode_command.status(settings).mode == "none"


def test_a_folder_without_manifests_is_named(
    settings: GpuMode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message says what to copy where."""
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("GPU_MODE_FOLDER", str(empty))

    with pytest.raises(SwitchFailed, match=r"there is no \S+/empty/deployment.yaml; copy it there"):
        mode_command.switch(settings, "ml")


def test_the_script_is_executable() -> None:
    """Who checks out the repository can run it."""
    assert os.access(SCRIPT, os.X_OK)
