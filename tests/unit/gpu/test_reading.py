"""The answers of NVML and nvidia-smi become readings, or sentences that say why not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.gpu import reading as gpu
from vllm_qualify.gpu.reading import Gpu, GpuReading

RTX_3060 = Gpu(
    index=0,
    name="NVIDIA GeForce RTX 3060",
    uuid="GPU-3060",
    driver="570.195.03",
    memory_total_mib=12288,
    memory_used_mib=10820,
    compute_capability="8.6",
)
SMI = "0, NVIDIA GeForce RTX 3060, GPU-3060, 570.195.03, 12288, 10820, 8.6\n"


def seen(**changes: Any) -> dict[str, Any]:
    """One GPU as the script tells it."""
    return {
        "index": 0,
        "name": "NVIDIA GeForce RTX 3060",
        "uuid": "GPU-3060",
        "total": 12288 << 20,
        "used": 10820 << 20,
        "capability": "8.6",
    } | changes


def test_a_reading_has_gpus_or_a_problem_and_never_both() -> None:
    """Whoever reads it need not think of a third case."""
    with pytest.raises(ValueError, match="either GPUs or a problem"):
        GpuReading()
    with pytest.raises(ValueError, match="either GPUs or a problem"):
        GpuReading(gpus=(RTX_3060,), problem="lost")


def test_what_the_script_saw_becomes_a_reading() -> None:
    """Bytes become MiB, CUDA's number its version."""
    document = {"binding": "x", "driver": "570.195.03", "cuda": 12080, "gpus": [seen()]}

    reading = gpu.from_nvml(document)

    assert (reading.source, reading.cuda, reading.problem) == ("nvml", "12.8", "")
    assert (reading.gpus[0].memory_total_mib, reading.gpus[0].memory_used_mib) == (12288, 10820)


def test_a_gpu_that_does_not_tell_its_memory_is_still_named() -> None:
    """The reading has the GPU, and says that its memory is not told."""
    document = {"binding": "x", "driver": "580", "cuda": None, "gpus": [seen(total=None, used=None)]}

    reading = gpu.from_nvml(document)

    assert (reading.gpus[0].name, reading.cuda) == ("NVIDIA GeForce RTX 3060", "")
    assert reading.memory_problem == gpu.NO_MEMORY


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"error": {"code": 18, "text": ""}}, "reboot the node"),
        ({"error": {"code": 15, "text": ""}}, "the GPU is lost"),
        ({"error": {"code": 12, "text": ""}}, "no NVIDIA driver (libnvidia-ml not found)"),
        ({"error": {"code": 4, "text": ""}}, "no permission"),
        ({"error": {"code": 9, "text": ""}}, "not loaded"),
        ({"error": {"code": 999, "text": ""}}, "daemon-reload"),
        ({"error": {"code": 23, "text": "Insufficient Resources"}}, "NVML does not answer (Insufficient Resources)"),
        ({"binding": None}, gpu.NO_BINDING),
        ({"binding": "x", "driver": "570", "cuda": 1, "gpus": []}, gpu.NO_DEVICE),
    ],
)
def test_errors_of_nvml_become_sentences(document: dict[str, Any], said: str) -> None:
    """A sentence of ours for what an operator can mend, NVML's own words for the rest."""
    assert said in gpu.from_nvml(document).problem


def test_nvidia_smi_asks_for_what_is_read() -> None:
    """As many fields as the parser expects, without units, header or shell."""
    program, query, form = gpu.smi_command()

    assert (program, form) == ("nvidia-smi", "--format=csv,noheader,nounits")
    assert len(query.split(",")) == len(SMI.split(", "))


def test_nvidia_smi_tells_the_same_as_nvml() -> None:
    """But for the CUDA version, which it does not print in this form."""
    assert gpu.parse_smi(SMI) == GpuReading(gpus=(RTX_3060,), source="nvidia-smi")


@pytest.mark.parametrize("word", ["[N/A]", "[Not Supported]", "[Insufficient Permissions]"])
def test_a_field_that_nvidia_smi_does_not_know_is_left_open(word: str) -> None:
    """A DGX Spark tells its name and not its memory."""
    reading = gpu.parse_smi(f"0, NVIDIA GB10, GPU-1, 580.95.05, {word}, {word}, {word}\n")

    assert reading.gpus == (Gpu(index=0, name="NVIDIA GB10", uuid="GPU-1", driver="580.95.05"),)
    assert reading.memory_problem == gpu.NO_MEMORY


@pytest.mark.parametrize(
    ("stdout", "stderr", "said"),
    [
        ("NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure", "", "not loaded"),
        ("Failed to initialize NVML: Driver/library version mismatch\nNVML library version: 570.195", "", "reboot"),
        ("Failed to initialize NVML: Unknown Error\n", "", "daemon-reload"),
        ("Unable to determine the device handle for GPU0: 0000:01:00.0: GPU is lost.  Reboot\n", "", "the GPU is lost"),
        (f"{SMI}1, NVIDIA GeForce RTX 3060, GPU-2, 570, [GPU is lost], 1, 8.6\n", "", "the GPU is lost"),
        ("No devices were found\n", "", gpu.NO_DEVICE),
        ("NVIDIA-SMI couldn't find libnvidia-ml.so library in your system.", "", "libnvidia-ml not found"),
        ("", 'exec: "nvidia-smi": executable file not found in $PATH', "executable file not found"),
        ('Field "compute_cap" is not a valid field to query.\n', "", "not a valid field"),
        ("", "", "printed nothing"),
    ],
)
def test_errors_of_nvidia_smi_become_the_same_sentences(stdout: str, stderr: str, said: str) -> None:
    """What it prints instead of a table, and a GPU that is lost beside one that is well."""
    assert said in gpu.parse_smi(stdout, stderr).problem


@given(st.text(), st.text())
def test_any_text_is_read_without_an_error(stdout: str, stderr: str) -> None:
    """Whatever a program says, a reading comes of it."""
    assert gpu.parse_smi(stdout, stderr).memory_problem
