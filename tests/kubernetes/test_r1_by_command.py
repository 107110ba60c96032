from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes.home_lab import HomeLab, Run

NAMES = ("deployment.yaml", "deployment-r1.yaml")
CASES = ("same-manifests", "switch", "says-r1", "models", "reasons", "streams-reasoning", "switch-back", "says-ml")
# A tag of its own: what another test put under one is still on the node.
_TAG = "v0.8.5.post1-gpu-mode"


@pytest.fixture(scope="module")
def copies(home_lab: HomeLab) -> Path:
    """The folder on the GPU worker from which the command takes its manifests; the settings name it."""
    folder = home_lab.folder / "etc-gpu-mode"
    folder.mkdir()
    for name in NAMES:
        shutil.copy(home_lab.manifests / name, folder)
    settings = home_lab.folder / "qualify.toml"
    script = home_lab.folder / "scripts" / "gpu-worker" / "gpu-mode"
    settings.write_text(f'{settings.read_text()}\n[gpu_mode]\ncommand = ["{script}"]\nfolder = "{folder}"\n')
    home_lab.candidate(_TAG, SCRIPTED_VERSION="0.8.5.post1")
    return folder


def qualify(home_lab: HomeLab, copies: Path, cases: str, **more: str) -> Run:
    """Run some cases with the lab's kubectl in the hands of gpu-mode."""
    env = {"GPU_MODE_FOLDER": str(copies), "KUBECTL": " ".join(home_lab.cluster.kubectl_argv())} | more
    return home_lab.qualify("--image", f"vllm/vllm-openai:{_TAG}", "-k", f"{cases} or put_back", **env)


def steps(run: Run) -> list[str]:
    """What the run did to production."""
    return [event["what"] for event in run.events() if event["type"] == "step" and event["phase"] != "command"]


def test_the_command_switches_both_ways_and_production_is_back(home_lab: HomeLab, copies: Path) -> None:
    """R1 passes by the operator's own command, which says itself what it switched to, and nothing differs after it."""
    before = home_lab.snapshot()

    run = qualify(home_lab, copies, "r1_mode")

    outcomes = {case["id"]: (case["outcome"], case["message"]) for case in run.candidate(_TAG)["cases"]}
    assert {name: outcomes[f"R1/{name}"][0] for name in CASES} == dict.fromkeys(CASES, "passed"), outcomes
    assert outcomes["R1/says-r1"][1] == "gpu-mode status says r1"
    assert "run the operator's command to switch to Deployment vllm-r1" in steps(run)
    assert not any(step.startswith("apply Deployment") for step in steps(run))
    assert home_lab.snapshot() == before
    assert home_lab.leftovers() == []


def test_a_stale_copy_fails_and_is_shown(home_lab: HomeLab, copies: Path) -> None:
    """The drift of the story: the copy still has the old model, so R1 fails with both lines and what to copy where."""
    stale = copies / "deployment.yaml"
    right = stale.read_text()
    stale.write_text(right.replace("Qwen/Qwen3-8B-AWQ", "Qwen/Qwen2.5-7B-Instruct-AWQ"))

    run = qualify(home_lab, copies, "same_manifests")
    stale.write_text(right)

    case: dict[str, Any] = run.case(_TAG, "R1/same-manifests")
    assert run.code == 1
    assert case["outcome"] == "failed"
    line = right.splitlines().index("            - Qwen/Qwen3-8B-AWQ") + 1
    assert f"{stale}:{line}: it has '- Qwen/Qwen2.5-7B-Instruct-AWQ'" in case["message"]
    assert "where the repository's file has '- Qwen/Qwen3-8B-AWQ'" in case["message"]
    assert "gpu-mode/stale-copy" in [found["id"] for event in run.events() for found in event.get("findings", ())]


def test_a_command_that_does_not_answer_is_told_before_production_is_touched(home_lab: HomeLab, copies: Path) -> None:
    """Without its folder the command fails while production still serves, so the run does not begin."""
    before = home_lab.snapshot()

    run = qualify(home_lab, copies, "r1_mode", GPU_MODE_FOLDER=str(copies / "gone"))

    assert run.code == 10, run.said
    assert "gpu-mode/answers" in run.said
    assert "gone/deployment.yaml; copy it there" in " ".join(run.said.split())
    assert home_lab.snapshot() == before
    assert home_lab.leftovers() == []


def test_a_dry_run_shows_the_commands(home_lab: HomeLab, copies: Path) -> None:
    """Each switch is a command line to copy, in the order ml, r1, ml."""
    env = {"GPU_MODE_FOLDER": str(copies), "KUBECTL": " ".join(home_lab.cluster.kubectl_argv())}
    script = home_lab.folder / "scripts" / "gpu-worker" / "gpu-mode"

    run = home_lab.qualify("--image", f"vllm/vllm-openai:{_TAG}", "--dry-run", **env)

    shown = [line for line in run.said.splitlines() if line.startswith(str(script))]
    assert shown == [f"{script} {mode} --image vllm/vllm-openai:{_TAG}" for mode in ("ml", "r1", "ml")]
