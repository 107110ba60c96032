from typing import Any

import pytest
from packaging.version import Version

from catalogue_maker import hand_kept
from catalogue_maker.source import UnknownShape

READ = ["read", "certain", "docker/Dockerfile"]
NAMES = ("date", "torch", "transformers", "compat", "entrypoint", "python", "cuda", "arch_list")


def document(**more: Any) -> dict[str, Any]:
    """A release whose distribution brings nothing but Python."""
    return {"version": "0.15.1", "date": "", "image": {}} | more


def kept(*names: str) -> list[dict[str, str]]:
    """A fact of each name."""
    return [
        {"releases": "0.15.0..0.15.1", "name": name, "value": f"the {name}", "certainty": "probable", "source": "#1"}
        for name in names
    ]


def test_gaps_are_filled() -> None:
    """Each with its certainty and its source."""
    filled = hand_kept.fill(document(), kept(*NAMES))

    assert filled["torch"] == ["the torch", "probable", "#1"]
    assert filled["date"] == "the date"
    assert filled["image"]["variants"] == [
        {"suffix": "", "cuda": ["the cuda", "probable", "#1"], "arch_list": ["the arch_list", "probable", "#1"]}
    ]


def test_what_was_read_stays() -> None:
    """The sources come first."""
    filled = hand_kept.fill(document(torch=READ, image={"compat": READ}), kept(*NAMES))

    assert filled["torch"] == filled["image"]["compat"] == READ
    assert filled["image"]["python"][0] == "the python"


@pytest.mark.parametrize("missing", NAMES)
def test_a_gap_that_is_left_stops_the_maker(missing: str) -> None:
    """It says which fact to look up and where to write it."""
    with pytest.raises(UnknownShape, match=rf"do not say {missing}; .*image_facts\.toml"):
        hand_kept.fill(document(), kept(*(name for name in NAMES if name != missing)))


@pytest.mark.parametrize(
    ("version", "inside"), [("0.5.5", True), ("0.6.1.post1", True), ("0.6.2", False), ("0.5.4", False)]
)
def test_a_span_covers_its_ends(version: str, inside: bool) -> None:  # noqa: FBT001 - the expected value.
    """By version, so that it needs no list of releases."""
    assert hand_kept.covers("0.5.5..0.6.1.post2", Version(version)) is inside


def test_every_fact_says_how_sure_it_is_and_where_it_is_from() -> None:
    """Of the file that the repository has; nobody can check what has no source."""
    facts = hand_kept.facts()

    assert {fact["certainty"] for fact in facts} <= {"certain", "probable", "possible"}
    assert all(fact["source"] and fact["name"] in NAMES for fact in facts)
