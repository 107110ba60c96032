"""The course of a figure as a small inline SVG: points with their intervals, levels, and where these changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

from markupsafe import Markup

from vllm_qualify.core import stats
from vllm_qualify.history.course import CoursePoint, FigureCourse
from vllm_qualify.reports import history_words as words

WIDTH, HEIGHT = 600, 120
_PAD = 8
_MOST_DOTS = 120


def trend(figure: FigureCourse, begin: datetime, end: datetime) -> Markup:
    """One figure over time.

    Args:
        figure: what was measured.
        begin: where the axis of time begins.
        end: where it ends.
    """
    scale = _Scale(figure.points, begin, end)
    return Markup(
        '<svg class="trend" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">{band}{changes}{levels}'
        '<polyline class="course" points="{line}"/>{dots}</svg>'
    ).format(
        w=WIDTH,
        h=HEIGHT,
        label=_label(figure),
        band=_band(figure.points, scale),
        changes=Markup().join(_changes(figure, scale)),
        levels=Markup().join(_levels(figure, scale)),
        line=" ".join(f"{scale.x(point.at):.1f},{scale.y(point.value):.1f}" for point in figure.points),
        dots=Markup().join(_dots(figure, scale)),
    )


class _Scale:
    """Where a time and a value lie in the picture."""

    def __init__(self, points: Sequence[CoursePoint], begin: datetime, end: datetime) -> None:
        ends = [one for point in points for one in (point.value, point.low, point.high) if one is not None]
        self._begin, self._seconds = begin, (end - begin).total_seconds()
        self._low, self._length = words.scale(ends)

    def x(self, at: datetime) -> float:
        share = (at - self._begin).total_seconds() / self._seconds if self._seconds else 0.5
        return _PAD + share * (WIDTH - 2 * _PAD)

    def y(self, value: float) -> float:
        return HEIGHT - _PAD - (value - self._low) / self._length * (HEIGHT - 2 * _PAD)


def _label(figure: FigureCourse) -> str:
    last, median, lowest, highest = (words.value(figure, one) for one in words.spread(figure))
    changed = [words.change(figure, change) for change in figure.changes]
    said = f"{figure.title}: last {last}, median {median}, from {lowest} to {highest}"
    return "; ".join([said, *changed])


def _band(points: Sequence[CoursePoint], scale: _Scale) -> Markup:
    """The intervals of all points that have one, as one area."""
    known = [(scale.x(one.at), one.low, one.high) for one in points if one.low is not None and one.high is not None]
    if len(known) < len(points) or len(points) == 1:
        return Markup()
    corners = [*((x, high) for x, _, high in known), *((x, low) for x, low, _ in reversed(known))]
    return Markup('<polygon class="band" points="{}"/>').format(
        " ".join(f"{x:.1f},{scale.y(value):.1f}" for x, value in corners)
    )


def _changes(figure: FigureCourse, scale: _Scale) -> Iterator[Markup]:
    for change in figure.changes:
        x = scale.x(change.at)
        yield Markup('<path class="{kind}" d="M{x:.1f} 0V{h}"><title>{said}</title></path>').format(
            kind="worse" if change.worse else "better", x=x, h=HEIGHT, said=words.change(figure, change)
        )


def _levels(figure: FigureCourse, scale: _Scale) -> Iterator[Markup]:
    ends = [0, *(change.index for change in figure.changes), len(figure.points)]
    for low, high in pairwise(ends):
        part = figure.points[low:high]
        begin, end, y = scale.x(part[0].at), scale.x(part[-1].at), scale.y(stats.median([one.value for one in part]))
        yield Markup('<path class="level" d="M{:.1f} {:.1f}H{:.1f}"/>').format(begin, y, end)


def _dots(figure: FigureCourse, scale: _Scale) -> Iterator[Markup]:
    """Each value, to be pointed at; of a long course the last one alone."""
    for point in figure.points if len(figure.points) <= _MOST_DOTS else figure.points[-1:]:
        yield Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{}"><title>{}</title></circle>').format(
            scale.x(point.at),
            scale.y(point.value),
            4 if point is figure.points[-1] else 2.5,
            f"{point.at:%Y-%m-%d %H:%M}: {words.value(figure, point.value)}",
        )
