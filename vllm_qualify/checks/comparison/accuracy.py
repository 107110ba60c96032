"""Judges of the same documents beside the baseline: right or wrong, how long, and which answers changed. Pure.

Both turns of the baseline were asked the same documents. What it answers differently itself from one turn to the next
is noise, and no such document is held against the candidate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from vllm_qualify.checks import percent
from vllm_qualify.checks.comparison import documents
from vllm_qualify.checks.comparison.compared import ComparedCases
from vllm_qualify.checks.comparison.documents import KeptAnswer
from vllm_qualify.client.exchanges import quote
from vllm_qualify.core import stats
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome
from vllm_qualify.core.stats import Bounds

CHANCE = 1 - stats.CONFIDENCE
"""The p-value below which a difference is no chance."""
LENGTH = Limit(low=0.9, high=1.1)
"""How long answers may be beside the baseline's; the rule of MLPerf Inference for generated text."""
_LISTED = 5
_MOST_DOCUMENTS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPair:
    """The answers of candidate and baseline to one document.

    Attributes:
        document: its id.
        new: the candidate's.
        old: those of the baseline's turns, one or two.
    """

    document: str
    new: KeptAnswer
    old: tuple[KeptAnswer, ...]

    @property
    def lost(self) -> bool:
        """Right in each turn of the baseline and wrong now."""
        return all(one.right for one in self.old) and not self.new.right

    @property
    def won(self) -> bool:
        """Wrong in each turn of the baseline and right now."""
        return not any(one.right for one in self.old) and self.new.right

    @property
    def changed(self) -> bool:
        """The baseline says the same in each turn, and the candidate something else."""
        return len({one.meaning for one in self.old}) == 1 and self.new.meaning != self.old[0].meaning

    @property
    def unsteady(self) -> bool:
        """The baseline itself says something else from one turn to the next."""
        return len({one.meaning for one in self.old}) > 1

    def __str__(self) -> str:
        return f"{self.document}: {quote(self.old[0].text, limit=80)} became {quote(self.new.text, limit=80)}"


def accuracy(cases: ComparedCases, *, limit: float) -> Judgement:
    """The documents that the baseline answers right, by McNemar's exact test on those that only one of them does.

    It fails where more are lost than won and chance does not make that (p < 0.05), and is undecided where chance may,
    and a loss of the limit cannot be excluded.

    Args:
        cases: the case that asked them.
        limit: the share of the documents whose net loss must be excluded.
    """
    pairs, none = _pairs(cases)
    if none is not None:
        return none
    lost, won = [pair for pair in pairs if pair.lost], [pair for pair in pairs if pair.won]
    p = stats.mcnemar(len(lost), len(won))
    net = len(lost) - len(won)
    high = stats.proportion(max(net, 0), len(pairs), one_sided=True).high
    seen = (
        Observation(name="documents", value=len(pairs)),
        Observation(name="candidate", value=sum(pair.new.right for pair in pairs) / len(pairs)),
        Observation(name="baseline", value=sum(pair.old[0].right for pair in pairs) / len(pairs)),
        Observation(name="lost", value=len(lost)),
        Observation(name="won", value=len(won)),
        Observation(name="p-value", value=p, limit=Limit(low=CHANCE)),
        Observation(name="loss", value=100 * net / len(pairs), unit="%", limit=Limit(high=100 * limit)),
    )
    said = f"of {len(pairs)} documents that the baseline was asked as well, {len(lost)} are lost and {len(won)} won"
    outcome, why = _lost(lost, len(won), p=p, high=high, limit=limit, total=len(pairs))
    return Judgement(outcome=outcome, message=f"{said}{why}", observations=seen, material=_listed(lost))


def _lost(
    lost: Sequence[AnswerPair], won: int, *, p: float, high: float, limit: float, total: int
) -> tuple[Outcome, str]:
    if len(lost) <= won:
        return Outcome.PASSED, _some(lost)
    if p < CHANCE:
        return Outcome.FAILED, f", which is more than chance (McNemar, p = {p:.2g}){_some(lost)}"
    if high < limit:
        return Outcome.WARNED, f", which may be chance (McNemar, p = {p:.2g}){_some(lost)}"
    would = f"{_documents_needed(len(lost), won, total)} documents like these would tell"
    return Outcome.INCONCLUSIVE, f", which may be chance (McNemar, p = {p:.2g}); {would}{_some(lost)}"


def _documents_needed(lost: int, won: int, total: int) -> int:
    """So many documents show the loss if they come out like those that were asked."""
    needed = total
    while needed < _MOST_DOCUMENTS and stats.mcnemar(lost * needed // total, won * needed // total) >= CHANCE:
        needed += max(needed // 10, 1)
    return needed


def length(cases: ComparedCases) -> Judgement:
    """The answers are 90 to 110 % as long as the baseline's, in tokens, document by document.

    Shorter ones were cut off or say less, longer ones ramble and cost time. It fails where the whole 95 % interval lies
    outside, beside each turn of the baseline.
    """
    pairs, none = _pairs(cases)
    if none is not None:
        return none
    counted = [pair for pair in pairs if pair.new.tokens and all(one.tokens for one in pair.old)]
    if not counted:
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message="the servers do not say how many tokens they answered")
    new = [float(pair.new.tokens or 0) for pair in counted]
    turns = range(len(counted[0].old))
    ratios = [stats.paired_ratio([float(pair.old[turn].tokens or 0) for pair in counted], new) for turn in turns]
    ratio = Bounds(
        low=min(one.low for one in ratios),
        nominal=sum(one.nominal for one in ratios) / len(ratios),
        high=max(one.high for one in ratios),
    )
    said = (
        f"{percent(ratio.nominal)} as many tokens as the baseline (95 % interval {_span(ratio)}; 90 to 110 % allowed)"
    )
    seen = (
        Observation(name="documents", value=len(counted)),
        Observation(name="candidate", value=sum(new), unit="tokens"),
        Observation(name="baseline", value=sum(pair.old[0].tokens or 0 for pair in counted), unit="tokens"),
        Observation(name="length", value=ratio.nominal, limit=LENGTH),
        Observation(name="length-low", value=ratio.low),
        Observation(name="length-high", value=ratio.high),
    )
    if LENGTH.allows(ratio.nominal):
        outcome = Outcome.PASSED
    elif ratio.high < 0.9 or ratio.low > 1.1:  # noqa: PLR2004 - the ends of LENGTH.
        outcome = Outcome.FAILED
    else:
        outcome, said = Outcome.INCONCLUSIVE, f"{said}, which decides nothing; more documents would tell"
    return Judgement(outcome=outcome, message=said, observations=seen)


def changed(cases: ComparedCases) -> Judgement:
    """Every answer says the same as the baseline's; what does not is listed side by side, and only a warning.

    Greedy text differs between releases and batches, so wording and order of JSON do not count, and no change is
    held to be a fault.
    """
    pairs, none = _pairs(cases)
    if none is not None:
        return none
    found = [pair for pair in pairs if pair.changed]
    unsteady = sum(pair.unsteady for pair in pairs)
    seen = (
        Observation(name="documents", value=len(pairs)),
        Observation(name="changed", value=len(found), limit=Limit(high=0)),
        Observation(name="unsteady", value=unsteady),
    )
    drift = f"; {unsteady} differ between the turns of the baseline itself" if unsteady else ""
    if not found:
        message = f"{len(pairs)} of {len(pairs)} answers say what the baseline's say{drift}"
        return Judgement(outcome=Outcome.PASSED, message=message, observations=seen)
    message = f"{len(found)} of {len(pairs)} answers changed{drift}{_some(found)}"
    return Judgement(outcome=Outcome.WARNED, message=message, observations=seen, material=_listed(found))


def _pairs(cases: ComparedCases) -> tuple[list[AnswerPair], Judgement | None]:
    """The documents that each turn answered; and where there are none, what that means."""
    new = {} if cases.candidate is None else documents.answers(cases.candidate)
    if not new:
        return [], cases.unmeasured
    old = [found for case in cases.baselines if (found := documents.answers(case))]
    if cases.no_baseline or not old:
        why = cases.no_baseline or f"no baseline: {cases.id} kept no answers of it"
        return [], Judgement(outcome=Outcome.INCONCLUSIVE, message=why)
    pairs = list(_same(new, old))
    if not pairs:
        return [], Judgement(outcome=Outcome.INCONCLUSIVE, message="no baseline: it answered none of these documents")
    return pairs, None


def _same(new: Mapping[str, KeptAnswer], old: Sequence[Mapping[str, KeptAnswer]]) -> Iterator[AnswerPair]:
    """Those that each turn of the baseline answered: what it never answered shows nothing of either."""
    for document, answer in new.items():
        if all(document in turn and turn[document].answered for turn in old):
            yield AnswerPair(document=document, new=answer, old=tuple(turn[document] for turn in old))


def _some(pairs: Sequence[AnswerPair]) -> str:
    """The first of them, in words."""
    if not pairs:
        return ""
    more = f"; {len(pairs) - _LISTED} more" if len(pairs) > _LISTED else ""
    return f": {'; '.join(str(pair) for pair in pairs[:_LISTED])}{more}"


def _listed(pairs: Sequence[AnswerPair]) -> dict[str, object]:
    """All of them, side by side, for whoever looks closer."""
    return {"changed": {pair.document: [*(one.text for one in pair.old), pair.new.text] for pair in pairs}}


def _span(ratio: Bounds) -> str:
    return f"{100 * ratio.low:.3g} to {100 * ratio.high:.3g} %"
