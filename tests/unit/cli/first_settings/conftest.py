"""Folders of operators, on a machine that has neither a cluster, nor a container engine, nor a GPU."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from vllm_qualify import cli
from vllm_qualify.core.shipped import HOME_LAB

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: NAME, namespace: llm}
spec:
  replicas: 1
  template:
    metadata: {labels: {app: NAME}}
    spec:
      containers:
        - name: server
          image: vllm/vllm-openai:v0.10.2
          args: [--model, Qwen/Qwen3-8B]
          resources: {limits: {nvidia.com/gpu: 1}}
"""


def deployment(name: str, model: str = "Qwen/Qwen3-8B") -> str:
    """A manifest of a Deployment that runs vLLM."""
    return DEPLOYMENT.replace("NAME", name).replace("Qwen/Qwen3-8B", model)


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No program of an engine or a cluster on the PATH, and no kubeconfig."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder of an operator."""
    made = tmp_path / "operator"
    made.mkdir()
    return made


@pytest.fixture
def home_lab(folder: Path) -> Path:
    """The example, copied elsewhere without its settings."""
    shutil.copytree(HOME_LAB, folder, dirs_exist_ok=True)
    (folder / "qualify.toml").unlink()
    return folder


@pytest.fixture
def written(folder: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[], tuple[str, str, str]]:
    """Run the command on the folder: the file, and what was said on both streams."""

    def run() -> tuple[str, str, str]:
        assert cli.main(["init", str(folder)]) == 0
        told = capsys.readouterr()
        return (folder / "qualify.toml").read_text(), told.out, told.err

    return run
