"""The probe of mixed answers: many marked prompts at once, of which no answer may name another's mark. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from vllm_qualify.checks.integrity import marks
from vllm_qualify.checks.integrity.marks import Marked
from vllm_qualify.client.exchanges import StreamSample, quote
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome

FEWEST = 2
MAX_LOST = 0.1
"""Share of answers that may lack their own mark in a batch, where roundings change a word now and then."""


def judge(asked: Sequence[Marked], alone: Sequence[bool], together: Sequence[StreamSample]) -> Judgement:
    """No answer of a batch may name another prompt's mark, and each must name the mark that it named alone.

    Args:
        asked: the prompts, in their order.
        alone: whether the model named the mark of each when it was asked alone.
        together: the answers when all were asked at once.
    """
    known = sum(alone)
    lost = sum(
        was and not marks.holds(reply.content, one.mark)
        for one, was, reply in zip(asked, alone, together, strict=True)
        if not reply.problems
    )
    strangers = [
        (one.mark, other)
        for one, reply in zip(asked, together, strict=True)
        if (other := marks.foreign(reply.content, one, asked))
    ]
    broken = [reply.problems[0] for reply in together if reply.problems]
    seen = (
        Observation(name="prompts-at-once", value=len(together)),
        Observation(name="foreign-marks", value=len(strangers), limit=Limit(high=0)),
        Observation(name="own-marks-alone", value=known),
        Observation(name="own-marks-lost", value=lost),
    )
    outcome, message = _verdict(len(together), known, lost, strangers, broken)
    return Judgement(outcome=outcome, message=message, observations=seen)


def _verdict(
    total: int, known: int, lost: int, strangers: Sequence[tuple[str, str]], broken: Sequence[str]
) -> tuple[Outcome, str]:
    if strangers:
        own, other = strangers[0]
        return Outcome.FAILED, (
            f"{len(strangers)} of {total} answers name another prompt's mark: "
            f"the one to {quote(own)} names {quote(other)}"
        )
    if total < FEWEST:
        return Outcome.NOT_APPLICABLE, "fewer than two documents have a label that stands in no other; nothing to mix"
    if broken:
        return Outcome.FAILED, f"{len(broken)} of {total} prompts at once got no answer; the first: {broken[0]}"
    if known < FEWEST:
        return Outcome.INCONCLUSIVE, f"asked alone, the model names the marks of only {known} of {total} prompts"
    said = f"{total} prompts at once: no answer names another's mark"
    if lost:
        outcome = Outcome.FAILED if lost > max(1, MAX_LOST * known) else Outcome.WARNED
        return outcome, f"{said}, but {lost} of {known} lack their own, which they had alone"
    return Outcome.PASSED, f"{said}, and all {known} that were right alone are right"
