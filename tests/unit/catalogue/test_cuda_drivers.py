"""Drivers and the CUDA that they know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from vllm_qualify.catalogue import cuda_drivers
from vllm_qualify.core.records import Certainty

known = st.builds(Version, st.from_regex(r"(4[5-9]|5[0-9])[0-9]\.[0-9]{1,3}(\.[0-9]{1,2})?", fullmatch=True))


@pytest.mark.parametrize(
    ("driver", "cuda"),
    [
        ("550.54.15", (12, 4)),
        ("570.195.03", (12, 8)),
        ("575.57.08", (12, 9)),
        ("580.95.05", (13, 0)),
        ("535.104.05", (12, 2)),
        ("576.02", (12, 9)),
    ],
)
def test_the_cuda_of_a_driver(driver: str, cuda: tuple[int, int]) -> None:
    """It is what nvidia-smi prints in its head; a branch that is not in the table knows at least the one below."""
    version = cuda_drivers.parse(driver)

    assert version is not None
    found = cuda_drivers.cuda_of(version)
    assert found is not None
    assert found.value == cuda
    assert (found.certainty is Certainty.CERTAIN) is (driver != "576.02")


@pytest.mark.parametrize("text", ["", "latest", "570,1", "570.1.2.3.4", "\u0665\u0667\u0660", "1" * 50, "570-open"])
def test_what_is_no_driver(text: str) -> None:
    """Anything but dotted numbers is not known, never an error."""
    assert cuda_drivers.parse(text) is None


def test_a_driver_before_cuda_11() -> None:
    """What is older than the table has no CUDA there."""
    assert cuda_drivers.cuda_of(Version("390.157")) is None


@given(known, known)
def test_newer_drivers_know_no_less(one: Version, other: Version) -> None:
    """The order of drivers is the order of what they know."""
    older, newer = sorted((one, other))
    knows = [cuda_drivers.cuda_of(each) for each in (older, newer)]

    assert knows[0] is not None
    assert knows[1] is not None
    assert knows[0].value <= knows[1].value


@pytest.mark.parametrize("cuda", [(12, 7), (13, 9), (10, 2)])
def test_a_cuda_that_is_not_in_the_table(cuda: tuple[int, int]) -> None:
    """Nobody guesses the library of a CUDA that is not known."""
    assert cuda_drivers.compat_of(cuda) is None


@given(st.sampled_from([(12, 4), (12, 8), (12, 9), (13, 0), (13, 1)]))
def test_the_compatibility_library_is_the_driver_of_its_cuda(cuda: tuple[int, int]) -> None:
    """A driver of the library's version knows exactly that CUDA."""
    library = cuda_drivers.compat_of(cuda)

    assert library is not None
    found = cuda_drivers.cuda_of(Version(library.value))
    assert found is not None
    assert found.value == cuda
