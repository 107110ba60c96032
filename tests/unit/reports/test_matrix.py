"""The matrix shows every candidate and requirement, and the first cause first."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime

from vllm_qualify.core.records import CandidateRecord, Outcome, RunRecord
from vllm_qualify.core.requirements import EXPECTED, Requirement
from vllm_qualify.reports import matrix


def row(run: RunRecord, name: str) -> matrix.Row:
    """The row of a candidate by its short name."""
    return next(row for row in matrix.of(run).rows if row.name == name)


def test_rows_and_columns_are_complete(interrupted: RunRecord) -> None:
    """Every image that was asked for has a row, every requirement a cell, tried or not."""
    whole = matrix.of(interrupted)

    assert [row.name for row in whole.rows] == ["v0.15.1", "v0.11.0", "nightly", "v0.9.2"]
    assert all([cell.requirement for cell in row.cells] == [known.id for known in EXPECTED] for row in whole.rows)


def test_a_cell_says_the_worst_and_its_first_message(finished: RunRecord) -> None:
    """Of a requirement's cases the worst speaks, with the words of the first of them."""
    cell = next(cell for cell in row(finished, "v0.12.0").cells if cell.requirement == "CLASSIFY")

    assert cell.outcome is Outcome.FAILED
    assert cell.message.startswith("0 of 72 answers are JSON")
    assert cell.cases == 5


def test_the_first_cause_comes_first_and_once(interrupted: RunRecord) -> None:
    """Cases that one dead engine failed are one reason; what it blocked is none."""
    dead = row(interrupted, "v0.15.1")

    assert [(reason.case, reason.also) for reason in dead.reasons] == [("DEPLOY/starts", ("DEPLOY/models",))]
    assert len(dead.blocked) == 6


def test_failures_come_before_warnings(interrupted: RunRecord) -> None:
    """Reasons are sorted by how grave they are, then by time."""
    outcomes = [reason.outcome for reason in row(interrupted, "v0.11.0").reasons]

    assert outcomes == [Outcome.BROKEN, Outcome.INCONCLUSIVE, *[Outcome.WARNED] * 3]


def test_what_is_not_shown_has_its_reason(finished: RunRecord) -> None:
    """A requirement that the target cannot show is listed, and so is one that it shows in part."""
    hidden = {one.requirement: one for one in row(finished, "v0.8.5.post1").not_shown}

    assert set(hidden) == {"THROUGHPUT", "VRAM", "ROUTE"}
    assert [name for name, one in hidden.items() if one.partly] == ["THROUGHPUT"]
    assert all(one.reason for one in hidden.values())


def test_a_requirement_of_a_newer_version_gets_a_column(finished: RunRecord) -> None:
    """A case of an unknown requirement is shown, not dropped."""
    candidate = finished.candidates[0]
    odd = dataclasses.replace(candidate.cases[0], requirement="NEWER", id="NEWER/a", outcome=Outcome.FAILED)
    run = dataclasses.replace(finished, candidates=(dataclasses.replace(candidate, cases=(*candidate.cases, odd)),))

    whole = matrix.of(run)

    assert whole.requirements[-1].id == "NEWER"
    assert whole.rows[0].cells[-1].outcome is Outcome.FAILED


def test_an_own_requirement_has_the_column_after_the_shipped_ones(finished: RunRecord) -> None:
    """Its declared sentence heads it; one that nobody tried has a column only where every candidate must show it."""
    own = tuple(
        Requirement(id=name, sentence=f"{name} holds.", optional=name != "MUST")
        for name in ("NEVER", "MUST", "LATENCY")
    )
    candidate = finished.candidates[0]
    case = dataclasses.replace(candidate.cases[0], requirement="LATENCY", id="LATENCY/a", sentence="One case of it.")
    tried = dataclasses.replace(candidate, cases=(case, *candidate.cases), requirements=own)

    whole = matrix.of(dataclasses.replace(finished, candidates=(tried,), requirements=own))

    assert [(one.id, one.sentence) for one in whole.requirements[-2:]] == [
        ("MUST", "MUST holds."),
        ("LATENCY", "LATENCY holds."),
    ]
    assert [cell.outcome for cell in whole.rows[0].cells[-2:]] == [None, case.outcome]
    assert whole.rows[0].not_tried == ("MUST",)
    assert "NEVER" not in {one.id for one in whole.requirements}


def test_candidates_that_share_a_tag_are_told_apart() -> None:
    """Two images of one tag are named in full."""
    images = ("a/vllm:v0.9.2", "b/vllm:v0.9.2")
    candidates = tuple(CandidateRecord(image=image, target="local") for image in images)
    run = RunRecord(run="r", started=datetime(2026, 1, 15, tzinfo=UTC), target="local", candidates=candidates)

    assert [row.name for row in matrix.of(run).rows] == list(images)


def test_a_reason_is_told_on_one_short_line(interrupted: RunRecord) -> None:
    """The cause where it is known, else what was seen; never more than a line of it."""
    known, unknown = row(interrupted, "v0.15.1").reasons[0], row(interrupted, "v0.11.0").reasons[0]
    long = dataclasses.replace(unknown, message="word " * 100)

    assert known.diagnosis is not None
    assert known.brief == known.diagnosis.title
    assert unknown.brief == unknown.message
    assert len(long.brief) <= 140
    assert long.brief.endswith("…")


def test_what_no_candidate_shows_is_listed_once(finished: RunRecord) -> None:
    """A reason that all share names none of them; one of a single candidate names it."""
    first, second, *_ = matrix.of(finished).rows
    shared, alone = first.not_shown[0], dataclasses.replace(first.not_shown[0], reason="because")
    rows = tuple(
        dataclasses.replace(one, not_shown=hidden) for one, hidden in ((first, (shared, alone)), (second, (shared,)))
    )

    assert matrix.hidden(rows) == {shared: (), alone: (first.name,)}
