"""The history for spreadsheets and Apache Otava: ``vllm-qualify history --format csv``. Pure.

Otava's importer (otava/importer.py) wants a row for each point of time, a column of times, columns of numbers, and
takes a column named branch for what must not be mixed. It takes no empty cell in a column that it is told to read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime

from vllm_qualify.history.course import CourseReport, ImageCourse
from vllm_qualify.reports import history_words as words
from vllm_qualify.reports import text

_PLACE = ("role", "target", "node", "hardware", "model", "driver", "harness", "verdict")
_ABOUT = ("time", "branch", "run", "image", *_PLACE)


def page(courses: Iterable[ImageCourse], *, whole: bool = False) -> str:
    """A row for each run of an image that measured anything, in the order of courses and time.

    Args:
        courses: of the images.
        whole: leave out rows that lack one of the figures.
    """
    courses = tuple(courses)
    figures = list(dict.fromkeys(figure.name for course in courses for figure in course.figures))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_ABOUT, *figures])
    for course in courses:
        for about, measured in _rows(course):
            cells = [measured.get(name, "") for name in figures]
            if not (whole and "" in cells):
                writer.writerow([*map(text.inert, about), *cells])
    return out.getvalue()


def _rows(course: ImageCourse) -> Iterator[tuple[tuple[str, ...], dict[str, float]]]:
    measured: dict[tuple[datetime, str], dict[str, float]] = {}
    for figure in course.figures:
        for point in figure.points:
            measured.setdefault((point.at, point.run), {})[figure.name] = point.value
    for report in course.reports:
        if values := measured.get((report.at, report.run)):
            yield _about(course, report), values


def _about(course: ImageCourse, report: CourseReport) -> tuple[str, ...]:
    where = words.where(course)
    branch = f"{words.name(course)} ({where})" if where else words.name(course)
    verdict = report.verdict.value if report.verdict else ""
    place = (course.role.value, course.target, course.node, course.hardware, course.model)
    return (report.at.isoformat(), branch, report.run, course.image, *place, report.driver, report.harness, verdict)
