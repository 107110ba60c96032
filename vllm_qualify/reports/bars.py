"""Small inline SVG pictures of numbers: a value against its limit, a time split into phases. Pure."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from vllm_qualify.checks import load
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import CaseRecord, Observation
from vllm_qualify.reports import text

WIDTH = 160
HEIGHT = 14
# The judge of the load names the sum like this; what else it observed of that start in seconds are the phases.
_REQUIREMENT, _TOTAL = "LOAD", "total"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseBar:
    """One phase of a load: its share of the whole in percent, and where it starts."""

    name: str
    seconds: float
    start: float
    share: float


def bullet(observation: Observation) -> Markup:
    """A number on its scale with the allowed range shaded; empty where there is nothing to hold it against."""
    value, limit = observation.value, observation.limit
    inside = text.within(observation)
    if inside is None or limit is None or isinstance(value, (bool, str)) or not math.isfinite(value):
        return Markup()
    if text.is_code(observation):  # A code is no place on a scale.
        return Markup()
    start, end = _scale(value, limit, observation.unit)
    if not math.isfinite(end - start) or end - start < sys.float_info.min:
        return Markup()
    low, high, here = (_place(at, start, end) for at in (_or(limit.low, start), _or(limit.high, end), value))
    label = f"{text.value(observation)}, {'within' if inside else 'outside'} the limit: {text.limit(limit)}"
    return Markup(
        '<svg class="bullet {state}" viewBox="0 0 {w} {h}" width="{w}" height="{h}" role="img" aria-label="{label}">'
        '<rect class="track" x="0" y="4" width="{w}" height="6" rx="3"/>'
        '<rect class="allowed" x="{low:.1f}" y="4" width="{span:.1f}" height="6" rx="{rx}"/>'
        '<rect class="mark" x="{mark:.1f}" y="0" width="4" height="{h}" rx="1.5"/></svg>'
    ).format(
        state="inside" if inside else "outside",
        w=WIDTH,
        h=HEIGHT,
        label=label,
        low=low,
        span=max(high - low, 1.5),
        rx=3 if high - low > 6 else 0,  # noqa: PLR2004 - a sliver has no room for round ends
        mark=min(max(here - 2, 0), WIDTH - 4),
    )


def _or(value: float | None, default: float) -> float:
    return default if value is None or not math.isfinite(value) else value


def _scale(value: float, limit: Limit, unit: str) -> tuple[float, float]:
    """The ends of the axis: wide enough for the value and the limit, with air beyond an open side."""
    ends = [end for end in (limit.low, limit.high) if end is not None and math.isfinite(end)]
    top = max([value, *ends])
    whole = 100.0 if unit == "%" else 1.0
    if limit.high is None and top <= whole and (unit == "%" or not unit):
        return min(0.0, value, *ends), whole
    start = min([0.0, value, *ends])
    return start, start + (top - start) * 1.15 if top > start else start + 1.0


def _place(value: float, start: float, end: float) -> float:
    return min(max(0.0, (value - start) / (end - start)), 1.0) * WIDTH  # 0.0 first: it wins over -0.0


def phases(cases: Iterable[CaseRecord]) -> tuple[PhaseBar, ...]:
    """The phases of the load that the first case with a total of them holds, in their order."""
    for case in cases:
        if case.requirement == _REQUIREMENT and any(seen.name == _TOTAL for seen in case.observations):
            parts = [(seen.name, seconds) for seen in case.observations if (seconds := _seconds(seen)) is not None]
            total = sum(seconds for _, seconds in parts)
            if math.isfinite(total) and total >= sys.float_info.min:
                return _shares(parts, total)
    return ()


def _seconds(seen: Observation) -> float | None:
    """The length of a phase; ``None`` where an observation is none."""
    if seen.unit != "s" or seen.name == _TOTAL or seen.name.startswith(load.FIRST_START):
        return None
    if isinstance(seen.value, (bool, str)):
        return None
    return float(seen.value) if math.isfinite(seen.value) and seen.value >= 0 else None


def _shares(parts: Iterable[tuple[str, float]], total: float) -> tuple[PhaseBar, ...]:
    found: list[PhaseBar] = []
    start = 0.0
    for name, seconds in parts:
        share = 100 * seconds / total
        found.append(PhaseBar(name=name, seconds=seconds, start=start, share=share))
        start += share
    return tuple(found)
