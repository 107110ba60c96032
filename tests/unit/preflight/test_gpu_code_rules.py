"""The code of an image and the GPU: vLLM's kernels and torch's, release by release."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify import preflight
from vllm_qualify.catalogue import gpu_models
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.core.remedies import ChangeKind
from vllm_qualify.preflight import ImageFacts, gpu_code
from vllm_qualify.preflight.gpu_code import GpuCode

Rulings = Callable[..., tuple[Finding, ...]]
CERTAIN, PROBABLE, POSSIBLE = Certainty
BLOCK, NOTE = Severity.BLOCK, Severity.NOTE


@pytest.mark.parametrize(
    ("gpu", "tag", "severity", "certainty"),
    [
        ("RTX 5090", "v0.8.3", BLOCK, CERTAIN),
        ("RTX 5090", "v0.8.5.post1", BLOCK, CERTAIN),
        ("RTX 5090", "v0.9.0", BLOCK, PROBABLE),
        ("RTX 5090", "v0.9.1", BLOCK, POSSIBLE),
        ("RTX 5090", "v0.9.2", NOTE, PROBABLE),
        ("RTX 5090", "v0.10.0", BLOCK, PROBABLE),
        ("RTX 5090", "v0.10.2", NOTE, PROBABLE),
        ("RTX PRO 6000", "v0.8.5", BLOCK, CERTAIN),
        ("GB10", "v0.20.2", NOTE, PROBABLE),
        ("B200", "v0.9.2", BLOCK, POSSIBLE),
        ("B200", "v0.12.0", NOTE, PROBABLE),
        ("B300", "v0.12.0", NOTE, PROBABLE),
        ("V100", "v0.8.5.post1", NOTE, CERTAIN),
        ("V100", "v0.9.2", BLOCK, PROBABLE),
        ("V100", "v0.10.0", NOTE, PROBABLE),
        ("V100", "v0.10.1", BLOCK, POSSIBLE),
        ("V100", "v0.19.0", NOTE, PROBABLE),
        ("V100", "v0.19.0-cu130", BLOCK, PROBABLE),
        ("V100", "v0.20.0", BLOCK, CERTAIN),
        ("T4", "v0.33.0", NOTE, PROBABLE),
        ("RTX 4090", "v0.8.5.post1", NOTE, CERTAIN),
        ("L40S", "v0.12.0", NOTE, PROBABLE),
        ("H200", "v0.5.5", NOTE, PROBABLE),
        ("RTX 3060", "v0.12.0", NOTE, PROBABLE),
        ("GTX 1080", "v0.9.2", BLOCK, CERTAIN),
        ("Jetson AGX Orin", "v0.12.0", BLOCK, POSSIBLE),
        ("Jetson Thor", "v0.20.2", BLOCK, POSSIBLE),
    ],
)
def test_code_for_the_gpu(found: Rulings, gpu: str, tag: str, severity: Severity, certainty: Certainty) -> None:
    """What has no code for the GPU does not start on it; of boards' own GPUs the catalogue knows nothing for sure."""
    (ruling,) = found("P09", tag, node=preflight.node(gpu=gpu, driver="580.95.05", toolkit="1.18.0"))

    assert (ruling.severity, ruling.certainty) == (severity, certainty)


def test_the_part_and_what_helps_are_named(found: Rulings) -> None:
    """The kernels of vLLM have PTX there, which would do, torch has none; the nearest release that fits is offered."""
    (ruling,) = found("P09", "v0.8.5.post1", node=preflight.node(gpu="RTX 5090", driver="575.57.08"))

    assert ruling.actual.startswith("torch built for 5.0")
    assert [(change.kind, change.value) for change in ruling.remedies[0].changes] == [(ChangeKind.RELEASE, "0.9.2")]


def test_a_card_that_became_too_old_is_offered_an_older_release(found: Rulings) -> None:
    """No newer release has code for a V100, so the newest older one is named."""
    (ruling,) = found("P09", "v0.33.0", node=preflight.node(gpu="V100", driver="580.95.05"))

    assert [change.value for change in ruling.remedies[0].changes] == ["0.19.1"]


@pytest.mark.parametrize(
    ("driver", "severity"), [("570.195.03", Severity.BLOCK), ("580.95.05", Severity.WARN)], ids=["older", "newer"]
)
def test_ptx_needs_a_driver_that_compiles_it(found: Rulings, driver: str, severity: Severity) -> None:
    """Where only PTX fits, it runs unless the image's CUDA is newer than the driver (E10)."""
    registry = ImageFacts(env={"CUDA_VERSION": "12.9.1", "TORCH_CUDA_ARCH_LIST": "8.0+PTX"})
    (ruling,) = found("P09", "v0.12.0", registry=registry, node=preflight.node(gpu="RTX 5090", driver=driver))

    assert (ruling.severity, "E10" in ruling.actual) == (severity, True)


@pytest.mark.parametrize(
    ("archs", "own", "code"),
    [
        ("8.0", (8, 6), GpuCode.COMPILED),
        ("8.0 8.6", (8, 9), GpuCode.COMPILED),
        ("8.6", (8, 0), GpuCode.NONE),
        ("8.0", (9, 0), GpuCode.NONE),
        ("8.0+PTX", (9, 0), GpuCode.PORTABLE),
        ("9.0+PTX", (8, 9), GpuCode.NONE),
        ("9.0a", (9, 0), GpuCode.COMPILED),
        ("10.0a", (10, 3), GpuCode.NONE),
        ("10.0f", (10, 3), GpuCode.COMPILED),
        ("12.0", (12, 1), GpuCode.COMPILED),
        ("8.0 8.6", (8, 7), GpuCode.NONE),
        ("8.7", (8, 7), GpuCode.COMPILED),
        ("8.7", (8, 9), GpuCode.NONE),
        ("10.0", (11, 0), GpuCode.NONE),
        ("10.0+PTX", (11, 0), GpuCode.PORTABLE),
        ("", (8, 0), GpuCode.NONE),
        ("what is this", (8, 0), GpuCode.NONE),
    ],
)
def test_binary_compatibility(archs: str, own: gpu_models.Capability, code: GpuCode) -> None:
    """Compiled code runs on later minors of its major, except on boards' own GPUs; PTX on anything later."""
    assert gpu_code.fitting(archs.split(), own) is code


@given(st.integers(5, 13), st.integers(0, 9), st.lists(st.tuples(st.integers(5, 13), st.integers(0, 9)), max_size=6))
def test_ptx_never_takes_away(major: int, minor: int, built: list[tuple[int, int]]) -> None:
    """A list with PTX fits wherever the same list without fits."""
    plain = [f"{one}.{two}" for one, two in built]
    order = [GpuCode.NONE, GpuCode.PORTABLE, GpuCode.COMPILED]

    without = gpu_code.fitting(plain, (major, minor))
    assert order.index(gpu_code.fitting([f"{one}+PTX" for one in plain], (major, minor))) >= order.index(without)
