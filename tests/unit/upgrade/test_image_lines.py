from __future__ import annotations

import pytest

from vllm_qualify.core import images
from vllm_qualify.upgrade import image_lines

OLD = "vllm/vllm-openai:v0.8.5"
NEW = images.parse(f"vllm/vllm-openai:v0.12.0@sha256:{'a' * 64}")
PINNED = f"v0.12.0@sha256:{'a' * 64}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"docker run {OLD} m", f"docker run {NEW} m"),
        (f'IMAGE="${{VLLM_IMAGE:-{OLD}}}"', f'IMAGE="${{VLLM_IMAGE:-{NEW}}}"'),
        (f"Image={OLD}\n", f"Image={NEW}\n"),
        ("TAG=v0.8.5 # was v0.8.4\ndocker run x:$TAG", f"TAG={PINNED} # was v0.8.4\ndocker run x:$TAG"),
        ("docker run vllm/vllm-openai:${TAG:-v0.8.5}", f"docker run vllm/vllm-openai:${{TAG:-{PINNED}}}"),
        (f"# {OLD}\ndocker pull {OLD}\r\n", f"# {OLD}\ndocker pull {NEW}\r\n"),
    ],
)  # fmt: skip
def test_the_image_is_exchanged_where_it_stands(before: str, after: str) -> None:
    """As a whole, or by its tag alone; comments and line ends stay."""
    assert image_lines.with_image(before, old=OLD, image=NEW) == after


@pytest.mark.parametrize("text", ["", f"# {OLD}", f"{OLD}.post1", f"{OLD}-cu129", f"mirror/{OLD}", "TAG=v0.8.5.post1"])
def test_other_images_are_left_alone(text: str) -> None:
    """A tag that goes on is another one, and so is a repository that began before."""
    assert image_lines.with_image(text, old=OLD, image=NEW) is None


def test_a_tag_alone_is_no_other_repositorys() -> None:
    """It would name an image that is not there."""
    assert image_lines.with_image("TAG=v0.8.5", old="mine/vllm:v0.8.5", image=NEW) is None


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A=1\nTAG=v0.8.5 # old\n", "A=1\nTAG=new # old\n"),
        ('export TAG="v0.8.5"\n', 'export TAG="new"\n'),
        ("TAG=v0.8.5.post1\n", None),
        ("MY_TAG=v0.8.5\n#TAG=v0.8.5\n", None),
    ],
)
def test_a_variable_gets_another_value(before: str, after: str | None) -> None:
    """Where its file sets it to the old one."""
    assert image_lines.with_value(before, name="TAG", old="v0.8.5", new="new") == after


def test_what_names_the_old_tag_is_found() -> None:
    """By its tag or as a whole; a longer tag is another, and latest is everybody's."""
    text = "a v0.8.5.\nv0.8.5.post1\nv0.8.5-cu129\n(v0.8.5)\nlatest\nx/y:latest\n"

    assert [number for number, _ in image_lines.mentions(text, [OLD])] == [1, 4]
    assert [number for number, _ in image_lines.mentions(text, ["x/y:latest"])] == [6]
    assert list(image_lines.mentions(text, [])) == []
