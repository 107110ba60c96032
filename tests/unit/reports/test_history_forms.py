"""The history says the same in every form, and trusts nothing that a run said."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.history.entries import FIRST, night, turn
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.history import courses
from vllm_qualify.history.course import ImageCourse
from vllm_qualify.history.entries import RecordedFigure, RecordedTurn
from vllm_qualify.reports import history_csv, history_html, history_json, history_text
from vllm_qualify.reports import history_words as words

NOW = datetime(2026, 1, 25, tzinfo=UTC)
ATTACK = '</title><script>alert(1)</script>"\' onload="x\x1b[2J'
NEWER = "vllm/vllm-openai:v0.15.1"


def measured(number: int) -> RecordedTurn:
    """A night's figures: the load time rises on the 13th night, the rate has an interval."""
    load = RecordedFigure(name="load", value=30.0 + number % 3 + 15 * (number > 11), unit="s")
    rate = RecordedFigure(name="decode-rate", value=40.0 + number % 2, unit="tokens/s", low=39.0, high=42.0)
    driver = "570.1" if number < 12 else "580.2"
    return replace(turn(), hardware="NVIDIA H200", driver=driver, figures=(load, rate))


@pytest.fixture(name="found", scope="module")
def _found() -> tuple[ImageCourse, ...]:
    """Twenty nights: one image that is measured, and one that has been failing for two of them and is missed since."""
    death = replace(turn(Verdict.NOT_QUALIFIED, image=NEWER), cause="E01", reason="the driver is too old")
    nights = [night(number, measured(number), model="qwen", target="kubernetes", node="worker") for number in range(20)]
    nights += [night(3, turn(image=NEWER), name="a"), night(4, death, name="b"), night(5, death, name="c")]
    return courses.of(nights, now=NOW)


def test_the_text_is_a_table_for_each_image(found: tuple[ImageCourse, ...]) -> None:
    """With the verdicts above it and the changes below."""
    assert history_text.page(found) == (
        "vllm/vllm-openai:v0.12.0\n"
        "  kubernetes, worker, NVIDIA H200, qwen; 20 runs, 2026-01-01 to 2026-01-20\n"
        "  qualified for 20 nights, since 2026-01-01\n"
        "  has not reported since 2026-01-20\n"
        "  figure                 runs  course                last  median  lowest  highest\n"
        "  load time, s           20    ▁▁▁▁▁▁▁▁▁▁▁▁████████  46    32      30      47\n"
        "  decode rate, tokens/s  20    ▄▅▄▅▄▅▄▅▄▅▄▅▄▅▄▅▄▅▄▅  41    40.5    40      41\n"
        "  load time since 2026-01-13: 31 s → 46 s (+48.4 %, worse), along with driver 570.1 → 580.2\n"
        "\n"
        "vllm/vllm-openai:v0.15.1\n"
        "  3 runs, 2026-01-04 to 2026-01-06\n"
        "  failing for 2 nights, since 2026-01-05: E01 the driver is too old\n"
        "  has not reported since 2026-01-06\n"
    )


def test_the_document_is_valid_by_its_schema(
    found: tuple[ImageCourse, ...], validate: Callable[[str, object], None]
) -> None:
    """Days and times as texts, and what is not known is null."""
    document = json.loads(history_json.page(found))

    validate("history", document)
    first, second = document["images"]
    assert first["streak"] == {"state": "qualified", "nights": 20, "since": "2026-01-01"}
    assert first["figures"][0]["changes"][0]["along"] == ["driver 570.1 → 580.2"]
    assert first["figures"][0]["points"][0] == {
        "run": night(0).name,
        "at": "2026-01-01T02:00:00+00:00",
        "value": 30.0,
        "low": None,
        "high": None,
    }
    assert (second["reports"][-1]["cause"], second["silent_since"]) == ("E01", "2026-01-06")


def test_a_cell_without_a_figure_is_empty_unless_it_must_not_be(found: tuple[ImageCourse, ...]) -> None:
    """A night that lacks one of the figures has a row, but not for a reader that takes no empty cell."""
    load, rate = found[0].figures
    partly = replace(found[0], figures=(load, replace(rate, points=rate.points[1:])))

    all_, whole = (list(csv.DictReader(io.StringIO(history_csv.page([partly], whole=one)))) for one in (False, True))

    assert (len(all_), len(whole)) == (20, 19)
    assert (all_[0]["load"], all_[0]["decode-rate"]) == ("30.0", "")
    assert all_[0]["branch"] == "vllm/vllm-openai:v0.12.0 (kubernetes, worker, NVIDIA H200, qwen)"


def test_the_page_needs_nothing_and_shows_every_change(found: tuple[ImageCourse, ...]) -> None:
    """No script, no address, a policy that forbids both; a picture for each figure, in words for who cannot see it."""
    made = history_html.page(found, now=NOW)

    assert "default-src 'none'" in html.unescape(made)
    assert not re.search(r"<script|https?:|url\(|<link|<img", made)
    pictures = [ET.fromstring(one) for one in re.findall(r"<svg class=\"trend\".*?</svg>", made, re.DOTALL)]  # noqa: S314 - ours.
    assert [len(one.findall("circle")) for one in pictures] == [20, 20]
    assert [len(one.findall("path[@class='worse']")) for one in pictures] == [1, 0]
    assert [len(one.findall("polygon")) for one in pictures] == [0, 1]
    assert "load time: last 46 s, median 32 s, from 30 s to 47 s; since 2026-01-13" in pictures[0].attrib["aria-label"]
    assert "2 images over 20 nights: 1 failing, 2 did not report and 1 change for the worse" in made


def test_what_runs_said_is_text(found: tuple[ImageCourse, ...]) -> None:
    """Names, nodes, reasons and facts of any run, in every form."""
    hostile = replace(
        found[1],
        image=ATTACK,
        node=ATTACK,
        model=ATTACK,
        reports=tuple(replace(one, reason=ATTACK, run=ATTACK) for one in found[1].reports),
    )

    page, said = history_html.page([hostile], now=NOW), history_text.page([hostile])

    assert "<script" not in page
    assert ' onload="x' not in page
    assert "\x1b" not in page + said + history_csv.page([hostile]) + history_json.page([hostile])


def test_a_long_reason_is_cut(found: tuple[ImageCourse, ...]) -> None:
    """The whole of it stands in the document for programs."""
    reports = tuple(replace(one, reason="x" * 1000) for one in found[1].reports)

    said = words.state(replace(found[1], reports=reports))

    assert said.endswith("x…")
    assert len(said) < 220


VALUES = st.lists(st.floats(min_value=-1e300, max_value=1e300), min_size=1, max_size=30)


@given(VALUES)
def test_any_course_can_be_shown(values: list[float]) -> None:
    """Figures of any size, also a single one, and such as differ by more than a number can say."""
    nights = [night(number, turn(load=value)) for number, value in enumerate(values)]

    found = courses.of(nights, now=FIRST)

    assert "nan" not in history_html.page(found, now=FIRST)
    assert len(words.line(values, width=24)) == min(len(values), 24)
    assert history_text.page(found)


def test_many_values_are_bundled_to_the_width() -> None:
    """The medians of neighbours, so that the line keeps its shape."""
    assert words.line([1.0] * 50 + [2.0] * 50, width=10) == "▁▁▁▁▁█████"
    assert set(words.line([3.0] * 3, width=10)) <= set("▄▅")


def test_the_page_of_years_is_small() -> None:
    """Three years of nights of one image are half a megabyte at most."""
    nights = [night(number, measured(number)) for number in range(1100)]

    made = history_html.page(courses.of(nights, now=NOW), now=NOW)

    assert len(made) < 500_000
