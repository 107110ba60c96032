"""The course of an image over all recorded runs, as every form of the history tells it: frozen types. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import Role


class CourseState(Enum):
    """What the latest verdicts say together."""

    QUALIFIED = "qualified"
    UNDECIDED = "undecided"
    FAILING = "failing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """The latest verdicts, as far back as they say the same.

    Attributes:
        state: what they say.
        nights: on how many days, in UTC, they were reached.
        since: the first of these days.
    """

    state: CourseState
    nights: int
    since: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseReport:
    """One run of an image.

    Attributes:
        run: name of the run.
        at: when it began, in UTC.
        verdict: what it said of the image; ``None`` for a baseline, which gets none.
        cause: id of the first cause, such as E01; ``""`` where nothing was diagnosed.
        reason: the first cause in words; ``""`` where nothing failed.
        driver: of the GPUs; ``""`` where none was seen.
        harness: vllm-qualify with its version.
    """

    run: str
    at: datetime
    verdict: Verdict | None
    cause: str
    reason: str
    driver: str
    harness: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoursePoint:
    """One value of a figure.

    Attributes:
        run: name of the run that measured it.
        at: when that run began, in UTC.
        value: what was measured, in the unit of the figure.
        low: lower end of its interval of 95 %; ``None`` where it has none.
        high: upper end of that interval; ``None`` where it has none.
    """

    run: str
    at: datetime
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseChange:
    """A change of the level of a figure.

    Attributes:
        at: when the first run at the new level began, in UTC.
        index: of the first value at the new level, counted from 0.
        before: median of the values since the change before it.
        after: median of the values up to the change after it.
        worse: the new level is the worse one.
        along: what else was another in that run than in the one before it, in words.
    """

    at: datetime
    index: int
    before: float
    after: float
    worse: bool
    along: tuple[str, ...]

    @property
    def share(self) -> float | None:
        """By how much the level changed, as a share of the old one; ``None`` where that is zero."""
        return (self.after - self.before) / abs(self.before) if self.before else None


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureCourse:
    """One figure of one image over time.

    Attributes:
        name: stable name, such as decode-rate.
        title: what people call it.
        unit: of its values; ``""`` where they have none.
        smaller_is_better: less of it is what one wants.
        points: its values, the oldest first; at least one.
        changes: where its level changed, the oldest first.
    """

    name: str
    title: str
    unit: str
    smaller_is_better: bool
    points: tuple[CoursePoint, ...]
    changes: tuple[CourseChange, ...]

    @property
    def values(self) -> tuple[float, ...]:
        """All values, the oldest first."""
        return tuple(point.value for point in self.points)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageCourse:
    """One image where it ran: what was measured elsewhere, or of another model, has another course.

    Attributes:
        image: as it was named.
        role: what its turns were for; as a baseline it is what candidates were compared with.
        target: what it ran on.
        node: the name of the place, such as context and node of a cluster; ``""`` for none.
        hardware: the GPUs by name, or the processor, as they were known last; ``""`` where neither is known.
        model: what was served in the everyday mode; ``""`` where the runs did not tell.
        reports: one for each run, the oldest first; at least one.
        streak: what its latest verdicts say together; ``None`` for a baseline, which gets none.
        silent_since: day of the latest report where the next one is overdue; else ``None``.
        figures: what was measured of it.
    """

    image: str
    role: Role
    target: str
    node: str
    hardware: str
    model: str
    reports: tuple[CourseReport, ...]
    streak: Streak | None
    silent_since: date | None
    figures: tuple[FigureCourse, ...]
