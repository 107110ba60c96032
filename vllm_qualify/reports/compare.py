"""Two runs side by side: what got better, what got worse, and what was observed in each. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from vllm_qualify.core import outcomes
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.records import CandidateRecord, Observation, Outcome, RunRecord
from vllm_qualify.reports import sentences, text
from vllm_qualify.reports.markdown import escape, table

_HOLDS = {Outcome.PASSED: 2, Outcome.WARNED: 1, Outcome.FAILED: 0}


class RequirementTrend(Enum):
    """What became of a requirement from one run to the other."""

    WORSE = "worse"
    LOST = "no longer shown"
    BETTER = "better"
    GAINED = "newly shown"
    SAME = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementPair:
    """One requirement in both runs."""

    requirement: str
    before: Outcome | None
    after: Outcome | None
    change: RequirementTrend


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationPair:
    """One observation in both runs; ``None`` where a run does not have it."""

    case: str
    name: str
    before: Observation | None
    after: Observation | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatePair:
    """One candidate in both runs."""

    before: CandidateRecord
    after: CandidateRecord
    steps: tuple[RequirementPair, ...]
    pairs: tuple[ObservationPair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs, the older one first.

    Attributes:
        conditions: what differs between the runs besides the candidates; figures then compare with care.
        only_before: candidates that the later run did not try.
        only_after: candidates that the earlier run did not try.
    """

    before: RunRecord
    after: RunRecord
    differences: tuple[CandidatePair, ...]
    conditions: tuple[tuple[str, str, str], ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    @property
    def exit_code(self) -> int:
        """1 where something got worse, 10 where something is no longer shown, else 0; as the run's own codes."""
        changes = {step.change for difference in self.differences for step in difference.steps}
        if RequirementTrend.WORSE in changes:
            return outcomes.EXIT_NOT_QUALIFIED
        return (
            outcomes.EXIT_UNDECIDED if RequirementTrend.LOST in changes or self.only_before else outcomes.EXIT_QUALIFIED
        )


def of(before: RunRecord, after: RunRecord) -> Comparison:
    """Compare two runs.

    Candidates are paired by image; where each run has exactly one, these are a pair, whatever their images.

    Raises:
        UserError: no candidate of one run is in the other.
    """
    old = {candidate.image: candidate for candidate in before.candidates}
    new = {candidate.image: candidate for candidate in after.candidates}
    pairs = [(old[image], new[image]) for image in new if image in old]
    if not pairs and len(old) == len(new) == 1:
        pairs = [(before.candidates[0], after.candidates[0])]
    if not pairs:
        theirs = f"{before.run} has {text.listing(old) or 'none'}, {after.run} has {text.listing(new) or 'none'}"
        raise UserError(f"the runs share no candidate: {theirs}; compare runs of the same image")
    paired = {candidate.image for pair in pairs for candidate in pair}
    return Comparison(
        before=before,
        after=after,
        differences=tuple(_difference(*pair) for pair in pairs),
        conditions=tuple(_conditions(before, after)),
        only_before=tuple(image for image in old if image not in paired),
        only_after=tuple(image for image in new if image not in paired),
    )


def _conditions(before: RunRecord, after: RunRecord) -> Iterator[tuple[str, str, str]]:
    old, new = {"target": before.target} | before.facts, {"target": after.target} | after.facts
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield name, old.get(name, ""), new.get(name, "")


def _difference(before: CandidateRecord, after: CandidateRecord) -> CandidatePair:
    old, new = outcomes.by_requirement(before), outcomes.by_requirement(after)
    return CandidatePair(
        before=before,
        after=after,
        steps=tuple(
            RequirementPair(
                requirement=name,
                before=old.get(name),
                after=new.get(name),
                change=_change(old.get(name), new.get(name)),
            )
            for name in dict.fromkeys((*old, *new))
        ),
        pairs=tuple(_pairs(before, after)),
    )


def _change(before: Outcome | None, after: Outcome | None) -> RequirementTrend:
    """Only what was shown can get better or worse; a failure that was not there before is worse all the same."""
    old = None if before is None else _HOLDS.get(before)
    new = None if after is None else _HOLDS.get(after)
    if old == new:
        return RequirementTrend.SAME
    if new is None:
        return RequirementTrend.LOST
    if old is None:
        return RequirementTrend.WORSE if after is Outcome.FAILED else RequirementTrend.GAINED
    return RequirementTrend.WORSE if new < old else RequirementTrend.BETTER


def _pairs(before: CandidateRecord, after: CandidateRecord) -> Iterator[ObservationPair]:
    old, new = _observed(before), _observed(after)
    for case, name in dict.fromkeys((*old, *new)):
        yield ObservationPair(case=case, name=name, before=old.get((case, name)), after=new.get((case, name)))


def _observed(candidate: CandidateRecord) -> dict[tuple[str, str], Observation]:
    return {(case.id, seen.name): seen for case in candidate.cases for seen in case.observations}


def markdown(comparison: Comparison) -> str:
    """The comparison as Markdown, which reads as plain text too."""
    before, after = comparison.before, comparison.after
    lines = [f"# {escape(before.run)} and {escape(after.run)}", "", headline(comparison), ""]
    if comparison.conditions:
        lines += ["The runs differ in more than the candidate, so compare the figures with care:", ""]
        lines += table(["", "before", "after"], [list(map(escape, row)) for row in comparison.conditions])
        lines += [""]
    for difference in comparison.differences:
        lines += _section(difference)
    for where, images in (("earlier", comparison.only_before), ("later", comparison.only_after)):
        lines += [f"Only in the {where} run: {text.listing(map(escape, images))}.", ""] if images else []
    return "\n".join(lines)


def headline(comparison: Comparison) -> str:
    """One sentence: how many requirements changed, and how."""
    steps = [step for difference in comparison.differences for step in difference.steps]
    counts = {
        change: sum(step.change is change for step in steps)
        for change in RequirementTrend
        if change is not RequirementTrend.SAME
    }
    said = [f"{count} {change.value}" for change, count in counts.items() if count]
    return f"{text.listing(said)}." if said else "No requirement changed."


def _section(difference: CandidatePair) -> list[str]:
    before, after = difference.before, difference.after
    names = dict.fromkeys((before.image, after.image))
    lines = [f"## {' → '.join(map(escape, names))}", ""]
    lines += [f"Before: {escape(text.sentence(sentences.summary(before)))}", ""]
    lines += [f"After: {escape(text.sentence(sentences.summary(after)))}", ""]
    rows = [
        [escape(step.requirement), sentences.outcome(step.before), sentences.outcome(step.after), _mark(step.change)]
        for step in difference.steps
    ]
    lines += [*table(["requirement", "before", "after", "change"], rows), ""]
    both = (pair for pair in difference.pairs if pair.before and pair.after)
    figures = [_figures(pair) for pair in both if pair.before != pair.after]
    if figures:
        lines += [*table(["case", "observed", "before", "after", "difference"], figures), ""]
    return lines


def _mark(change: RequirementTrend) -> str:
    return "" if change is RequirementTrend.SAME else f"**{change.value}**"


def _figures(pair: ObservationPair) -> list[str]:
    cells = [_held(pair.before), _held(pair.after), _delta(pair.before, pair.after)]
    return list(map(escape, (pair.case, pair.name, *cells)))


def _held(seen: Observation | None) -> str:
    if seen is None:
        return ""
    return f"{text.value(seen)} (outside)" if text.within(seen) is False else text.value(seen)


def _delta(before: Observation | None, after: Observation | None) -> str:
    """The relative difference of two numbers of the same unit, where the first one is not zero."""
    if before is None or after is None or before.unit != after.unit:
        return ""
    old, new = before.value, after.value
    if isinstance(old, (bool, str)) or isinstance(new, (bool, str)) or not old:
        return ""
    return f"{100 * (new - old) / abs(old):+.1f} %"
