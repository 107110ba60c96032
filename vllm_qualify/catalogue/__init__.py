"""What is known about every release of vLLM since 0.5.5 without running it: facts, each with its certainty. No network.

The files below ``data`` are made mechanically from the sources of the releases by ``script/catalogue``.
"""

from __future__ import annotations

from functools import cache

from packaging.version import Version

from vllm_qualify.catalogue import reading
from vllm_qualify.catalogue.facts import Compat, Fact, FlagFact, Release, ReleaseImage, UnknownFields, Variant

__all__ = [
    "Compat",
    "Fact",
    "FlagFact",
    "Release",
    "ReleaseImage",
    "UnknownFields",
    "Variant",
    "find",
    "releases",
]


@cache
def releases() -> tuple[Release, ...]:
    """All releases that the catalogue has, oldest first."""
    return reading.load()


@cache
def _by_version() -> dict[Version, Release]:
    return {release.version: release for release in releases()}


def find(version: Version) -> Release | None:
    """The release of this version; ``None`` for one that the catalogue does not have, such as a newer one."""
    return _by_version().get(version)
