"""The A-B-A probe of the prefix cache: the same greedy request before and after another one with the same long head.

What the cache holds of the one must not come out in the other (vLLM #43559: right twice, then wrong). Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from vllm_qualify.checks.integrity import marks
from vllm_qualify.checks.integrity.marks import Marked
from vllm_qualify.client.exchanges import ChatReply, quote
from vllm_qualify.core.records import Judgement, Observation, Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class AbaAnswers:
    """What came back, in the order in which it was asked.

    Attributes:
        a: the document that is asked again and again.
        b: the one in between.
        before: to A.
        other: to B, whose head is that of A.
        after: to A again.
        fresh: to A under a salt of its own, which shares no cache with anything; ``None`` where the words of the others
            did not differ, so that nobody had to ask.
        hits: tokens that the server says came from its cache for the last two; ``None`` where it does not count them.
    """

    a: Marked
    b: Marked
    before: ChatReply
    other: ChatReply
    after: ChatReply
    fresh: ChatReply | None = None
    hits: float | None = None


def judge(got: AbaAnswers | None) -> Judgement:
    """Neither answer may name the other's mark, and what comes from the cache must say what came without.

    Args:
        got: the answers; ``None`` where there were no two documents to ask.
    """
    if got is None:
        message = "no two documents have marks that the model names even alone, or nothing makes their prompts long"
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=message)
    cached = [Observation(name="prefix-cache-hits", value=got.hits, unit="tokens")] if got.hits is not None else []
    same = Observation(name="same-after-another", value=got.before.content == got.after.content)
    outcome, message = _verdict(got)
    return Judgement(outcome=outcome, message=message, observations=(*cached, same))


def _verdict(got: AbaAnswers) -> tuple[Outcome, str]:
    every = (got.before, got.other, got.after, got.fresh)
    if broken := [reply.problems[0] for reply in every if reply is not None and reply.problems]:
        return Outcome.FAILED, f"a request with a long head got no answer: {broken[0]}"
    if marks.holds(got.other.content, got.a.mark):
        said = f"after another prompt with the same head, the answer is that prompt's: {quote(got.a.mark)}"
        return Outcome.FAILED, said
    if marks.holds(got.after.content, got.b.mark):
        return Outcome.FAILED, f"asked again, the answer is that of the prompt in between: {quote(got.b.mark)}"
    if got.before.content == got.after.content:
        return _same(got)
    return _changed(got, (got.fresh or got.before).content)


def _same(got: AbaAnswers) -> tuple[Outcome, str]:
    if not marks.holds(got.before.content, got.a.mark):
        return Outcome.INCONCLUSIVE, f"behind a long head, the answer does not name {quote(got.a.mark)} the first time"
    if got.hits == 0:
        return Outcome.NOT_APPLICABLE, "the server counts no hit of its prefix cache, so there is nothing to be wrong"
    return Outcome.PASSED, "the same request before and after another with the same head: the same answer"


def _changed(got: AbaAnswers, fresh: str) -> tuple[Outcome, str]:
    """Asked again, the words are others: a cached head may change them by a rounding, but never the mark."""
    if not marks.holds(fresh, got.a.mark):
        return Outcome.INCONCLUSIVE, f"even without the cache, the answer does not name {quote(got.a.mark)}"
    if not marks.holds(got.after.content, got.a.mark):
        said = quote(got.after.content)
        return Outcome.FAILED, f"without the cache the answer names {quote(got.a.mark)}, with it it is {said}"
    if fresh != got.before.content:
        return Outcome.PASSED, "the right answer before and after another prompt; its words vary without the cache too"
    said = f"{quote(got.before.content)}, then {quote(got.after.content)}"
    return Outcome.WARNED, f"the same request after another with the same head is answered in other words: {said}"
