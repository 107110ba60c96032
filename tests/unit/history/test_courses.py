"""The course of an image holds what belongs together, and says since when it fails and whether it is missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.unit.history.entries import FIRST, IMAGE, night, turn
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import Role
from vllm_qualify.history import courses
from vllm_qualify.history.course import CourseState, ImageCourse
from vllm_qualify.history.entries import RecordedFigure, RecordedRun, RecordedTurn

BAD, GOOD, UNSURE = Verdict.NOT_QUALIFIED, Verdict.QUALIFIED, Verdict.INCONCLUSIVE


def only(runs: list[RecordedRun], *, after: timedelta = timedelta()) -> ImageCourse:
    """The one course of runs, looked at some time after the last of them."""
    (course,) = courses.of(runs, now=runs[-1].started + after)
    return course


@pytest.mark.parametrize(
    ("verdicts", "state", "nights"),
    [
        ([GOOD, BAD, BAD, BAD], CourseState.FAILING, 3),
        ([BAD, UNSURE, BAD], CourseState.FAILING, 1),
        ([BAD, Verdict.RULED_OUT], CourseState.FAILING, 2),
        ([BAD, UNSURE, Verdict.BROKEN], CourseState.UNDECIDED, 2),
        ([BAD, GOOD, Verdict.QUALIFIED_WITH_WARNINGS], CourseState.QUALIFIED, 2),
        ([BAD, Verdict.NOT_TRIED, BAD], CourseState.FAILING, 2),
    ],
)
def test_the_latest_verdicts_are_counted_back(verdicts: list[Verdict], state: CourseState, nights: int) -> None:
    """As far as they say the same; a run in which the image was not tried says nothing."""
    course = only([night(number, turn(verdict)) for number, verdict in enumerate(verdicts)])

    assert course.streak is not None
    assert (course.streak.state, course.streak.nights) == (state, nights)


def test_two_runs_of_a_day_are_one_night() -> None:
    """It fails since that day."""
    runs = [night(0, turn(GOOD)), night(1, turn(BAD)), replace(night(1, turn(BAD), name="again"))]

    streak = only(runs).streak

    assert streak is not None
    assert (streak.nights, streak.since) == (1, date(2026, 1, 2))


@pytest.mark.parametrize(("hours", "since"), [(24, None), (35, None), (37, date(2026, 1, 5))])
def test_an_image_is_missed_when_its_next_report_is_overdue(hours: int, since: date | None) -> None:
    """Of a nightly one, half a day after it should have come."""
    course = only([night(number) for number in range(5)], after=timedelta(hours=hours))

    assert course.silent_since == since


def test_a_weekly_image_is_not_missed_after_days() -> None:
    """Its own interval counts; a single report promises no other."""
    assert only([night(7 * number) for number in range(4)], after=timedelta(days=8)).silent_since is None
    assert only([night(0)], after=timedelta(days=300)).silent_since is None


def test_what_ran_elsewhere_has_another_course() -> None:
    """Another node, target, model, card or role; a baseline's second turn belongs to none."""
    plain = night(0, turn(load=30.0))
    others = [replace(plain, node="other"), replace(plain, target="local"), replace(plain, model="other")]
    turns = [replace(turn(), hardware="H200"), replace(turn(), role=Role.BASELINE, verdict=None)]
    again = replace(turn(), role=Role.BASELINE_AGAIN, verdict=None)

    found = courses.of([plain, *others, night(1, *turns, again)], now=FIRST)

    assert len(found) == 6
    assert (found[0].role, found[0].streak) == (Role.BASELINE, None)
    assert {course.image for course in found} == {IMAGE}


def test_a_change_tells_what_changed_along_with_it() -> None:
    """What a verdict holds for, and what was asked; what differs every night, or was not recorded once, is left out."""
    old = {"digest": "sha256:a", "pull": "3.1 s", "model revision": "r1"}
    new = {"digest": "sha256:b", "pull": "2.9 s", "build": "wheel 2"}
    asked = {"arguments of the manifests": "--x 1 (sha256 0123456789abcdef)", "workload": "ab"}
    other = {"arguments of the manifests": "--x 2 (sha256 0123456789abcde0)", "workload": "ab"}
    first, second = replace(turn(facts=old), driver="570"), replace(turn(facts=new), driver="580")
    runs = [night(number, _rate(first, 40.0 + number % 3), facts=asked) for number in range(12)]
    runs += [night(number, _rate(second, 30.0 + number % 3), facts=other) for number in range(12, 20)]

    (change,) = only(runs).figures[0].changes

    assert (change.at, change.worse, change.before, change.after) == (runs[12].started, True, 41.0, 31.0)
    assert change.along == (
        "digest sha256:a → sha256:b",
        "arguments of the manifests --x 1 (sha256 0123456789abcdef) → --x 2 (sha256 0123456789abcde0)",
        "driver 570 → 580",
    )


def test_a_named_node_stays_one_when_its_card_changes() -> None:
    """The new card is named with the change that it brought; nights on which none was seen are of the same course."""
    cards = [("A10", 20.0), ("H200", 40.0)]
    runs = [
        night(number, replace(_rate(turn(), rate + number % 3), hardware=card), node="worker")
        for number, (card, rate) in enumerate(card for card in cards for _ in range(10))
    ]
    runs.append(night(20, turn(BAD), node="worker"))

    course = only(runs)

    assert (course.hardware, len(course.reports)) == ("H200", 21)
    assert [change.along for change in course.figures[0].changes] == [("GPUs A10 → H200",)]


def _rate(one: RecordedTurn, rate: float) -> RecordedTurn:
    return replace(one, figures=(RecordedFigure(name="decode-rate", value=rate),))


def test_less_of_what_should_be_small_is_better() -> None:
    """A load time that falls, beside a rate that does."""
    values = [40.0 - 10 * (number > 9) for number in range(20)]
    runs = [night(number, turn(load=value, decode_rate=value)) for number, value in enumerate(values)]

    assert [figure.changes[0].worse for figure in only(runs).figures] == [False, True]
