"""The images of a first file, from facts alone."""

from __future__ import annotations

import pytest

from vllm_qualify import preflight
from vllm_qualify.cli.first_settings import releases
from vllm_qualify.cli.first_settings.draft import Noted
from vllm_qualify.cli.first_settings.releases import TodaysImage
from vllm_qualify.config import Settings
from vllm_qualify.targets.local.kind import LocalKind

NODE = preflight.node(gpu="NVIDIA GeForce RTX 3060", driver="570.195.03", toolkit="1.18.0", memory_mib=12288)


def candidates(image: str = "") -> tuple[Noted, ...]:
    """The images for the built-in profile, on this machine."""
    return releases.candidates(Settings(), TodaysImage(image=image, place="a.yaml:1") if image else None)


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with a GPU of which everything is known."""
    monkeypatch.setattr(LocalKind, "node", lambda *_: (NODE, ""))


@pytest.mark.usefixtures("gpu")
def test_the_newest_that_preflight_expects_to_work() -> None:
    """As a guess, because nothing was tried."""
    [newest] = candidates()

    assert str(newest.value).startswith("vllm/vllm-openai:v0.")
    assert newest.note == "guessed: the newest that preflight expects to work (local target)"


def test_without_a_gpu_it_is_the_newest_that_is_not_ruled_out() -> None:
    """And the note says why that is no prediction."""
    [newest] = candidates()

    assert newest.note.endswith("(local target; no GPU to judge it on)")


def test_what_runs_today_comes_second() -> None:
    """Where this machine can try it."""
    _, today = candidates("vllm/vllm-openai:v0.10.2")

    assert today == Noted(value="vllm/vllm-openai:v0.10.2", note="runs today, from a.yaml:1")


def test_what_this_target_cannot_try_is_a_comment() -> None:
    """With the target's own words."""
    _, today = candidates("vllm/vllm-openai:v0.8.4")

    assert not today.active
    assert "no CPU build of vLLM 0.8.4 is known" in today.note


def test_the_newest_is_named_once() -> None:
    """Though it runs today."""
    [newest] = candidates()

    assert len(candidates(str(newest.value))) == 1


@pytest.mark.parametrize("image", ["", "not an image", "nginx", "{{ image }}"])
def test_what_is_no_reference_is_left_out(image: str) -> None:
    """No candidate can be made of it."""
    assert len(candidates(image)) == 1


def test_an_image_of_ones_own_is_no_repository_of_releases() -> None:
    """Candidates are the project's, then."""
    newest, *_ = candidates("registry.local/my-vllm:3")

    assert str(newest.value).startswith("vllm/vllm-openai:")


def test_where_everything_is_ruled_out_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The list stays empty, and the reader is told."""
    monkeypatch.setattr(LocalKind, "obstacle", lambda *_: "no build")

    [none] = candidates()

    assert (none.active, none.note) == (False, "missing: preflight rules out every release")
