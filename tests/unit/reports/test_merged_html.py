"""The page of merged runs stands on its own, leads to the report of each run, and alarms where production is away."""

from __future__ import annotations

import dataclasses

import pytest

from tests.unit.reports.parsed_page import ATTACK, ParsedPage, assert_sound
from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import merged, merged_html


def page(*runs: RunRecord) -> ParsedPage:
    """The page of these runs, taken apart."""
    return ParsedPage(merged_html.render(merged.of((run, f"home {at}") for at, run in enumerate(runs))))


@pytest.fixture(name="made")
def _made(finished: RunRecord, interrupted: RunRecord, lost: RunRecord) -> ParsedPage:
    return page(finished, interrupted, lost)


def test_the_page_stands_on_its_own(made: ParsedPage) -> None:
    """It is well formed, loads nothing, and its policy allows its own style alone."""
    assert_sound(made)


def test_each_row_leads_to_the_report_of_its_run(made: ParsedPage) -> None:
    """By a relative link into the folder of that run, whatever it is called."""
    assert {"home%200/matrix.html", "home%201/matrix.html", "home%202/matrix.html"} <= set(made.values("href"))


def test_that_production_is_not_back_comes_first(made: ParsedPage) -> None:
    """It is announced, before any verdict, with the command to run."""
    places = [
        made.content.index(word) for word in ('role="alert"', "<code>vllm-qualify restore</code>", 'class="matrix"')
    ]

    assert places == sorted(places)


def test_there_is_no_alarm_without_a_reason(finished: RunRecord, restored: RunRecord) -> None:
    """What production came to is told among the runs all the same."""
    made = page(finished, restored)

    assert "alert" not in made.values("role")
    assert "Production was down for 129 s" in made.content


def test_what_an_engine_said_is_text(finished: RunRecord) -> None:
    """No word of an engine becomes an element or an attribute of the page."""
    candidate = finished.candidates[1]
    cases = tuple(dataclasses.replace(case, message=ATTACK, diagnosis=None) for case in candidate.cases)
    hostile = dataclasses.replace(
        finished,
        run=ATTACK,
        facts={"node": ATTACK},
        candidates=(dataclasses.replace(candidate, image=ATTACK, cases=cases),),
    )

    made = page(finished, hostile)

    assert made.tags().isdisjoint({"script", "img"})
    assert made.values("onclick") == made.values("onerror") == []
