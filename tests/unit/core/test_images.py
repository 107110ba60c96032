from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from vllm_qualify.core import images

WORD = st.from_regex(r"[a-z0-9]{1,8}(?:(?:[._]|__|-{1,2})[a-z0-9]{1,8}){0,2}", fullmatch=True)
HOST = st.sampled_from(["ghcr.io/", "localhost/", "localhost:5000/", "Reg.example:443/", "[::1]:5000/"])
TAG = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
DIGEST = st.from_regex(r"@sha256:[0-9a-f]{64}", fullmatch=True)


@st.composite
def references(draw: st.DrawFn) -> str:
    """References as the grammar allows them."""
    repository = draw(st.just("") | HOST) + "/".join(draw(st.lists(WORD, min_size=1, max_size=3)))
    tag, digest = ":" + draw(TAG), draw(DIGEST)
    return repository + draw(st.sampled_from([tag, digest, tag + digest]))


@given(references())
def test_a_reference_is_taken_apart_and_never_changed(text: str) -> None:
    """Whatever follows the grammar of references comes back letter by letter."""
    image = images.parse(text)

    assert str(image) == text
    assert image.short
    assert image.release is None or image.tag.startswith(("v", *"0123456789"))


@given(st.text(max_size=40) | st.text(alphabet="aA0.:/@-_ [", max_size=40))
def test_any_text_is_a_reference_or_one_clear_line(text: str) -> None:
    """No text whatever gives anything but a reference or a message of one line."""
    try:
        image = images.parse(text)
    except images.BadImage as error:
        said = str(error)
    else:
        said = str(image) if image.tag or image.digest else ""

    assert len(said.splitlines()) == 1


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 9), st.none() | st.integers(1, 9))
def test_a_tag_of_a_release_names_that_release(major: int, minor: int, patch: int, post: int | None) -> None:
    """The release is read from the tag, a post release included."""
    text = f"{major}.{minor}.{patch}" + (f".post{post}" if post else "")

    assert images.parse(f"vllm/vllm-openai:v{text}").release == Version(text)


@pytest.mark.parametrize(
    ("tag", "release", "variant"),
    [
        ("v0.8.5.post1", "0.8.5.post1", ""),
        ("v0.10.1.1", "0.10.1.1", ""),
        ("0.6.3post1", "0.6.3.post1", ""),
        ("v0.15.1-cu130", "0.15.1", "cu130"),
        ("v0.11.0-x86_64", "0.11.0", "x86_64"),
        ("v0.20.0-rc1", "0.20.0rc1", ""),
        ("v0.20.0rc1-cu129", "0.20.0rc1", "cu129"),
        ("latest", None, ""),
        ("nightly-0a1b2c3", None, ""),
        ("v\u0660.\u0668.\u0665", None, ""),
    ],
)
def test_release_and_variant_are_told_apart(tag: str, release: str | None, variant: str) -> None:
    """A pre-release is no variant, an architecture is one, and a moving tag names no release."""
    image = images.ImageRef(repository="vllm/vllm-openai", tag=tag)

    assert image.release == (None if release is None else Version(release))
    assert image.variant == variant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the image is empty"),
        ("  ", "the image is empty"),
        ("vllm/vllm-openai", "has no tag"),
        ("localhost:5000/vllm", "add the tag, such as localhost:5000/vllm:v0.8.5.post1"),
        ("v0.8.5.post1", "did you mean vllm/vllm-openai:v0.8.5.post1?"),
        ("vllm/vllm-openai:v0.8.5 ", "it contains a space"),
        ("vllm/vllm-openai:v0.8.5\n", "it contains a space"),
        ("https://hub.docker.com/r/vllm:v1", "it looks like a URL"),
        ("VLLM/vllm-openai:v0.8.5", "must be lower case"),
        ("vllm/vllm-openai@sha256:abc", "64 hexadecimal digits"),
        ("vllm//vllm-openai:v1", "expected NAME:TAG"),
        ("vllm/vllm-openai:", "expected NAME:TAG"),
        ("localhost:\u0665/vllm:v1", "expected NAME:TAG"),
        ("vllm/vllm-openai:" + "a" * 129, "expected NAME:TAG"),
        ("a" * 256 + ":v1", "expected NAME:TAG"),
        ("vllm/vllm:v1:v2", "expected NAME:TAG"),
    ],
)
def test_a_bad_reference_says_what_is_wrong(text: str, said: str) -> None:
    """Each slip that happens to people has its own words."""
    with pytest.raises(images.BadImage) as caught:
        images.parse(text)

    assert said in str(caught.value)
    assert len(str(caught.value)) < 300


def test_a_digest_alone_is_shown_by_its_head() -> None:
    """Where no tag is given, the first digits of the digest name the column."""
    image = images.parse("ghcr.io/home/vllm@sha256:" + "0123456789abcdef" * 4)

    assert image.short == "0123456789ab"
    assert image.release is None


@pytest.mark.parametrize("text", ["a" * 5000, "a/" * 2500, "a-" * 2500, "a." * 2500 + "/", "[" + ":" * 5000])
def test_long_text_is_refused_at_once(text: str) -> None:
    """No text makes the expressions backtrack: with one that does, this would not end."""
    with pytest.raises(images.BadImage):
        images.parse(text)


@pytest.mark.parametrize(
    ("text", "release"),
    [("vllm/vllm-openai:v0.8.5-cu129", "0.8.5"), ("vllm/vllm-openai:latest", ""), ("no image:", ""), ("", "")],
)
def test_the_release_of_a_reference(text: str, release: str) -> None:
    """As its tag says it; what is no reference has none."""
    assert images.release_of(text) == release


@pytest.mark.parametrize(
    ("text", "repository"),
    [("a/b:v1", "a/b"), ("h:5000/a@sha256:0", "h:5000/a"), ("h:5000/a/b:v1@sha256:0", "h:5000/a/b"), ("a", "a")],
)
def test_a_repository_is_what_stands_before_tag_and_digest(text: str, repository: str) -> None:
    """A registry's port is no tag."""
    assert images.repository_of(text) == repository
