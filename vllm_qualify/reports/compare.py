"""Two runs side by side: what got better, what got worse, and what cannot be told. Pure; its pages read this."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from vllm_qualify.checks.comparison import compared, documents
from vllm_qualify.core import outcomes
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.records import CandidateRecord, Outcome, RunRecord
from vllm_qualify.reports import compare_figures, sentences, text
from vllm_qualify.reports.compare_figures import FigurePair
from vllm_qualify.reports.compare_rules import ChangeStanding

# Differs each time, and changes nothing.
_NO_CONDITION = frozenset({"pull"})
_HOLDS = {Outcome.PASSED: 2, Outcome.WARNED: 1, Outcome.FAILED: 0}


class RequirementTrend(Enum):
    """What became of a requirement from one run to the other."""

    WORSE = "worse"
    LOST = "no-longer-shown"
    BETTER = "better"
    GAINED = "newly-shown"
    SAME = "same"

    @property
    def words(self) -> str:
        """The same for people."""
        return self.value.replace("-", " ")


_STANDINGS = {
    RequirementTrend.WORSE: ChangeStanding.WORSE,
    RequirementTrend.LOST: ChangeStanding.CANNOT_TELL,
    RequirementTrend.BETTER: ChangeStanding.BETTER,
    RequirementTrend.GAINED: ChangeStanding.BETTER,
    RequirementTrend.SAME: ChangeStanding.SAME,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementPair:
    """One requirement in both runs; of one without a case there is no outcome."""

    requirement: str
    before: Outcome | None
    after: Outcome | None
    change: RequirementTrend

    @property
    def standing(self) -> ChangeStanding:
        """Which way it went: what is no longer shown may be either."""
        return _STANDINGS[self.change]

    @property
    def size(self) -> float:
        """How many steps it went, by which changes are put in order; what was not shown counts as lowest."""
        old, new = (-1 if one is None else _HOLDS.get(one, -1) for one in (self.before, self.after))
        return abs(new - old)


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerChange:
    """One document that is answered otherwise.

    Attributes:
        case: which asked it.
        document: its id.
        before: the beginning of the earlier answer.
        after: that of the later one.
        standing: better or worse where only one is right, else it cannot be told.
    """

    case: str
    document: str
    before: str
    after: str
    standing: ChangeStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class RunDifference:
    """Something about the runs themselves, or about what was tried; ``""`` where a run does not tell it."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidatePair:
    """One candidate in both runs.

    Attributes:
        conditions: what else differs about the two, such as the digest behind the tag.
        steps: every requirement, in their order.
        figures: every observation that both have.
        answers: the documents that are answered otherwise.
    """

    before: CandidateRecord
    after: CandidateRecord
    conditions: tuple[RunDifference, ...]
    steps: tuple[RequirementPair, ...]
    figures: tuple[FigurePair, ...]
    answers: tuple[AnswerChange, ...]

    @property
    def name(self) -> str:
        """Both images, or the one that they share."""
        return " → ".join(dict.fromkeys((self.before.image, self.after.image)))

    def changed(self, standing: ChangeStanding) -> tuple[RequirementPair | FigurePair, ...]:
        """What went that way: requirements first, then figures, the largest change first in each."""
        steps = sorted((one for one in self.steps if one.standing is standing), key=_size, reverse=True)
        figures = (one for one in self.figures if one.change.standing is standing)
        return (*steps, *sorted(figures, key=_size, reverse=True))


def _size(one: RequirementPair | FigurePair) -> float:
    return one.size


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
    conditions: tuple[RunDifference, ...]
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
        conditions=tuple(_differing({"target": before.target} | before.facts, {"target": after.target} | after.facts)),
        only_before=tuple(image for image in old if image not in paired),
        only_after=tuple(image for image in new if image not in paired),
    )


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[RunDifference]:
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            yield RunDifference(name=name, before=old.get(name, ""), after=new.get(name, ""))


def _difference(before: CandidateRecord, after: CandidateRecord) -> CandidatePair:
    old, new = outcomes.by_requirement(before), outcomes.by_requirement(after)
    return CandidatePair(
        before=before,
        after=after,
        conditions=tuple(_differing(_about(before), _about(after))),
        steps=tuple(
            RequirementPair(
                requirement=name,
                before=old.get(name),
                after=new.get(name),
                change=_change(old.get(name), new.get(name)),
            )
            for name in dict.fromkeys((*old, *new))
        ),
        figures=compare_figures.of(before, after),
        answers=tuple(_answers(before, after)),
    )


def _about(candidate: CandidateRecord) -> dict[str, str]:
    """What was tried, and how."""
    facts = {name: fact for name, fact in candidate.facts.items() if name not in _NO_CONDITION}
    return {"stand-in": sentences.stand_in(candidate.stand_in)} | facts | candidate.environment


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


def _answers(before: CandidateRecord, after: CandidateRecord) -> Iterator[AnswerChange]:
    """Documents that say something else than before, those that only one run answers right first."""
    found = [
        AnswerChange(
            case=case.id,
            document=document,
            before=old[document].text,
            after=answer.text,
            standing=_answered(right_before=old[document].right, right_after=answer.right),
        )
        for case in {one.id: one for one in after.cases}.values()
        if (earlier := compared.case(before, case.id)) is not None and (old := documents.answers(earlier))
        for document, answer in documents.answers(case).items()
        if document in old and old[document].meaning != answer.meaning
    ]
    order = list(ChangeStanding)
    yield from sorted(found, key=lambda one: order.index(one.standing))


def _answered(*, right_before: bool, right_after: bool) -> ChangeStanding:
    if right_before == right_after:
        return ChangeStanding.CANNOT_TELL
    return ChangeStanding.BETTER if right_after else ChangeStanding.WORSE


def headline(comparison: Comparison) -> str:
    """One sentence: how many requirements changed and how, and which figures did."""
    pairs = comparison.differences
    steps = Counter(step.change for pair in pairs for step in pair.steps)
    figures = Counter(figure.change.standing for pair in pairs for figure in pair.figures)
    changed: dict[RequirementTrend, int] = {trend: steps[trend] for trend in RequirementTrend if steps[trend]}
    changed.pop(RequirementTrend.SAME, None)
    ways = (ChangeStanding.WORSE, ChangeStanding.BETTER)
    decided: dict[ChangeStanding, int] = {one: figures[one] for one in ways if figures[one]}
    requirements = _counts(changed, "requirement")
    return f"{'; '.join(filter(None, (requirements or 'No requirement changed', _counts(decided, 'figure'))))}."


def _counts(found: Mapping[RequirementTrend, int] | Mapping[ChangeStanding, int], noun: str) -> str:
    """``1 requirement is worse and 4 are no longer shown``."""
    nouns = [text.counted(count, noun) if at == 0 else str(count) for at, count in enumerate(found.values())]
    beings = (f"{'is' if count == 1 else 'are'} {one.words}" for one, count in found.items())
    return text.listing(map(" ".join, zip(nouns, beings, strict=True)))
