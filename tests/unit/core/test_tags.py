"""Ranges of images, the tags that lie in them, and their order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from vllm_qualify.core import tags
from vllm_qualify.core.images import BadImage
from vllm_qualify.core.tags import ImageRange, Tag

LISTED = (
    "latest",
    "nightly",
    "nightly-0123456789abcdef0123456789abcdef01234567",
    "gptoss",
    "v0.5.5",
    "v0.8.5",
    "v0.8.5.post1",
    "v0.9.0",
    "v0.9.0.1",
    "v0.10.2",
    "v0.11.0rc2",
    "v0.11.0",
    "v0.11.0-x86_64",
    "v0.11.0-aarch64",
    "v0.16.0",
    "v0.16.0-cu130",
    "v0.20.0",
    "v0.20.0-cu129",
    "v0.20.0-cu129-ubuntu2404",
    "v0.20.0-ubuntu2404",
    "latest-cu130",
)

releases = st.builds(
    "v{}.{}.{}{}".format,
    st.integers(0, 2),
    st.integers(0, 30),
    st.integers(0, 12),
    st.sampled_from(["", "", "", ".post1", "rc1", "rc2", "rc10"]),
)


def chosen(written: str, **options: bool) -> list[str]:
    """The names of the tags in a range."""
    return [tag.name for tag in tags.choose(LISTED, SpecifierSet(written), **options)]


def test_the_newest_release_comes_first() -> None:
    """Releases in the range come as numbers order them, without variants, pre-releases and names."""
    assert chosen(">=v0.8.5") == [
        "v0.20.0",
        "v0.16.0",
        "v0.11.0",
        "v0.10.2",
        "v0.9.0.1",
        "v0.9.0",
        "v0.8.5.post1",
        "v0.8.5",
    ]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("", ["v0.20.0", "v0.5.5"]),
        (">0.8.5,<0.10", ["v0.9.0.1", "v0.9.0"]),
        ("==v0.8.*", ["v0.8.5.post1", "v0.8.5"]),
        ("~=0.9.0", ["v0.9.0.1", "v0.9.0"]),
        (">=0.8,<0.12,!=0.9.*,!=0.10.2", ["v0.11.0", "v0.8.5"]),
        ("<=0.8.5", ["v0.8.5", "v0.5.5"]),
        (">=1", []),
    ],
)
def test_ranges_mean_what_pep_440_says(written: str, names: list[str]) -> None:
    """First and last of the range are those that the operators allow; a later post release is no ``>`` of it."""
    found = chosen(written)

    assert [*found[:1], *found[1:][-1:]] == names


def test_variants_follow_their_release_where_they_are_asked_for() -> None:
    """With variants each release comes default first; images for another architecture never come."""
    assert chosen(">=0.11,<0.12", variants=True) == ["v0.11.0", "v0.11.0-x86_64"]
    assert chosen(">=0.20", variants=True) == [
        "v0.20.0",
        "v0.20.0-cu129",
        "v0.20.0-cu129-ubuntu2404",
        "v0.20.0-ubuntu2404",
    ]
    arm = tags.choose(LISTED, SpecifierSet(">=0.11,<0.12"), variants=True, architecture="arm64")
    assert [tag.name for tag in arm] == ["v0.11.0", "v0.11.0-aarch64"]


def test_pre_releases_come_where_they_are_asked_for() -> None:
    """Release candidates come by the option, or where the range itself names one."""
    assert chosen(">0.10.2,<=0.11.0", prereleases=True) == ["v0.11.0", "v0.11.0rc2"]
    assert chosen(">=0.11.0rc1,<=0.11.0") == ["v0.11.0", "v0.11.0rc2"]


def test_two_spellings_of_a_release_are_one_candidate() -> None:
    """A release with and without the v is tried once, by vLLM's own spelling."""
    assert [tag.name for tag in tags.choose(["v0.9.0", "0.9.0", "0.9.0"], SpecifierSet())] == ["v0.9.0"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("v0.20.0-cu129", ("12.9", "", "")),
        ("v0.16.0-cu130", ("13.0", "", "")),
        ("v0.20.0-ubuntu2404", ("", "ubuntu2404", "")),
        ("v0.20.0-cu129-ubuntu2404", ("12.9", "ubuntu2404", "")),
        ("v0.11.0-aarch64", ("", "", "arm64")),
        ("v0.11.0-x86_64", ("", "", "amd64")),
        ("v0.11.0-mine", ("", "", "")),
        ("v0.11.0", ("", "", "")),
    ],
)
def test_a_variant_says_what_it_is(name: str, said: tuple[str, str, str]) -> None:
    """CUDA, system and architecture are read from the parts of the variant."""
    tag = tags.read(name)

    assert tag is not None
    assert (tag.cuda, tag.system, tag.architecture) == said


@pytest.mark.parametrize("name", ["", "latest", "nightly", "latest-cu130", "0", "v1", "deepseekv32", "sha256-00.sig"])
def test_what_names_no_release_is_no_candidate(name: str) -> None:
    """Moving tags and names are never chosen."""
    assert tags.read(name) is None


@given(
    names=st.lists(releases), written=st.sampled_from(["", ">=0.8.5", "<1", ">=0.3,<1.5,!=0.9.*", "~=1.2", "==0.8.5"])
)
def test_the_choice_is_the_sorted_part_that_fits(names: list[str], written: str) -> None:
    """For any list: exactly the final releases in the range, each once, newest first."""
    found = tags.choose(names, SpecifierSet(written))

    versions = {Version(name) for name in names}
    fitting = {one for one in versions if not one.is_prerelease and one in SpecifierSet(written)}
    assert [tag.version for tag in found] == sorted(fitting, reverse=True)
    assert found == tags.choose(reversed(names), SpecifierSet(written))


@given(names=st.lists(st.text(max_size=12) | releases), variants=st.booleans())
def test_any_tags_can_be_chosen_from(names: list[str], variants: bool) -> None:  # noqa: FBT001 (generated)
    """Whatever a registry lists, everything chosen was listed, and nothing is chosen twice."""
    found = tags.choose(names, SpecifierSet(), variants=variants, prereleases=True)

    assert {tag.name for tag in found} <= set(names)
    assert len({(tag.version, tag.variant) for tag in found}) == len(found)


@pytest.mark.parametrize(
    ("text", "repository", "specifier"),
    [
        ("vllm/vllm-openai:>=v0.8.5", "vllm/vllm-openai", ">=v0.8.5"),
        ("localhost:5000/vllm:>=0.8.5,<0.12", "localhost:5000/vllm", ">=0.8.5,<0.12"),
        (" vllm/vllm-openai : ~= 0.8.5 ", "vllm/vllm-openai", "~=0.8.5"),
        ("[::1]:5000/a:!=0.9.*", "[::1]:5000/a", "!=0.9.*"),
        ("vllm/vllm-openai:*", "vllm/vllm-openai", ""),
    ],
)
def test_a_range_is_read(text: str, repository: str, specifier: str) -> None:
    """Repository and range are told apart at the colon before the operator, also behind a host with a port."""
    assert tags.is_range(text)
    assert tags.read_range(text) == ImageRange(repository=repository, specifier=SpecifierSet(specifier))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vllm/vllm-openai:=>0.8", "a range that cannot be read"),
        ("vllm/vllm-openai:>=latest", "a range that cannot be read"),
        ("vllm/vllm-openai:>", "a range that cannot be read"),
        ("vllm/vllm-openai:~=8", "a range that cannot be read"),
        ("vllm/vllm-openai:===v0.8.5", "compares versions as text"),
        ("vllm/vllm-openai:>=" + "9" * 5000, "more than 500 characters"),
        ("Vllm/x:>=1", "must be lower case"),
        (":>=1", "not an image reference"),
        ("vllm/vllm-openai:v0.8.5:>=1", "not an image reference"),
    ],
)
def test_a_wrong_range_says_what_is_wrong(text: str, words: str) -> None:
    """What was meant as a range is refused as one, with the right form in the message."""
    assert tags.is_range(text)
    with pytest.raises(BadImage, match=words) as caught:
        tags.read_range(text)
    assert "expected NAME:" in str(caught.value)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize("text", ["", "vllm/vllm-openai:v0.8.5", "vllm/vllm-openai", ">=0.8", "a@sha256:" + "0" * 64])
def test_one_image_is_no_range(text: str) -> None:
    """A reference that names one image, and a range without a repository, are not taken for a range of images."""
    assert not tags.is_range(text)
    with pytest.raises(BadImage):
        tags.read_range(text)


@given(
    written=st.lists(st.tuples(st.sampled_from([">=", "<=", "<", ">", "!=", "=="]), releases), min_size=1, max_size=3)
)
def test_what_a_range_prints_is_read_as_the_same_range(written: list[tuple[str, str]]) -> None:
    """A range that was read, printed and read again is the same."""
    text = f"vllm/vllm-openai:{','.join(operator + version for operator, version in written)}"

    read = tags.read_range(text)

    assert tags.read_range(str(read)) == read


@given(text=st.text("vlm/:>=<~!*.,@0123 aé\n", max_size=40))
def test_any_text_is_a_range_or_refused(text: str) -> None:
    """No text does anything but be read or be refused."""
    try:
        assert tags.read_range(text).repository in text
    except BadImage as error:
        assert "expected" in str(error)  # noqa: PT017 (either of the two is right)


@given(name=releases)
def test_a_release_is_read_as_its_tag_names_it(name: str) -> None:
    """Every spelling of a release gives its version and no variant."""
    assert tags.read(name) == Tag(name=name, version=Version(name))
