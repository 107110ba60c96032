"""What the page draws of a candidate beside the baseline: rates, memory, and answers that changed. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vllm_qualify.checks import vram
from vllm_qualify.core import foreign
from vllm_qualify.core.records import CandidateRecord, CaseRecord, Observation
from vllm_qualify.reports import text

MOST_CHANGED = 20
"""So many changed answers are listed; the journal has all of them."""
MOST_LOOKS = 1000
"""So many looks at the memory are drawn."""
_MOST_LETTERS = 400
_AIR = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class RateMark:
    """A measured rate with its 95 % interval; places in percent of the axis."""

    name: str
    said: str
    at: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePicture:
    """Decode rates on one axis.

    Attributes:
        marks: of the turns, the candidate's among them.
        band: where the allowed rates begin and end, in percent of the axis; ``None`` without a limit.
        said: that limit in words.
    """

    marks: tuple[RateMark, ...]
    band: tuple[float, float] | None
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryPicture:
    """Memory of the GPU in percent of what may be used.

    Attributes:
        idle: taken before the candidate began.
        used: at the peak, the former included.
        before: the baseline's peak; ``None`` where it is not known.
        looks: what was in use at each look while the candidate served, in their order.
        said: the same in words.
    """

    idle: float
    used: float
    before: float | None
    looks: tuple[float, ...]
    said: str

    @property
    def course(self) -> str:
        """The looks as the points of a line in a field of 100 by 100; ``""`` where there are fewer than two."""
        last = len(self.looks) - 1
        points = (f"{100 * place / last:.2f},{100 - seen:.2f}" for place, seen in enumerate(self.looks) if last > 0)
        return " ".join(points)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedAnswer:
    """The answers to one document: those of the baseline's turns, and the candidate's."""

    document: str
    before: tuple[str, ...]
    after: str


def rates(
    candidate: CandidateRecord, baseline: CandidateRecord | None = None, again: CandidateRecord | None = None
) -> RatePicture | None:
    """The decode rate of a candidate, and beside it the baseline's; ``None`` where it was not measured."""
    own = _rate(candidate)
    if own is None:
        return None
    others = [
        (name, found) for name, turn in (("baseline", baseline), ("again", again)) if turn and (found := _rate(turn))
    ]
    named = [*others, ("this candidate", own)]
    limit = own[0].limit
    ends = [end for end in (limit.low, limit.high) if end is not None and math.isfinite(end)] if limit else []
    places = [*ends, *(end for _, (_, *interval) in named for end in interval)]
    start, end = min(places), max(places)
    air = _AIR * (end - start or abs(end) or 1.0)
    axis = (start - air, end + air)
    if not 0 < axis[1] - axis[0] < math.inf:
        return None
    band = (_at(limit.low, axis, 0.0), _at(limit.high, axis, 100.0)) if limit and ends else None
    marks = tuple(
        RateMark(
            name=name, said=text.value(seen), at=_at(value, axis, 0), low=_at(low, axis, 0), high=_at(high, axis, 100)
        )
        for name, (seen, value, low, high) in named
    )
    return RatePicture(marks=marks, band=band, said=text.limit(limit))


def memory(candidate: CandidateRecord, baseline: CandidateRecord | None = None) -> MemoryPicture | None:
    """The GPU's memory at the candidate's peak; ``None`` where that or its limit is not known."""
    peak = _seen(candidate, "VRAM/vram", "peak-memory")
    used, whole = _number(peak), peak.limit.high if peak and peak.limit else None
    if peak is None or used is None or whole is None or not math.isfinite(whole) or whole <= 0:
        return None
    idle = _number(_seen(candidate, "VRAM/vram", "idle-memory")) or 0.0
    before = _number(_seen(baseline, "VRAM/vram", "peak-memory")) if baseline else None
    parts = [f"{text.value(peak)} at the peak, {text.limit(peak.limit)}"]
    parts += [f"{text.number(idle)} {peak.unit} before the start"] if idle else []
    parts += [f"the baseline {text.number(before)} {peak.unit}"] if before is not None else []
    return MemoryPicture(
        idle=_percent(idle, whole),
        used=_percent(used, whole),
        before=None if before is None else _percent(before, whole),
        looks=tuple(_percent(seen, whole) for seen in _looks(candidate)),
        said="; ".join(parts),
    )


def changed(case: CaseRecord) -> tuple[ChangedAnswer, ...]:
    """The answers that a case lists as changed, each shortened."""
    return tuple(_changed(foreign.mapping(case.material.get("changed"))))


def _looks(candidate: CandidateRecord) -> Iterator[float]:
    for case in candidate.cases:
        if case.id == "VRAM/vram":
            for seen in foreign.items(case.material.get(vram.LOOKS))[:MOST_LOOKS]:
                if isinstance(seen, int | float) and not isinstance(seen, bool) and math.isfinite(seen):
                    yield float(seen)


def _changed(kept: dict[str, object]) -> Iterator[ChangedAnswer]:
    for document, answers in kept.items():
        said = [text.one_line(each)[:_MOST_LETTERS] for each in foreign.items(answers) if isinstance(each, str)]
        if len(said) > 1:
            yield ChangedAnswer(document=document, before=tuple(dict.fromkeys(said[:-1])), after=said[-1])


def _rate(turn: CandidateRecord) -> tuple[Observation, float, float, float] | None:
    seen = _seen(turn, "THROUGHPUT/decode-rate", "decode-rate")
    value = _number(seen)
    if seen is None or value is None:
        return None
    low, high = (_number(_seen(turn, "THROUGHPUT/decode-rate", f"decode-rate-{end}")) for end in ("low", "high"))
    return seen, value, value if low is None else low, value if high is None else high


def _seen(turn: CandidateRecord, case_id: str, name: str) -> Observation | None:
    cases: Iterable[CaseRecord] = (case for case in turn.cases if case.id == case_id)
    return next((seen for case in cases for seen in case.observations if seen.name == name), None)


def _number(seen: Observation | None) -> float | None:
    if seen is None or isinstance(seen.value, (bool, str)) or not math.isfinite(seen.value):
        return None
    return float(seen.value)


def _at(value: float | None, axis: tuple[float, float], default: float) -> float:
    """A place on the axis, in percent."""
    if value is None or not math.isfinite(value):
        return default
    return min(max(100 * (value - axis[0]) / (axis[1] - axis[0]), 0.0), 100.0)


def _percent(part: float, whole: float) -> float:
    return min(max(100 * part / whole, 0.0), 100.0)
