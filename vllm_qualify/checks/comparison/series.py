"""What a case keeps of its measurements for comparisons: a series by name, and the conditions. Pure.

A judge puts ``material(...)`` into its ``Judgement``; the comparisons read it back from the journal, where it may be of
another release, so whatever is not as expected is taken for nothing.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from vllm_qualify.checks.comparison.conditions import Conditions
from vllm_qualify.core.records import CaseRecord

DECODE_RATE, FIRST_TOKEN, THROUGHPUT = "decode-rate", "first-token", "throughput"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Measurements of one figure, round by round, in one unit."""

    rounds: tuple[tuple[float, ...], ...]

    @property
    def values(self) -> tuple[float, ...]:
        """All measurements in their order."""
        return tuple(value for one in self.rounds for value in one)

    @property
    def figure(self) -> float:
        """The figure that stands for all: their geometric mean, of which the comparison estimates the ratio."""
        return statistics.geometric_mean(self.values)


def material(series: Mapping[str, Sequence[Sequence[float]]], conditions: Conditions) -> dict[str, Any]:
    """What a case keeps: for each figure its measurements, round by round, and what they were made under."""
    return {
        "series": {name: [list(one) for one in rounds] for name, rounds in series.items()},
        "conditions": asdict(conditions),
    }


def series(case: CaseRecord, name: str) -> Series | None:
    """A figure's measurements from a case; ``None`` where it has none, or one that is no positive number."""
    kept = case.material.get("series")
    rounds = kept.get(name) if isinstance(kept, dict) else None
    if not isinstance(rounds, list) or not all(isinstance(one, list) for one in rounds):
        return None
    filled = [one for one in rounds if one]
    if not filled or not all(_positive(value) for one in filled for value in one):
        return None
    return Series(rounds=tuple(tuple(float(value) for value in one) for one in filled))


def conditions(case: CaseRecord) -> Conditions:
    """What the measurements of a case were made under, as far as it was recorded."""
    kept = case.material.get("conditions")
    return Conditions.from_json(kept if isinstance(kept, dict) else {})


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
