"""The history for a reader: history.html, one file that needs no network, no script and no font of its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from vllm_qualify.history import change_points
from vllm_qualify.history.course import CourseReport, CourseState, ImageCourse
from vllm_qualify.history.courses import state_of
from vllm_qualify.reports import history_charts as charts
from vllm_qualify.reports import history_words as words
from vllm_qualify.reports import page_parts, sentences, text

MOST_NIGHTS = 90
"""How many of its latest reports the row of verdicts of an image shows."""
_OUTCOMES = {CourseState.QUALIFIED: "passed", CourseState.UNDECIDED: "inconclusive", CourseState.FAILING: "failed"}


def page(courses: Iterable[ImageCourse], *, now: datetime) -> str:
    """Every course: its latest verdicts, and a picture of each figure.

    Args:
        courses: of the images.
        now: when the page is made.
    """
    courses = tuple(courses)
    style = page_parts.inline("style.css") + page_parts.inline("history.css")
    made = page_parts.TEMPLATES.get_template("history.html.j2").render(
        alpha=change_points.ALPHA,
        anchor=page_parts.PageAnchors(),
        counted=text.counted,
        courses=courses,
        fewest=change_points.FEWEST,
        headline=words.headline(courses),
        outcome_of=_outcome_of,
        latest=_latest,
        now=now,
        number=text.number,
        policy=page_parts.policy(style=style),
        span=_span,
        style=style,
        told=_told,
        trend=charts.trend,
        words=words,
    )
    return text.clean(made)


def _outcome_of(course: ImageCourse) -> str:
    return _OUTCOMES[course.streak.state] if course.streak else ""


def _latest(course: ImageCourse) -> tuple[CourseReport, ...]:
    """The latest reports with a verdict."""
    return tuple(report for report in course.reports if report.verdict is not None)[-MOST_NIGHTS:]


def _span(course: ImageCourse) -> tuple[datetime, datetime]:
    return course.reports[0].at, course.reports[-1].at


def _told(report: CourseReport) -> tuple[str, str]:
    """The outcome whose sign a report has, and what is told of it."""
    if report.verdict is None:
        return "", ""
    why = words.reason(report)
    said = f"{report.at:%Y-%m-%d %H:%M}: {sentences.VERDICTS[report.verdict]}"
    return _OUTCOMES[state_of(report.verdict)], f"{said}: {why}" if why else said
