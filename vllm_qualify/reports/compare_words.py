"""A comparison in the words that all its pages share: what changed, both figures, by how much, and how sure. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from vllm_qualify.core.records import Observation
from vllm_qualify.core.stats import Bounds
from vllm_qualify.reports import sentences, text
from vllm_qualify.reports.compare import CandidatePair, RequirementPair
from vllm_qualify.reports.compare_figures import FigurePair
from vllm_qualify.reports.compare_rules import ChangeStanding

CARE = "The runs themselves differ, so compare the figures with care"
MEANINGS: Mapping[ChangeStanding, str] = {
    ChangeStanding.WORSE: "It fails now, or a figure is worse by more than noise explains.",
    ChangeStanding.BETTER: "It holds now, or a figure is better by more than noise explains.",
    ChangeStanding.CANNOT_TELL: "It differs, and noise may explain that, or neither value is better by itself.",
    ChangeStanding.SAME: "The outcome is the same, or a figure differs by no more than 2 % or its noise.",
}
_TIMES = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One line of a comparison.

    Attributes:
        what: the requirement, or the case with what was observed.
        requirement: it is a requirement.
        difference: by how much, as far as that is a number.
        note: its interval, or why nothing can be told.
    """

    what: str
    requirement: bool
    before: str
    after: str
    difference: str
    note: str


def rows(pair: CandidatePair, standing: ChangeStanding) -> tuple[ComparedRow, ...]:
    """What went that way, the largest change first."""
    return tuple(
        _requirement(one) if isinstance(one, RequirementPair) else _figure(one) for one in pair.changed(standing)
    )


def counted(pair: CandidatePair, standing: ChangeStanding) -> str:
    """How many went that way: ``2 requirements and 1 figure``."""
    found = pair.changed(standing)
    steps = sum(isinstance(one, RequirementPair) for one in found)
    counts = ((steps, "requirement"), (len(found) - steps, "figure"))
    return text.listing(text.counted(count, noun) for count, noun in counts if count)


def verdicts(pair: CandidatePair) -> tuple[str, str]:
    """The sentence of each run."""
    return text.sentence(sentences.summary(pair.before)), text.sentence(sentences.summary(pair.after))


def _requirement(step: RequirementPair) -> ComparedRow:
    told = "" if step.change.words == step.standing.words else step.change.words
    return ComparedRow(
        what=step.requirement,
        requirement=True,
        before=sentences.outcome(step.before),
        after=sentences.outcome(step.after),
        difference=told,
        note="",
    )


def _figure(pair: FigurePair) -> ComparedRow:
    change = pair.change
    return ComparedRow(
        what=f"{pair.case} {pair.after.name}",
        requirement=False,
        before=_held(pair.before),
        after=_held(pair.after),
        difference=difference(pair),
        note="; ".join(filter(None, (interval(change.interval), change.reason))),
    )


def _held(seen: Observation) -> str:
    return f"{text.value(seen)} (outside)" if text.within(seen) is False else text.value(seen)


def difference(pair: FigurePair) -> str:
    """By how much a figure changed, in its own unit and as a share: ``+88 s, +138 %``; ``""`` without numbers."""
    if pair.numbers is None:
        return ""
    old, new = pair.numbers
    own = f"{_signed(new - old)} {pair.after.unit}".strip()
    if pair.share is None or pair.after.unit == "%":
        return own
    if old > 0 and new >= _TIMES * old:
        return f"{own}, {text.number(new / old)} times as much"
    return f"{own}, {percent(pair.share)}"


def interval(bounds: Bounds | None) -> str:
    """The interval of a change in words, ``""`` where none is known.

    It is that of the mean ratio of measurements at the same place, which may be another than that of the two figures.
    """
    if bounds is None:
        return ""
    ends = f"95 % interval {percent(bounds.low)} to {percent(bounds.high)}"
    return f"measurement by measurement {percent(bounds.nominal)} ({ends})"


def percent(share: float) -> str:
    """A change as a share: ``+1.9 %``, ``-38 %``."""
    points = 100 * share
    if not math.isfinite(points):
        return f"{points} %"
    rounded = round(points, 1) if abs(points) < 10 else round(points)  # noqa: PLR2004 - tenths of more are noise
    return f"{_signed(rounded)} %"


def _signed(value: float) -> str:
    sign = "+" if value > 0 else "-" if value < 0 else ""
    return f"{sign}{text.number(abs(value))}"
