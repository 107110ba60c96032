"""How a mode is started on this machine, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from vllm_qualify.config import Local, Settings
from vllm_qualify.core import images
from vllm_qualify.gpu.reading import Gpu
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.local import build_choice
from vllm_qualify.targets.local.devices import Device
from vllm_qualify.targets.local.launch import LocalLaunch

TOOLS = "--enable-auto-tool-choice --tool-call-parser hermes"
CPU = Device()
GPU = Device(
    gpu=Gpu(index=0, name="NVIDIA H200", driver="580.159.04", memory_total_mib=143771, memory_used_mib=3), why=""
)


def launch(device: Device, tag: str = "v0.20.2", **local: str) -> LocalLaunch:
    """A candidate with the manifests of the example folder."""
    image, settings = images.parse(f"vllm/vllm-openai:{tag}"), Settings(local=replace(Local(), **local))  # type: ignore[arg-type]  # Literals.
    plan = build_choice.of(image, settings.local, gpu=device.gpu is not None)
    return LocalLaunch(image=image, settings=settings, plan=plan, device=device)


def words(made: LocalLaunch, mode: Mode = Mode.ML) -> str:
    """The command line behind the canary."""
    return " ".join(made.argv(mode, python=Path("python"), port=8000)).partition("--port 8000")[2].strip()


def test_a_gpu_takes_the_operator_s_own_arguments() -> None:
    """All but what belongs to the model that the canary takes the place of."""
    assert words(launch(GPU)) == f"--enforce-eager --gpu-memory-utilization 0.90 --max-model-len 8192 {TOOLS}"


def test_a_cpu_build_takes_what_needs_no_gpu() -> None:
    """With the number format of this machine."""
    assert words(launch(CPU)) == f"--dtype float32 --enforce-eager --max-model-len 8192 {TOOLS}"


@pytest.mark.parametrize("device", [CPU, GPU], ids=["cpu", "gpu"])
def test_a_number_format_that_was_set_counts_on_both(device: Device) -> None:
    """Once, and it is told."""
    made = launch(device, dtype="bfloat16")

    assert words(made).count("--dtype") == 1
    assert words(made).startswith("--dtype bfloat16")
    assert made.description().facts["dtype"] == "bfloat16"


def test_the_reasoning_parser_is_switched_on_on_a_gpu_too() -> None:
    """The reasoning mode of the example folder names one."""
    assert "--reasoning-parser deepseek_r1" in words(launch(GPU), Mode.R1)


def test_the_parser_of_tool_calls_is_known_by_what_is_started() -> None:
    """It decides whether calls are asked for at all; the canary of the reasoning mode knows no tools."""
    made = launch(CPU)

    assert made.tool_parser(Mode.ML) == "hermes"
    assert made.tool_parser(Mode.R1) == ""
    assert TOOLS not in words(made, Mode.R1)


def test_a_run_on_a_gpu_says_what_it_ran_on() -> None:
    """The card, its driver, what was in use before, where the versions come from, and what was left out."""
    facts = launch(GPU).description().facts

    assert facts["GPU"] == "NVIDIA H200, driver 580.159.04, 3 MiB in use before the run"
    assert facts["requirements"] == "the lock file vllm-0.20.2.txt"
    assert "--quantization awq_marlin" in facts["left out of the ml mode"]


def test_a_release_without_a_lock_says_as_of_which_day_it_was_resolved() -> None:
    """It may come out otherwise another day, should a package be withdrawn."""
    assert launch(GPU, "v0.9.2").description().facts["requirements"] == (
        "resolved as of 2025-07-22, without a lock file that ships"
    )


def test_a_run_on_the_cpu_says_nothing_of_a_gpu() -> None:
    """As ever."""
    assert {"GPU", "requirements"} & launch(CPU).description().facts.keys() == set()


@pytest.mark.parametrize("device", [CPU, GPU], ids=["cpu", "gpu"])
def test_what_nothing_can_stand_in_for_has_an_obstacle(device: Device) -> None:
    """And no stand-in."""
    made = launch(device, "latest").description()

    assert "names no vLLM release" in made.obstacle
    assert made.stand_in is None
