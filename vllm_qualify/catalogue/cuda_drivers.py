"""Which CUDA a driver can run, and which driver a CUDA toolkit brings along. Pure.

NVIDIA ships each minor release of CUDA with a driver, and the compatibility library of that CUDA is that driver's user
space part. So one table answers both questions. From the names of NVIDIA's installers and the CUDA Compatibility guide.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass

from packaging.version import Version

from vllm_qualify.catalogue import Fact
from vllm_qualify.core.records import Certainty

Cuda = tuple[int, int]

_SOURCE = "NVIDIA's table of CUDA releases and drivers"
_VERSION = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,3}", re.ASCII)
# From this driver on, code of any minor release of that CUDA runs (minor-version compatibility).
_LEAST_BRANCH = {11: 450, 12: 525, 13: 580}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One minor release of CUDA with the driver that was shipped with it."""

    cuda: Cuda
    driver: str
    certainty: Certainty = Certainty.PROBABLE


_ROWS = (
    _Row(cuda=(11, 0), driver="450.51.05"),
    _Row(cuda=(11, 1), driver="455.23.05"),
    _Row(cuda=(11, 2), driver="460.27.04"),
    _Row(cuda=(11, 3), driver="465.19.01"),
    _Row(cuda=(11, 4), driver="470.42.01"),
    _Row(cuda=(11, 5), driver="495.29.05"),
    _Row(cuda=(11, 6), driver="510.39.01"),
    _Row(cuda=(11, 7), driver="515.43.04"),
    _Row(cuda=(11, 8), driver="520.61.05"),
    _Row(cuda=(12, 0), driver="525.60.13"),
    _Row(cuda=(12, 1), driver="530.30.02"),
    _Row(cuda=(12, 2), driver="535.54.03"),
    _Row(cuda=(12, 3), driver="545.23.06"),
    _Row(cuda=(12, 4), driver="550.54.15", certainty=Certainty.CERTAIN),
    _Row(cuda=(12, 5), driver="555.42.02"),
    _Row(cuda=(12, 6), driver="560.28.03"),
    _Row(cuda=(12, 8), driver="570.124.06", certainty=Certainty.CERTAIN),
    _Row(cuda=(12, 9), driver="575.57.08", certainty=Certainty.CERTAIN),
    _Row(cuda=(13, 0), driver="580.95.05", certainty=Certainty.CERTAIN),
    _Row(cuda=(13, 1), driver="590.44.01", certainty=Certainty.CERTAIN),
    _Row(cuda=(13, 2), driver="595.45.04", certainty=Certainty.POSSIBLE),
)


def parse(text: str) -> Version | None:
    """Read a driver's version, such as ``570.195.03``; ``None`` for anything else."""
    return Version(text.strip()) if _VERSION.fullmatch(text.strip()) else None


@functools.lru_cache(maxsize=64)
def cuda_of(driver: Version) -> Fact[Cuda] | None:
    """The newest CUDA that a driver knows itself, as nvidia-smi prints it; ``None`` for one older than CUDA 11."""
    known = [row for row in _ROWS if _branch(row.driver) <= driver.major]
    if not known:
        return None
    newest = known[-1]
    # A branch that the table lacks may know a newer CUDA than the row below it.
    certainty = Certainty.CERTAIN if _branch(newest.driver) == driver.major else Certainty.PROBABLE
    return Fact(value=newest.cuda, certainty=certainty, source=_SOURCE)


def compat_of(cuda: Cuda) -> Fact[str] | None:
    """The version of the compatibility library that images of this CUDA bring; ``None`` for one not in the table."""
    found = next((row for row in _ROWS if row.cuda == cuda), None)
    return Fact(value=found.driver, certainty=found.certainty, source=_SOURCE) if found else None


def least_branch(major: int) -> int | None:
    """The oldest driver branch that runs code of this major release of CUDA; ``None`` where nobody here knows."""
    return _LEAST_BRANCH.get(major)


def _branch(version: str) -> int:
    return int(version.partition(".")[0])
