"""The words for what is recorded about a release's security."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vllm_qualify.core.advisories import LEVELS, AdvisoryOutlook, Applicability, JudgedAdvisory, Rating, floor, those

APPLIES, UNKNOWN, DOES_NOT = Applicability


def judged(number: int, score: float | None = None, applies: Applicability = UNKNOWN) -> JudgedAdvisory:
    """An advisory."""
    return JudgedAdvisory(
        name=f"CVE-{number}", id=f"P-{number}", score=score, rating=Rating.of(score), applies=applies, why="because"
    )


GRAVE, MILD, OTHER = judged(1, 9.8, APPLIES), judged(2, 5.0, DOES_NOT), judged(3)
OUTLOOK = AdvisoryOutlook(
    release="v0.19.1",
    released="2026-05-01",
    against="v0.5.5",
    closes=(GRAVE,),
    opens=(MILD,),
    stays=(judged(4, 7.5, APPLIES), OTHER),
    until="2026-07-23",
    source="somewhere, CC BY 4.0",
)


@pytest.mark.parametrize(
    ("score", "rating"),
    [
        (None, "unrated"),
        (0.1, "low"),
        (4.0, "medium"),
        (6.9, "medium"),
        (7.0, "high"),
        (8.9, "high"),
        (9.0, "critical"),
    ],
)
def test_ratings_are_those_of_cvss(score: float | None, rating: str) -> None:
    """The bounds of the qualitative scale of CVSS 3.1."""
    assert Rating.of(score).value == rating


def test_a_rating_reaches_itself_and_what_is_less() -> None:
    """One that nobody rated reaches none that is rated."""
    assert [one.value for one in Rating if one.reaches(Rating.HIGH)] == ["high", "critical"]
    assert not Rating.UNRATED.reaches(Rating.LOW)


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_is_a_rating_or_none(level: str) -> None:
    """What is not rated is no level: it would rule out what nobody has looked at."""
    assert floor(level) is (None if level == "none" else Rating(level))
    assert "unrated" not in LEVELS


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {},
            (
                "against v0.5.5 closes 1 (1 applies), opens 1; 3 advisories recorded as open in v0.19.1 as of "
                "2026-07-23: 1 applies (CVE-4, high 7.5), 1 do not, 1 cannot be told"
            ),
        ),
        (
            {"against": "", "closes": (), "opens": (), "stays": (OTHER,)},
            "1 advisory recorded as open in v0.19.1 as of 2026-07-23: 0 apply, 0 do not, 1 cannot be told",
        ),
        (
            {"against": "v0.19.1", "closes": (), "opens": (), "stays": ()},
            "0 advisories recorded as open in v0.19.1, which runs now, as of 2026-07-23",
        ),
        (
            {"closes": (), "opens": (), "stays": (), "released": "2026-08-01"},
            (
                "against v0.5.5 closes 0, opens 0; 0 advisories recorded as open in v0.19.1 as of 2026-07-23, "
                "before this release"
            ),
        ),
    ],
)
def test_the_outlook_is_one_sentence(changed: dict[str, object], said: str) -> None:
    """What an upgrade changes where it is known what runs now; records that are older than the release say so."""
    assert str(replace(OUTLOOK, **changed)) == said  # type: ignore[arg-type]


def test_a_sentence_names_the_gravest_few() -> None:
    """The rest are counted, so that a line stays one."""
    many = tuple(judged(number, float(number), APPLIES) for number in range(1, 6))

    said = str(replace(OUTLOOK, against="", opens=(), stays=many))

    assert "5 apply (CVE-5, medium 5.0; CVE-4, medium 4.0; CVE-3, low 3.0; 2 more), 0 do not" in said


def test_what_is_open_is_what_comes_and_what_stays() -> None:
    """The gravest first, whichever of the two it is."""
    assert [one.name for one in OUTLOOK.open] == ["CVE-4", "CVE-2", "CVE-3"]
    assert those(OUTLOOK.open, DOES_NOT) == (MILD,)


def test_staying_is_what_is_open_now() -> None:
    """What an upgrade closes and what it leaves open; nothing where nobody knows what runs now."""
    assert OUTLOOK.staying == (
        "3 advisories recorded as open in v0.5.5, which runs now, as of 2026-07-23: "
        "2 apply (CVE-1, critical 9.8; CVE-4, high 7.5), 0 do not, 1 cannot be told"
    )
    assert replace(OUTLOOK, against="").staying == ""


def test_the_source_is_named_and_nothing_is_called_safe() -> None:
    """The licence asks for the first, and the records cannot tell the second."""
    assert OUTLOOK.credit == (
        "recorded by 2026-07-23 in the somewhere, CC BY 4.0; none on record does not mean that a release is safe"
    )


def test_a_link_takes_no_foreign_characters() -> None:
    """A journal may come from anywhere, and its identifier ends up in pages."""
    assert judged(1).url == "https://osv.dev/vulnerability/P-1"
    assert replace(judged(1), id="x) <b>/../").url == "https://osv.dev/vulnerability/x%29%20%3Cb%3E%2F..%2F"
