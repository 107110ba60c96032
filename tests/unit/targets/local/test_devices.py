"""What local engines run on, and what is told of it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.gpu.reading import Gpu, GpuReading
from vllm_qualify.targets.local import devices
from vllm_qualify.targets.local.devices import Device, NoGpu, Wish

SMALL, LARGE = (
    Gpu(index=0, name="NVIDIA GeForce RTX 3060", uuid="GPU-aa11", driver="570.195.03", memory_total_mib=12288),
    Gpu(index=1, name="NVIDIA H200", uuid="GPU-bb22", driver="570.195.03", memory_total_mib=143771),
)
BOTH = GpuReading(gpus=(SMALL, LARGE), source="nvml")
NONE = GpuReading(problem="no NVIDIA driver (libnvidia-ml not found)")


@pytest.mark.parametrize(
    ("visible", "used"),
    [
        (None, SMALL),
        ("0", SMALL),
        ("1", LARGE),
        ("1,0", LARGE),
        (" 1 , 0", LARGE),
        ("GPU-bb", LARGE),
        ("MIG-1234", SMALL),
        ("", None),
        ("-1", None),
        ("7", None),
        ("GPU-cc", None),
        ("NoDevFiles", None),
    ],
)
def test_what_cuda_is_told_to_see_is_what_an_engine_uses(visible: str | None, used: Gpu | None) -> None:
    """The first of a list, by index or by the beginning of a UUID; what hides all of them leaves the CPU."""
    found = devices.chosen("auto", BOTH, visible=visible)

    assert found.gpu == used
    assert ("GPU that NVML shows" in found.why) is (used is not None)


@pytest.mark.parametrize("reading", [BOTH, NONE], ids=["gpu", "no-gpu"])
def test_the_cpu_is_taken_where_it_is_asked_for(reading: GpuReading) -> None:
    """Whatever NVML shows."""
    found = devices.chosen("cpu", reading)

    assert (found.gpu, found.why) == (None, "local engines run on the CPU, as asked for: CPU builds stand in")


def test_why_there_is_no_gpu_is_said() -> None:
    """In the words of whoever looked."""
    assert devices.chosen("auto", NONE).why == (
        "local engines run on the CPU, as CPU builds: no NVIDIA driver (libnvidia-ml not found)"
    )


@pytest.mark.parametrize(
    ("reading", "visible", "said"),
    [(NONE, None, "no NVIDIA driver"), (BOTH, "", "CUDA_VISIBLE_DEVICES= shows an engine none of this machine's GPUs")],
    ids=["no-gpu", "hidden"],
)
def test_nothing_stands_in_for_a_gpu_that_was_asked_for(reading: GpuReading, visible: str | None, said: str) -> None:
    """The run ends, with the reason."""
    with pytest.raises(NoGpu, match=rf"^--device gpu: {re.escape(said)}.*; repair that, or leave the option out"):
        devices.chosen("gpu", reading, visible=visible)


def test_a_look_at_all_gpus_is_narrowed_to_the_one_that_is_used() -> None:
    """Another's memory is nobody's use here."""
    found = devices.chosen("auto", BOTH, visible="1").of(BOTH)

    assert found.gpus == (LARGE,)


def test_a_gpu_that_went_away_is_a_problem() -> None:
    """It is told, not taken for unused memory."""
    found = Device(gpu=LARGE, why="").of(GpuReading(gpus=(SMALL,), source="nvml"))

    assert found.problem == "NVIDIA H200, on which the engine runs, is no longer shown"


@given(
    wish=st.sampled_from(["auto", "cpu"]),
    reading=st.sampled_from([BOTH, NONE]),
    visible=st.none() | st.text(alphabet="01-,GPUMIGab "),
)
def test_every_choice_is_told_in_one_line(wish: Wish, reading: GpuReading, visible: str | None) -> None:
    """Whatever is set."""
    assert "\n" not in devices.chosen(wish, reading, visible=visible).why
