"""The course of each image over all recorded runs: its figures, where they changed, and its latest verdicts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise, takewhile

from vllm_qualify.core import fact_names, stats
from vllm_qualify.core.outcomes import FAVOURABLE, Verdict
from vllm_qualify.core.records import Role
from vllm_qualify.history import change_points
from vllm_qualify.history.course import (
    CourseChange,
    CoursePoint,
    CourseReport,
    CourseState,
    FigureCourse,
    ImageCourse,
    Streak,
)
from vllm_qualify.history.entries import RecordedFigure, RecordedRun, RecordedTurn
from vllm_qualify.history.figures import FIGURES

OVERDUE = 1.5
"""After so many of its usual intervals an image that did not report is missed."""
_UNDECIDED = frozenset({Verdict.INCONCLUSIVE, Verdict.BROKEN})
_LONGEST_SHOWN = 60
_Seen = tuple[RecordedRun, RecordedTurn]


def of(runs: Iterable[RecordedRun], *, now: datetime) -> tuple[ImageCourse, ...]:
    """The courses of all images, baselines first, then by the time of their latest report, the newest first.

    A baseline's second turn in a run says how far it drifted in that run, and is left out.

    Args:
        runs: the oldest first.
        now: for what is overdue.
    """
    seen: dict[tuple[str, ...], list[_Seen]] = {}
    for run in runs:
        for turn in run.turns:
            if turn.role is not Role.BASELINE_AGAIN and turn.verdict is not Verdict.NOT_TRIED:
                key = (turn.image, turn.role.value, run.target, run.node, turn.hardware, run.model)
                seen.setdefault(key, []).append((run, turn))
    found = [_course(turns, now) for turns in seen.values()]
    found.sort(key=lambda one: (one.role is Role.CANDIDATE, -one.reports[-1].at.timestamp(), one.image))
    return tuple(found)


def _course(seen: Sequence[_Seen], now: datetime) -> ImageCourse:
    run, turn = seen[-1]
    reports = tuple(
        CourseReport(
            run=run.name,
            at=run.started,
            verdict=turn.verdict,
            cause=turn.cause,
            reason=turn.reason,
            driver=turn.driver,
            harness=run.harness,
        )
        for run, turn in seen
    )
    return ImageCourse(
        image=turn.image,
        role=turn.role,
        target=run.target,
        node=run.node,
        hardware=turn.hardware,
        model=run.model,
        reports=reports,
        streak=_streak(reports),
        silent_since=_silent_since(reports, now),
        figures=tuple(_figures(seen)),
    )


def _streak(reports: Sequence[CourseReport]) -> Streak | None:
    last = reports[-1].verdict
    if last is None:
        return None
    state = state_of(last)
    same = takewhile(lambda one: one.verdict is not None and state_of(one.verdict) is state, reversed(reports))
    days = {report.at.date() for report in same}
    return Streak(state=state, nights=len(days), since=min(days))


def state_of(verdict: Verdict) -> CourseState:
    """What a verdict says in a course."""
    if verdict in FAVOURABLE:
        return CourseState.QUALIFIED
    return CourseState.UNDECIDED if verdict in _UNDECIDED else CourseState.FAILING


def _silent_since(reports: Sequence[CourseReport], now: datetime) -> date | None:
    """One report alone promises no other; several in one day are no rhythm."""
    days = sorted({report.at.date() for report in reports})
    if len(days) == 1:
        return None
    usual = timedelta(days=stats.median([(later - earlier).days for earlier, later in pairwise(days)]))
    return days[-1] if now - reports[-1].at > OVERDUE * usual else None


def _figures(seen: Sequence[_Seen]) -> Iterator[FigureCourse]:
    for name, figure in FIGURES.items():
        measured = [(run, turn, one) for run, turn in seen for one in turn.figures if one.name == name]
        if not measured:
            continue
        points = tuple(_point(run, one) for run, _, one in measured)
        around = [(run, turn) for run, turn, _ in measured]
        yield FigureCourse(
            name=name,
            title=figure.title,
            unit=measured[-1][2].unit,
            smaller_is_better=figure.smaller_is_better,
            points=points,
            changes=tuple(_changes(points, around, smaller_is_better=figure.smaller_is_better)),
        )


def _point(run: RecordedRun, figure: RecordedFigure) -> CoursePoint:
    return CoursePoint(run=run.name, at=run.started, value=figure.value, low=figure.low, high=figure.high)


def _changes(
    points: Sequence[CoursePoint], around: Sequence[_Seen], *, smaller_is_better: bool
) -> Iterator[CourseChange]:
    for change in change_points.of([point.value for point in points]):
        yield CourseChange(
            at=points[change.index].at,
            index=change.index,
            before=change.before,
            after=change.after,
            worse=(change.after > change.before) is smaller_is_better,
            along=tuple(_along(around[change.index - 1], around[change.index])),
        )


def _along(before: _Seen, after: _Seen) -> Iterator[str]:
    """What may have changed a figure: the driver, the harness, what was asked, the image behind the name, arguments."""
    old, new = _conditions(before), _conditions(after)
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name, ""), new.get(name, "")
        if was != now and max(len(was), len(now)) <= _LONGEST_SHOWN and name != fact_names.WORKLOAD:
            yield f"{name} {was or 'unknown'} → {now or 'unknown'}"
        elif was != now:
            yield f"changed {name}"


def _conditions(seen: _Seen) -> Mapping[str, str]:
    run, turn = seen
    facts = {name: value for name, value in turn.facts.items() if name == "digest" or name.startswith("arguments")}
    asked = run.facts.get(fact_names.WORKLOAD, "")
    return {"driver": turn.driver, "harness": run.harness, fact_names.WORKLOAD: asked} | facts
