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
        fresh: to A under a salt of its own, which shares no cache with anything.
        before: to A.
        other: to B, whose head is that of A.
        after: to A again.
        hits: tokens that the server says came from its cache for the last two; ``None`` where it does not count them.
    """

    a: Marked
    b: Marked
    fresh: ChatReply
    before: ChatReply
    other: ChatReply
    after: ChatReply
    hits: float | None = None


def judge(got: AbaAnswers | None) -> Judgement:
    """Neither answer may name the other's mark, and what comes from the cache must say what came without.

    Args:
        got: the answers; ``None`` where there were no two documents to ask.
    """
    if got is None:
        message = "no two documents have marks that the model names even when they are asked alone"
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=message)
    cached = [Observation(name="prefix-cache-hits", value=got.hits, unit="tokens")] if got.hits is not None else []
    seen = (
        *cached,
        Observation(name="same-after-another", value=got.before.content == got.after.content),
        Observation(name="same-without-cache", value=got.fresh.content == got.before.content),
    )
    outcome, message = _verdict(got)
    return Judgement(outcome=outcome, message=message, observations=seen)


def _verdict(got: AbaAnswers) -> tuple[Outcome, str]:
    a, b = got.a.mark, got.b.mark
    every = (got.fresh, got.before, got.other, got.after)
    if broken := [reply.problems[0] for reply in every if reply.problems]:
        return Outcome.FAILED, f"a request with a long head got no answer: {broken[0]}"
    if marks.holds(got.other.content, a):
        return Outcome.FAILED, f"after another prompt with the same head, the answer is that prompt's: {quote(a)}"
    if marks.holds(got.after.content, b):
        return Outcome.FAILED, f"asked again, the answer is that of the prompt in between: {quote(b)}"
    if not marks.holds(got.fresh.content, a):
        return Outcome.INCONCLUSIVE, f"even without the cache, the answer does not name {quote(a)}"
    if not marks.holds(got.after.content, a):
        said = quote(got.after.content)
        return Outcome.FAILED, f"without the cache the answer names {quote(a)}, with it it is {said}"
    return _of_words(got)


def _of_words(got: AbaAnswers) -> tuple[Outcome, str]:
    """The marks are right; what is left are the words, which a cached head may change by a rounding."""
    if got.hits == 0:
        return Outcome.NOT_APPLICABLE, "the server counts no hit of its prefix cache, so there is nothing to be wrong"
    if got.before.content == got.after.content:
        return Outcome.PASSED, "the same request before and after another with the same head: the same answer"
    if got.fresh.content != got.before.content:
        return Outcome.PASSED, "the right answer before and after another prompt; its words vary without the cache too"
    said = f"{quote(got.before.content)}, then {quote(got.after.content)}"
    return Outcome.WARNED, f"the same request after another with the same head is answered in other words: {said}"
