"""A verdict from a whole run, asked about later: it holds until a fact changes, and the fact is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from tests.plugin.conftest import ROOT, Qualify
from vllm_qualify.core.fact_names import ARGUMENTS
from vllm_qualify.targets.local.kind import LocalKind

IMAGE = "vllm/vllm-openai:v0.15.1"
SETTINGS = '[modes.ml]\nmanifest = "deployment.yaml"\n[local]\ndevice = "cpu"\n'

Status = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture(autouse=True)
def _lab(checkout: pytest.Pytester) -> None:
    """Settings of their own, with a manifest that can be edited."""
    shutil.copy(ROOT / "examples" / "home-lab" / "applications" / "vllm" / "deployment.yaml", checkout.path)
    (checkout.path / "qualify.toml").write_text(SETTINGS)


@pytest.fixture
def status(checkout: pytest.Pytester) -> Status:
    """Ask in that folder; the exit code and the documents."""

    def ask(*words: str) -> tuple[int, list[dict[str, Any]]]:
        argv = [sys.executable, "-m", "vllm_qualify", "status", "--format", "json", *words]
        done = subprocess.run(argv, cwd=checkout.path, capture_output=True, text=True, check=False)
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    return ask


def test_a_verdict_holds_until_an_argument_changes(
    qualify: Qualify, status: Status, checkout: pytest.Pytester, matrix: Callable[[], dict[str, Any]]
) -> None:
    """The run records every fact that a verdict of its target holds for, and no answer of a registry is needed."""
    qualify("--image", IMAGE, "--target", "local")
    (candidate,) = matrix()["candidates"]

    code, (before,) = status(IMAGE)
    manifest = checkout.path / "deployment.yaml"
    manifest.write_text(manifest.read_text().replace("8192", "4096", 1))
    _, (after,) = status(IMAGE)

    assert before["standing"] == "holds"
    assert set(before["holds_for"]) == set(LocalKind.holds_for)
    assert before["verdict"] == candidate["verdict"]
    assert code == (0 if candidate["verdict"].startswith("qualified") else 10)
    assert (after["standing"], [one["fact"] for one in after["changed"]]) == ("expired", [ARGUMENTS])
    assert "4096" in after["changed"][0]["now"]
