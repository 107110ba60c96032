"""The figures that two runs share, and which way each went as far as noise lets that be said. Pure; for ``compare``.

A figure is called better or worse only where something measured says so. Speed goes by the rule of ``gate``, asked
both ways round; the share of right answers by the documents that were won and lost; another figure with an interval by
whether the two overlap. One that was measured once goes by how far two starts of one release differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from vllm_qualify.checks.comparison import compared, effects, resources
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Observation
from vllm_qualify.reports import compare_rules, text
from vllm_qualify.reports.compare_rules import ChangeStanding, FigureChange, number

_ALIKE = 0.02
_LATE_SECONDS = 0.01
"""The client may be late by 5 ms in each run."""
_CACHES, _START = "compile-caches", "LOAD/"
_BETTER_LARGER = frozenset({"tokens/s", "requests/s"})
_BETTER_SMALLER = frozenset({"MiB", "ms", "s"})
_ROOM = frozenset({"kv-cache-requests", "kv-cache-tokens"})
# Cases that hold a candidate against the baseline of its own run; those of suites/test_against_baseline.py.
_AGAINST_BASELINE = frozenset(
    {
        "as-long-as-before",
        "as-many-accepted",
        "first-token-no-later",
        "no-document-lost",
        "no-more-memory",
        "no-slower",
        "same-answers",
        "same-features",
        "same-finish-reasons",
        "same-form",
        "same-names",
        "same-sampling",
        "same-spellings",
        "starts-as-fast",
        "streams-no-slower",
    }
)
# Under what was measured, in units of what is measured.
_CIRCUMSTANCES = frozenset({"client-lag-p99", "steady"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FigurePair:
    """One observation of one case in both runs.

    Attributes:
        case: its case.
        change: which way it went.
    """

    case: str
    before: Observation
    after: Observation
    change: FigureChange

    @property
    def numbers(self) -> tuple[float, float] | None:
        """Both values; ``None`` where they are no numbers of one unit."""
        old, new = number(self.before), number(self.after)
        return None if old is None or new is None or self.before.unit != self.after.unit else (old, new)

    @property
    def share(self) -> float | None:
        """The change as a share of the earlier value; ``None`` where there is none, or it was zero."""
        if self.numbers is None or not self.numbers[0]:
            return None
        old, new = self.numbers
        return (new - old) / abs(old)

    @property
    def size(self) -> float:
        """How large the change is, by which changes are put in order: a doubling is as large as a halving.

        Where neither way is better it has no size, so that what somebody may mind comes before it.
        """
        old, new = self.numbers or (0.0, 0.0)
        if old == new or self.change.neutral:
            return 0.0
        return abs(math.log(abs(new)) - math.log(abs(old))) if old * new > 0 else math.inf


@dataclass(frozen=True, slots=True, kw_only=True)
class _Numbers:
    """Two numbers of one unit, and 1 where more is better, -1 where less is, 0 where nobody knows."""

    old: CaseRecord
    new: CaseRecord
    seen: Observation
    was: float
    now: float
    toward: int

    @property
    def gained(self) -> ChangeStanding:
        return ChangeStanding.BETTER if (self.now - self.was) * self.toward > 0 else ChangeStanding.WORSE


def of(before: CandidateRecord, after: CandidateRecord) -> tuple[FigurePair, ...]:
    """Every observation that a candidate's cases have in both runs, in the order of the later one.

    Ends of an interval are told with their figure, and what was held against a baseline belongs to its own run.
    """
    return tuple(
        pair
        for case in {one.id: one for one in after.cases}.values()
        if (old := compared.case(before, case.id)) is not None
        for pair in _pairs(old, case)
    )


def _pairs(old: CaseRecord, new: CaseRecord) -> Iterator[FigurePair]:
    earlier = {seen.name: seen for seen in old.observations}
    names = {seen.name for seen in new.observations}
    if new.id.partition("/")[2] in _AGAINST_BASELINE:
        return
    for seen in new.observations:
        if (before := earlier.get(seen.name)) is not None and not _is_end(seen.name, names):
            yield FigurePair(case=new.id, before=before, after=seen, change=_change(old, new, before, seen))


def _is_end(name: str, names: set[str]) -> bool:
    """It is the lower or upper end of another one's interval."""
    stem = name.removesuffix("-low").removesuffix("-high")
    return stem != name and (stem in names or stem == "interval")


def _change(old: CaseRecord, new: CaseRecord, before: Observation, after: Observation) -> FigureChange:
    if before.value == after.value and (before.unit == after.unit or number(after) is None):
        return FigureChange(standing=ChangeStanding.SAME)
    if (told := compare_rules.of(old, new, after.name)) is not None:
        return told
    was, now = number(before), number(after)
    if was is None or now is None:
        return _word(before, after)
    if before.unit != after.unit:
        return _open("the units differ")
    numbers = _Numbers(old=old, new=new, seen=after, was=was, now=now, toward=_better(after) or _better(before))
    if (crossed := _crossed(numbers)) is not None:
        return FigureChange(standing=crossed)
    return _measured(numbers) or _once(numbers)


def _open(reason: str, *, neutral: bool = False) -> FigureChange:
    return FigureChange(standing=ChangeStanding.CANNOT_TELL, reason=reason, neutral=neutral)


def _crossed(numbers: _Numbers) -> ChangeStanding | None:
    """Which side of the later run's limit it went to; ``None`` where it stayed on one."""
    limit = numbers.seen.limit
    if limit is None or limit.allows(numbers.was) == limit.allows(numbers.now):
        return None
    return ChangeStanding.BETTER if limit.allows(numbers.now) else ChangeStanding.WORSE


def _word(before: Observation, after: Observation) -> FigureChange:
    """A word for another; that something works no longer is worse, and of other words nobody knows."""
    if effects.WORKS in {before.value, after.value}:
        worse = before.value == effects.WORKS
        return FigureChange(standing=ChangeStanding.WORSE if worse else ChangeStanding.BETTER)
    return _open("neither is better by itself", neutral=True)


def _better(seen: Observation) -> int:
    """1 where more is better, -1 where less is, 0 where nobody knows."""
    if seen.name in _CIRCUMSTANCES:
        return 0
    if seen.unit in _BETTER_LARGER or seen.name in _ROOM:
        return 1
    if seen.unit in _BETTER_SMALLER:
        return -1
    limit = seen.limit
    if limit is None or (limit.low is None) == (limit.high is None):
        return 0
    return -1 if limit.low is None else 1


def _measured(numbers: _Numbers) -> FigureChange | None:
    """By the intervals of the two; ``None`` where one has none."""
    was, now = (_ends(case, numbers.seen.name) for case in (numbers.old, numbers.new))
    if was is None or now is None or not numbers.toward:
        return None
    if was[0] <= now[1] and now[0] <= was[1]:
        return _open("their intervals overlap")
    return FigureChange(standing=numbers.gained)


def _ends(case: CaseRecord, name: str) -> tuple[float, float] | None:
    """The ends of a figure's interval; a share of answers has them under a name of their own."""
    found = {one.name: number(one) for one in case.observations}
    stem = "interval" if name == compare_rules.ACCURACY else name
    low, high = found.get(f"{stem}-low"), found.get(f"{stem}-high")
    return None if low is None or high is None else (low, high)


def _once(numbers: _Numbers) -> FigureChange:
    """What was measured once in each run, so that nothing but the figure itself tells how far it may be trusted."""
    apart, seen = abs(numbers.now - numbers.was), numbers.seen
    if not numbers.toward:
        return _open("neither more nor less is better", neutral=True)
    if apart <= _ALIKE * max(abs(numbers.was), abs(numbers.now)):
        return FigureChange(standing=ChangeStanding.SAME)
    before, after = _caches(numbers.old), _caches(numbers.new)
    if before != after:
        return _open(f"compile caches: {before or 'not told'}, then {after or 'not told'}")
    if (noise := _noise(numbers)) is None:
        return _open("both are within the limit", neutral=True)
    share, least = noise
    smaller = min(abs(numbers.was), abs(numbers.now))
    if apart > least and (apart > share * smaller or not smaller):
        return FigureChange(standing=numbers.gained)
    late = seen.unit in {"ms", "s"} and apart <= _LATE_SECONDS * _per_second(seen)
    return (
        FigureChange(standing=ChangeStanding.SAME)
        if late
        else _open("measured once; two starts of one release may differ as much")
    )


def _caches(case: CaseRecord) -> str:
    """What a start found compiled; ``""`` for a case that starts nothing."""
    return next((text.value(one) for one in case.observations if one.name == _CACHES), "")


def _noise(numbers: _Numbers) -> tuple[float, float] | None:
    """By which share, and by how much, a figure must differ that was measured once in each run.

    Starts and memory by what ``resources`` asks, rates by the limit of the gate, what is beyond its limit by anything;
    ``None`` for what is within it, where more of it may be no better.
    """
    seen = numbers.seen
    if seen.unit in {"ms", "s"}:
        start = numbers.new.id.startswith(_START)
        return resources.MAX_LONGER, (resources.LEAST_LONGER_SECONDS if start else _LATE_SECONDS) * _per_second(seen)
    if seen.unit in _BETTER_LARGER:
        return compare_rules.REGRESSION, 0.0
    if seen.unit == "MiB":
        return resources.MAX_MORE, resources.LEAST_MORE_MIB
    within = seen.limit is not None and seen.limit.allows(numbers.now)
    return (0.0, 0.0) if seen.name in _ROOM or not within else None


def _per_second(seen: Observation) -> int:
    return 1000 if seen.unit == "ms" else 1
