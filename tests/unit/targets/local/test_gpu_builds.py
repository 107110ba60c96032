"""Which official wheel runs on this machine's GPU."""

from __future__ import annotations

import importlib.resources
import re
from datetime import date

import pytest
from packaging.version import Version

from vllm_qualify.core import images, wheel_hashes
from vllm_qualify.targets.local import cpu_builds, gpu_builds
from vllm_qualify.targets.local.cpu_builds import EnginePlan, NoBuild

LOCKED = ("0.8.5.post1", "0.12.0", "0.15.1", "0.20.2", "0.25.1")


def plan(tag: str) -> EnginePlan:
    """The plan of an official image that has one."""
    found = gpu_builds.plan_for(images.parse(f"vllm/vllm-openai:{tag}"))
    assert isinstance(found, EnginePlan)
    return found


@pytest.mark.parametrize("tag", ["v0.8.5.post1", "v0.8.5", "v0.12.0", "v0.20.2", "v99.0.0"])
def test_it_is_the_very_release(tag: str) -> None:
    """Post releases included; what the wheel does not show of the image is told."""
    found = plan(tag)

    assert (found.pin, found.gpu, found.stand_in.exact) == (f"vllm=={tag[1:]}", True, True)
    assert gpu_builds.NOT_SHOWN in found.stand_in.note


@pytest.mark.parametrize(
    ("tag", "cutoff"),
    [
        ("v0.8.5.post1", date(2025, 5, 16)),
        ("v0.12.0", date(2025, 12, 17)),
        ("v0.20.2", date(2026, 5, 24)),
        ("v99.0.0", gpu_builds.UNDATED),
    ],
)
def test_dependencies_are_those_of_the_release_s_own_days(tag: str, cutoff: date) -> None:
    """Two weeks after the release itself; of one that nobody knows here, those of the day of the installation."""
    assert plan(tag).cutoff == cutoff


def test_every_pinned_wheel_has_a_day() -> None:
    """Or its dependencies would be resolved as of today, and be others tomorrow."""
    pinned = [name.partition("==")[2] for name in wheel_hashes.known() if name.startswith("vllm==")]

    assert [name for name in pinned if Version(name) not in gpu_builds.released()] == []


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("nginx:1.27", "does not look like a vLLM image"),
        ("vllm/vllm-openai:latest", "names no vLLM release"),
        ("vllm/vllm-openai:v0.20.2-cu129", r"another CUDA \(cu129\).*take the tag v0\.20\.2"),
        ("vllm/vllm-openai:v0.13.0rc1", r"no wheel of the pre-release 0\.13\.0rc1"),
    ],
)
def test_what_has_no_wheel_is_told_in_one_line(image: str, said: str) -> None:
    """With the way on."""
    found = gpu_builds.plan_for(images.parse(image))

    assert isinstance(found, NoBuild)
    assert re.search(said, found.reason)
    assert "\n" not in found.reason


@pytest.mark.parametrize("release", LOCKED)
def test_the_locks_are_held_to_the_hashes_that_ship(release: str) -> None:
    """The wheel first and once, every package with a hash, torch pinned, no address named."""
    found = plan(f"v{release}")
    text = importlib.resources.files("vllm_qualify.targets.local.locks").joinpath(found.lock or "").read_text()
    first, _, rest = text.partition("\n")
    packages = re.findall(r"^\S.*\n(?:    \S.*\n?)*", rest, re.MULTILINE)

    assert first == wheel_hashes.line(found.pin)
    assert all("--hash=sha256:" in package and not package.startswith("vllm==") for package in packages)
    assert re.search(r"^torch==[\d.]+ \\$", rest, re.MULTILINE)
    assert re.search(r"^setuptools==[\d.]+ \\$", rest, re.MULTILINE), "Triton imports it on every Python"
    assert "://" not in text


def test_a_wheel_that_nobody_pinned_keeps_the_hashes_of_the_index() -> None:
    """There is nothing else to hold it to."""
    text = "vllm==99.0.0 \\\n    --hash=sha256:11\nzipp==1 \\\n    --hash=sha256:22\n"

    assert gpu_builds.held_to_known_hashes(text, pin="vllm==99.0.0") == text


def test_a_wheel_that_the_index_serves_otherwise_is_not_taken_over() -> None:
    """What was resolved gives way to what was known; everything else stays."""
    text = "torch==2.11.0 \\\n    --hash=sha256:11\nvllm==0.20.2 \\\n    --hash=sha256:66 \\\n    --hash=sha256:77\n"

    held = gpu_builds.held_to_known_hashes(text, pin="vllm==0.20.2")

    assert held == f"{wheel_hashes.line('vllm==0.20.2')}\ntorch==2.11.0 \\\n    --hash=sha256:11\n"


def test_both_kinds_of_builds_agree_on_the_releases() -> None:
    """A release has one day, whichever build of it is asked for."""
    days = gpu_builds.released()

    assert all(days[Version(build.base_version)] == day for build, day in cpu_builds.builds().items())
