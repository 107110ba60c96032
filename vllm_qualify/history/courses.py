"""The course of each image over all recorded runs: its figures, where they changed, and its latest verdicts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise, takewhile

from vllm_qualify.core import fact_names, stats, verdict_facts
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
                # A place that has a name is known by it: another card there is a change, like another driver.
                place = (run.target, run.node, "" if run.node else turn.hardware)
                key = (turn.image, turn.role.value, *place, run.model)
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
        hardware=next((turn.hardware for _, turn in reversed(seen) if turn.hardware), ""),
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
    """What else was another of what a verdict holds for, or of what was asked, as far as both runs know it."""
    old, new = _conditions(before), _conditions(after)
    for name, now in new.items():
        was = old.get(name, "")
        if not was or not now or verdict_facts.same(name, was, now):
            continue
        short = max(len(was), len(now)) <= _LONGEST_SHOWN and name != fact_names.WORKLOAD
        yield f"{name} {was} → {now}" if short else f"changed {name}"


def _conditions(seen: _Seen) -> Mapping[str, str]:
    run, turn = seen
    asked = {fact_names.WORKLOAD: run.facts.get(fact_names.WORKLOAD, "")}
    return (
        verdict_facts.of(run.facts, turn.facts)
        | {fact_names.GPUS: turn.hardware, fact_names.DRIVER: turn.driver}
        | asked
    )
