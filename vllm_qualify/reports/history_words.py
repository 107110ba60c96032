"""What every form of the history says of a course, in words; and its figures as a line of blocks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vllm_qualify.core import stats
from vllm_qualify.core.records import Observation, Role
from vllm_qualify.history.course import CourseChange, CourseReport, CourseState, FigureCourse, ImageCourse
from vllm_qualify.reports import text

STATES = {
    CourseState.QUALIFIED: "qualified",
    CourseState.UNDECIDED: "undecided",
    CourseState.FAILING: "failing",
}
_BLOCKS = "▁▂▃▄▅▆▇█"
_LEAST_AXIS = 0.1
_LONGEST_REASON = 160


def name(course: ImageCourse) -> str:
    """The image, and whether it was what others were compared with."""
    return f"{course.image} as the baseline" if course.role is Role.BASELINE else course.image


def where(course: ImageCourse) -> str:
    """Where it ran, and what it served."""
    known = (course.target, course.node, course.hardware, course.model)
    return ", ".join(text.one_line(one) for one in known if one)


def span(course: ImageCourse) -> str:
    """How many runs there are, and of which days."""
    first, last = (course.reports[place].at for place in (0, -1))
    days = f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return f"{text.counted(len(course.reports), 'run')}, {days}"


def state(course: ImageCourse) -> str:
    """What the latest verdicts say, with the first cause of the last one; ``""`` for a baseline."""
    streak = course.streak
    if streak is None:
        return ""
    said = f"{STATES[streak.state]} for {text.counted(streak.nights, 'night')}, since {streak.since:%Y-%m-%d}"
    last = course.reports[-1]
    why = reason(last) if streak.state is not CourseState.QUALIFIED else ""
    return f"{said}: {why}" if why else said


def reason(report: CourseReport) -> str:
    """The first cause of a report on one line, cut."""
    line = text.one_line(f"{report.cause} {report.reason}")
    return line if len(line) <= _LONGEST_REASON else f"{line[:_LONGEST_REASON]}…"


def silence(course: ImageCourse) -> str:
    """That a report is overdue; ``""`` where none is."""
    return f"has not reported since {course.silent_since:%Y-%m-%d}" if course.silent_since else ""


def value(figure: FigureCourse, number: float) -> str:
    """A value of a figure with its unit."""
    return text.value(Observation(name=figure.name, value=number, unit=figure.unit))


def spread(figure: FigureCourse) -> tuple[float, float, float, float]:
    """The last value, the median, the lowest and the highest."""
    values = figure.values
    return values[-1], stats.median(values), min(values), max(values)


def scale(values: Sequence[float]) -> tuple[float, float]:
    """Where an axis begins and how long it is: noise of little is not blown up to fill it."""
    low, high = min(values), max(values)
    length = max(high - low, _LEAST_AXIS * max(abs(low), abs(high))) or 1.0
    return (low + high) / 2 - length / 2, length


def change(figure: FigureCourse, found: CourseChange) -> str:
    """A change of level: from when on, both levels, whether it is for the worse, and what changed along with it."""
    share = "" if found.share is None else f"{100 * found.share:+.1f} %, "
    levels = f"{value(figure, found.before)} → {value(figure, found.after)}"
    along = f", along with {text.listing(map(text.one_line, found.along))}" if found.along else ""
    return f"since {found.at:%Y-%m-%d}: {levels} ({share}{'worse' if found.worse else 'better'}){along}"


def line(values: Sequence[float], *, width: int) -> str:
    """Values as blocks of eight heights, the oldest first; more than the width are bundled to their medians."""
    shown = list(_bundled(values, width))
    low, length = scale(shown)
    return "".join(_BLOCKS[min(int((one - low) / length * len(_BLOCKS)), len(_BLOCKS) - 1)] for one in shown)


def _bundled(values: Sequence[float], width: int) -> Iterator[float]:
    count = min(len(values), width)
    for place in range(count):
        yield stats.median(values[place * len(values) // count : (place + 1) * len(values) // count])


def headline(courses: Sequence[ImageCourse]) -> str:
    """One sentence for all of them: how many nights there are, who fails, who is missed, and how much changed."""
    nights = {report.at.date() for course in courses for report in course.reports}
    images = {course.image for course in courses}
    states = [course.streak.state for course in courses if course.streak]
    failing, undecided = (states.count(one) for one in (CourseState.FAILING, CourseState.UNDECIDED))
    silent = sum(course.silent_since is not None for course in courses)
    worse = sum(change.worse for course in courses for figure in course.figures for change in figure.changes)
    counts = (
        (failing, f"{failing} failing"),
        (undecided, f"{undecided} undecided"),
        (silent, f"{silent} did not report"),
        (worse, f"{text.counted(worse, 'change')} for the worse"),
    )
    found = text.listing(said for count, said in counts if count) or "nothing failing, nothing worse"
    return f"{text.counted(len(images), 'image')} over {text.counted(len(nights), 'night')}: {found}"
