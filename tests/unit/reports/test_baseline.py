"""The baseline stands before the candidates with its figures, once, and has no verdict."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from vllm_qualify import reports
from vllm_qualify.core import outcomes
from vllm_qualify.core.records import CandidateRecord, Outcome, Role, RunRecord, Skipped
from vllm_qualify.reports import baseline, console, csv, html, junit, matrix, matrix_json, matrix_markdown

NAME = "production today (v0.5.5)"
ABSENT = CandidateRecord(
    image="", target="kubernetes", role=Role.BASELINE, aside=Skipped(ruled_out=False, reason="production was away")
)


def first(run: RunRecord) -> CandidateRecord:
    """The first turn of the baseline."""
    assert run.baseline is not None
    return run.baseline


def test_its_figures_are_told_with_their_drift(beside: RunRecord) -> None:
    """In the order of the table; the second turn is no row of its own."""
    told = [str(one) for one in baseline.figures(first(beside), beside.baseline_again)]

    assert [one.split(" ")[0] for one in told] == ["decode", "first", "load", "GPU"]
    assert told[0].startswith("decode rate ")
    assert told[0].endswith(" tokens/s (-1.0 % when measured again)")


def test_without_a_second_turn_there_is_no_drift(beside: RunRecord) -> None:
    """Nothing is made up."""
    assert {one.drift for one in baseline.figures(first(beside), None)} == {None}


def test_no_drift_has_no_sign(beside: RunRecord) -> None:
    """Less than a tenth of a percent is none."""
    (rate, *_) = baseline.figures(first(beside), first(beside))

    assert str(replace(rate, drift=-0.0001)).endswith("(+0.0 % when measured again)")


def test_what_it_was_not_asked_is_left_empty(beside: RunRecord) -> None:
    """Only of a candidate it would be missing."""
    some = replace(first(beside), cases=first(beside).cases[-1:])
    page = matrix_markdown.files(replace(beside, baseline=some))["matrix.md"].decode()

    (row,) = [line for line in page.splitlines() if line.startswith("| *production today")]
    assert "not tried" not in row
    assert row.endswith(f"passed: {some.cases[0].requirement} |")


def test_it_changes_no_verdict_and_no_exit_code(beside: RunRecord, restored: RunRecord) -> None:
    """Whatever it fails itself."""
    broken = tuple(replace(case, outcome=Outcome.FAILED) for case in first(beside).cases)
    failing = replace(beside, baseline=replace(first(beside), cases=broken))

    assert outcomes.exit_code(failing) == outcomes.exit_code(restored)
    assert matrix.of(failing).headline == matrix.of(restored).headline
    assert "it fails" in baseline.summary(first(failing), None)


def test_every_page_shows_it_before_the_candidates(beside: RunRecord) -> None:
    """Under one name; what is for a pipeline or a spreadsheet holds candidates alone."""
    pages = [
        console.render(beside),
        matrix_markdown.files(beside)["matrix.md"].decode(),
        html.files(beside)["matrix.html"].decode(),
    ]

    for page in pages:
        assert page.index("production today") < page.index(matrix.of(beside).rows[0].name)
    assert b"production today" not in junit.files(beside)["junit.xml"] + csv.files(beside)["matrix.csv"]


@pytest.mark.parametrize("absent", [False, True])
def test_programs_find_it_beside_the_candidates(
    beside: RunRecord, validate: Callable[[str, object], None], *, absent: bool
) -> None:
    """By the published schema, and with both of its turns."""
    run = replace(beside, baseline=ABSENT, baseline_again=ABSENT) if absent else beside
    document = matrix_json.document(run)

    validate("matrix", document)
    found = document["baseline"]
    assert found["name"] == ("no baseline" if absent else NAME)
    assert len(found["again"]) == len(found["cases"]) == (0 if absent else len(first(beside).cases))
    assert len(document["candidates"]) == len(beside.candidates)


def test_none_says_why(beside: RunRecord) -> None:
    """A sentence, and no row of cases that were never asked."""
    told = console.render(replace(beside, baseline=ABSENT, baseline_again=None))

    assert "no baseline: no baseline: production was away" not in told
    assert "no baseline: production was away" in told
    assert "production today" not in told


def test_one_that_shows_nothing_is_none(beside: RunRecord) -> None:
    """It never became ready, say: that is no baseline, and no pass."""
    cases = tuple(
        replace(case, outcome=Outcome.BLOCKED, observations=(), message="it never became ready")
        for case in first(beside).cases
    )

    assert baseline.summary(replace(first(beside), cases=cases), None) == "no baseline: it never became ready"


def test_older_journals_have_none(finished: RunRecord) -> None:
    """Every report of them is what it was."""
    assert matrix.of(finished).baseline is None
    assert matrix_json.document(finished)["baseline"] is None
    assert reports.all(finished)
