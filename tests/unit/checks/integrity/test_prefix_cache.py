"""The A-B-A probe tells an answer of somebody else from another rounding of the same one."""

from __future__ import annotations

import pytest

from tests.unit.checks.integrity.test_marks import ACME, BOLT
from vllm_qualify.checks.integrity import marks, prefix_cache
from vllm_qualify.checks.integrity.prefix_cache import AbaAnswers
from vllm_qualify.client.exchanges import ChatReply, Usage
from vllm_qualify.core.records import Outcome

A, B = marks.marked([ACME, BOLT])
OF_A, SAME_A, OF_B = "of Acme Limited", "by Acme Limited", "of Bolt & Sons"


def reply(said: str) -> ChatReply:
    """A whole answer."""
    return ChatReply(status=200, content=said, finish_reason="stop", usage=Usage(prompt=9, completion=3))


@pytest.mark.parametrize(
    ("said", "fresh", "hits", "outcome", "message"),
    [
        ((OF_A, OF_B, OF_A), None, 96.0, Outcome.PASSED, "the same answer"),
        ((OF_A, OF_B, OF_A), None, None, Outcome.PASSED, "the same answer"),
        ((OF_A, OF_B, OF_A), None, 0.0, Outcome.NOT_APPLICABLE, "counts no hit"),
        ((SAME_A, OF_B, OF_A), OF_A, 96.0, Outcome.PASSED, "vary without the cache too"),
        ((OF_A, OF_B, SAME_A), OF_A, 96.0, Outcome.WARNED, "in other words"),
        ((OF_A, OF_A, OF_A), None, 96.0, Outcome.FAILED, "is that prompt's: 'Acme Limited'"),
        ((OF_A, OF_B, OF_B), OF_A, 96.0, Outcome.FAILED, "the prompt in between: 'Bolt & Sons'"),
        ((OF_A, OF_B, "hm"), OF_A, 96.0, Outcome.FAILED, "with it it is 'hm'"),
        (("hm", "hm", "hm"), None, 96.0, Outcome.INCONCLUSIVE, "the first time"),
        (("hm", "hm", OF_A), "hm", 96.0, Outcome.INCONCLUSIVE, "even without the cache"),
    ],
)
def test_outcomes(said: tuple[str, ...], fresh: str | None, hits: float | None, outcome: Outcome, message: str) -> None:
    """Whose mark an answer names decides; its words are a warning, and only where they were the same without cache."""
    before, other, after = map(reply, said)
    cold = None if fresh is None else reply(fresh)

    got = prefix_cache.judge(AbaAnswers(a=A, b=B, before=before, other=other, after=after, fresh=cold, hits=hits))

    assert got.outcome is outcome
    assert message in got.message


def test_no_answer_is_a_failure() -> None:
    """A long head that ends in an error is not passed over."""
    broken = ChatReply(status=500, body="boom")

    got = prefix_cache.judge(AbaAnswers(a=A, b=B, before=reply(OF_A), other=broken, after=broken))

    assert (got.outcome, "HTTP 500" in got.message) == (Outcome.FAILED, True)


def test_without_two_marks_there_is_no_probe() -> None:
    """Documents that cannot be told apart show nothing."""
    assert prefix_cache.judge(None).outcome is Outcome.NOT_APPLICABLE
