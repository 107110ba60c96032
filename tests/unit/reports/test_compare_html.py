"""The page of a comparison stands on its own, tells what matters first, and trusts nothing that an engine said."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.reports.parsed_page import ATTACK, ParsedPage, assert_sound
from tests.unit.reports.test_compare import with_answers
from vllm_qualify.core.records import Observation, RunRecord
from vllm_qualify.core.stats import Bounds
from vllm_qualify.reports import compare, compare_html
from vllm_qualify.reports.compare_figures import FigurePair
from vllm_qualify.reports.compare_rules import ChangeStanding, FigureChange


def page(before: RunRecord, after: RunRecord) -> ParsedPage:
    """The page of two runs, taken apart."""
    return ParsedPage(compare_html.render(compare.of(before, after)))


@pytest.mark.parametrize("names", [("finished", "interrupted"), ("finished", "restored"), ("restored", "restored")])
def test_the_page_stands_on_its_own(request: pytest.FixtureRequest, names: tuple[str, str]) -> None:
    """It is well formed, loads nothing, and its policy allows its own style alone."""
    assert_sound(page(*map(request.getfixturevalue, names)))


def test_what_matters_comes_first(finished: RunRecord, interrupted: RunRecord) -> None:
    """The sentence, what differs about the runs, then the worst, and what is the same last."""
    content = page(finished, interrupted).content
    places = [
        content.index("<h1>1 requirement is worse and 4 are no longer shown.</h1>"),
        content.index("The runs themselves differ"),
        content.index('class="signed s-worse"'),
        content.index('class="signed s-cannot-tell"'),
        content.index('class="signed s-same"'),
    ]

    assert places == sorted(places)


def test_each_difference_has_both_figures(finished: RunRecord, restored: RunRecord) -> None:
    """In their own unit, with the difference as well."""
    content = page(finished, restored).content

    assert re.search(r"LOAD/first-token total</th>\s*<td[^>]*>38\.32 s</td>\s*<td[^>]*>2\.21 s</td>", content)
    assert "-36.11 s, -94 %" in content


def test_answers_that_changed_are_side_by_side(finished: RunRecord) -> None:
    """Both texts of a document are in one row."""
    content = page(with_answers(finished, {"d1": ("yes", True)}), with_answers(finished, {"d1": ("no", False)})).content

    assert re.search(r'data-side="before">yes</td><td [^>]*data-side="after">no</td>', content)


@pytest.mark.parametrize("field", ["image", "observation", "fact", "run", "answer"])
def test_what_an_engine_said_is_text(finished: RunRecord, field: str) -> None:
    """No word of an engine becomes an element or an attribute of the page."""
    candidate = finished.candidates[0]
    seen = Observation(name=ATTACK, value=ATTACK)
    changed = {
        "image": dataclasses.replace(finished, candidates=(dataclasses.replace(candidate, image=ATTACK),)),
        "observation": dataclasses.replace(
            finished,
            candidates=(
                dataclasses.replace(
                    candidate, cases=(dataclasses.replace(candidate.cases[0], observations=(seen, seen)),)
                ),
            ),
        ),
        "fact": dataclasses.replace(finished, facts={ATTACK: ATTACK}, candidates=(candidate,)),
        "run": dataclasses.replace(finished, run=ATTACK, candidates=(candidate,)),
        "answer": with_answers(finished, {ATTACK: (ATTACK, True)}),
    }
    before = with_answers(finished, {ATTACK: ("a", True)}) if field == "answer" else changed["image"]
    before = dataclasses.replace(before, candidates=(before.candidates[0],))

    made = page(before, changed[field])

    assert made.tags().isdisjoint({"script", "img"})
    assert made.values("onclick") == made.values("onerror") == []
    assert "alert(1)" in made.content


@given(share=st.floats(), ends=st.none() | st.tuples(st.floats(), st.floats()))
def test_a_bar_stays_on_its_scale(share: float, ends: tuple[float, float] | None) -> None:
    """Whatever a figure did, nothing of its bar lies outside, and more of it is on the right."""
    interval = Bounds(low=ends[0], nominal=share, high=ends[1]) if ends else None
    pair = FigurePair(
        case="c",
        before=Observation(name="n", value=1.0),
        after=Observation(name="n", value=1.0 + share),
        change=FigureChange(standing=ChangeStanding.WORSE, interval=interval),
    )

    drawn = str(compare_html._bar(pair))

    places = [float(one) for one in re.findall(r'[ M"]x?="?([-\d.]+)"? ', drawn)]
    assert all(0 <= place <= 96 for place in places)
    moved = re.search(r'class="moved" x="([\d.]+)"', drawn)
    if moved and abs(share) > 0.01:
        assert (float(moved[1]) >= 47.9) is (share > 0)
