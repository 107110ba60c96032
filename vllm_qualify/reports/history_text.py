"""The history for a terminal: ``vllm-qualify history``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vllm_qualify.history.course import FigureCourse, ImageCourse
from vllm_qualify.reports import history_words as words
from vllm_qualify.reports import text

WIDTH = 24
"""Characters of the course of a figure."""
_HEAD = ("figure", "runs", "course", "last", "median", "lowest", "highest")


def page(courses: Iterable[ImageCourse]) -> str:
    """Every course: where it ran, its verdicts, a row for each figure, and below the rows what changed."""
    return "\n\n".join("\n".join(line.rstrip() for line in _course(course)) for course in courses) + "\n"


def _course(course: ImageCourse) -> Iterator[str]:
    yield text.one_line(words.name(course))
    yield f"  {'; '.join(filter(None, (words.where(course), words.span(course))))}"
    yield from (f"  {said}" for said in (words.state(course), words.silence(course)) if said)
    if not course.figures:
        return
    rows = [_HEAD, *map(_row, course.figures)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  " + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
    for figure in course.figures:
        for change in figure.changes:
            yield f"  {figure.title} {words.change(figure, change)}"


def _row(figure: FigureCourse) -> tuple[str, ...]:
    line = words.line(figure.values, width=WIDTH)
    title = f"{figure.title}, {figure.unit}" if figure.unit else figure.title
    return (title, str(len(figure.points)), line, *map(text.number, words.spread(figure)))
