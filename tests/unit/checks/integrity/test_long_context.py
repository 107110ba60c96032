"""Only lengths at which no document is right any more speak against an image."""

from __future__ import annotations

import pytest

from tests.unit.checks.integrity.test_prefix_cache import reply
from vllm_qualify.checks.integrity import long_context
from vllm_qualify.checks.integrity.long_context import LongAnswer, LongAnswers
from vllm_qualify.client.exchanges import ChatReply
from vllm_qualify.core.records import Outcome

RIGHT, WRONG, LOST = reply("of Acme Limited"), reply("of nobody"), ChatReply(status=500, body="boom")


@pytest.mark.parametrize(
    ("length", "usual", "longest"),
    [
        (None, (2048,), ()),
        (1024, (820,), ()),
        (4096, (2048,), ()),
        (8192, (2048, 5120), (7630,)),
        (32768, (2048, 5120), (8192, 30977)),
    ],
)
def test_lengths_are_within_the_models_own(
    length: int | None, usual: tuple[int, ...], longest: tuple[int, ...]
) -> None:
    """No prompt is asked that the model's length does not hold with its answer."""
    assert long_context.usual(length, answer_tokens=160) == usual
    assert long_context.longest(length, answer_tokens=160) == longest


@pytest.mark.parametrize(
    ("replies", "outcome", "message"),
    [
        ([(2048, RIGHT), (5120, RIGHT)], Outcome.PASSED, "right in prompts of 2048 and 5120 tokens"),
        ([(2048, RIGHT), (5120, WRONG), (5120, RIGHT)], Outcome.WARNED, "not every document"),
        (
            [(2048, RIGHT), (5120, WRONG), (5120, WRONG)],
            Outcome.FAILED,
            "wrong in prompts of 5120 (2 documents) tokens",
        ),
        ([(2048, LOST)], Outcome.FAILED, "HTTP 500"),
        ([], Outcome.NOT_APPLICABLE, "no document"),
    ],
)
def test_outcomes(replies: list[tuple[int, ChatReply]], outcome: Outcome, message: str) -> None:
    """A length fails by all of its documents, one of several is a warning."""
    answers = tuple(LongAnswer(wanted=wanted, mark="Acme Limited", reply=said) for wanted, said in replies)

    got = long_context.judge(LongAnswers(answers=answers, obstacle="no document"))

    assert got.outcome is outcome
    assert message in got.message
