"""Documents in a long prompt: what was right alone must be right at 2k, 5k and near the model's length too. Pure.

Windows of attention, scaled positions and chunked prefill go wrong only beyond some length (vLLM #9769), which no
document of the everyday kind reaches.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vllm_qualify.checks.integrity import marks
from vllm_qualify.client.exchanges import ChatReply, quote
from vllm_qualify.core.records import Judgement, Observation, Outcome

USUAL = (2048, 5120)
"""Tokens that are asked for by default: the second lies beyond 4096, the commonest window."""
LONG = 8192
NEAR = 0.95
"""Of the model's length: as near as padding can be measured out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LongAnswer:
    """The answer to one document in a long prompt.

    Attributes:
        wanted: tokens that the prompt was to have.
        mark: that the answer must name.
        reply: what came back.
    """

    wanted: int
    mark: str
    reply: ChatReply

    @property
    def right(self) -> bool:
        """It names its mark."""
        return not self.reply.problems and marks.holds(self.reply.content, self.mark)


@dataclass(frozen=True, slots=True, kw_only=True)
class LongAnswers:
    """What came back of all lengths.

    Attributes:
        answers: of documents that are right alone; a further one of a length only where the one before was not right.
        obstacle: why there are none; ``""`` where there are.
    """

    answers: tuple[LongAnswer, ...] = ()
    obstacle: str = ""


def usual(model_length: int | None, *, answer_tokens: int) -> tuple[int, ...]:
    """The lengths of prompts that are always tried, in tokens; none that the model's own length does not hold.

    Args:
        model_length: as ``/v1/models`` says; ``None`` where it does not.
        answer_tokens: room that an answer needs.
    """
    if model_length is None:
        return USUAL[:1]
    most = _most(model_length, answer_tokens)
    return tuple(length for length in USUAL if length <= most) or (most,)


def longest(model_length: int | None, *, answer_tokens: int) -> tuple[int, ...]:
    """Those beyond them, see ``usual``: 8k, and near the model's length."""
    most = 0 if model_length is None else _most(model_length, answer_tokens)
    return tuple(sorted(length for length in {LONG, most} if USUAL[-1] < length <= most))


def _most(model_length: int, answer_tokens: int) -> int:
    return max(1, int((model_length - answer_tokens) * NEAR))


def judge(got: LongAnswers) -> Judgement:
    """At each length an answer must be right; where none is, the length is what went wrong."""
    answers = got.answers
    if not answers:
        return Judgement(outcome=Outcome.NOT_APPLICABLE, message=got.obstacle)
    of = {
        length: [one for one in answers if one.wanted == length] for length in sorted({one.wanted for one in answers})
    }
    right = {length: any(one.right for one in tried) for length, tried in of.items()}
    lost = [one for one in answers if not one.right]
    seen = tuple(
        Observation(name=f"right-at-{length}", value=right[length], unit=_tokens(tried)) for length, tried in of.items()
    )
    said = f"right in prompts of {' and '.join(str(length) for length in of)} tokens"
    if not lost:
        return Judgement(outcome=Outcome.PASSED, message=said, observations=seen)
    first = lost[0].reply.problems[0] if lost[0].reply.problems else quote(lost[0].reply.content)
    names = f"the answer that must name {quote(lost[0].mark)} is {first}"
    if all(right.values()):
        message = f"{said}, but not every document: {names}"
        return Judgement(outcome=Outcome.WARNED, message=message, observations=seen)
    wrong = " and ".join(f"{length} ({len(of[length])} documents)" for length in of if not right[length])
    message = f"documents that are right alone are wrong in prompts of {wrong} tokens: {names}"
    return Judgement(outcome=Outcome.FAILED, message=message, observations=seen)


def _tokens(answers: Sequence[LongAnswer]) -> str:
    used = [one.reply.usage.prompt for one in answers if one.reply.usage]
    return f"of prompts of {max(used)} tokens" if used else ""
