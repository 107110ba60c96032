"""Usage must be the same for the same answer, and what the server itself counts."""

from __future__ import annotations

import pytest

from vllm_qualify.checks.integrity import usage
from vllm_qualify.checks.integrity.usage import UsageSeen
from vllm_qualify.client.exchanges import ChatReply, Chunk, StreamSample, Usage
from vllm_qualify.core.records import Outcome


def seen(
    *, whole: int = 3, streamed: int = 3, prompts: tuple[int, int] = (9, 9), counted: float | None = 6
) -> UsageSeen:
    """The same answer of three pieces, with these counts."""
    chunks = tuple(Chunk(at=place, content=text, last=text == "c") for place, text in enumerate("abc"))
    return UsageSeen(
        whole=ChatReply(
            status=200, content="abc", finish_reason="stop", usage=Usage(prompt=prompts[0], completion=whole)
        ),
        streamed=StreamSample(
            status=200,
            chunks=chunks,
            finish_reason="stop",
            usage=Usage(prompt=prompts[1], completion=streamed),
            done=True,
        ),
        generated=counted,
    )


@pytest.mark.parametrize(
    ("given", "outcome", "message"),
    [
        (seen(), Outcome.PASSED, "usage says 6 tokens"),
        (seen(counted=None), Outcome.PASSED, "no counter"),
        (seen(whole=4), Outcome.FAILED, "4 tokens whole and 3 streamed"),
        (seen(prompts=(9, 8)), Outcome.FAILED, "9 tokens whole and 8 streamed"),
        (seen(whole=2, streamed=2), Outcome.FAILED, "3 pieces with tokens came; usage says 2"),
        (seen(whole=5, streamed=5), Outcome.FAILED, "10 tokens; the server's own counter grew by 6"),
        (seen(counted=60), Outcome.INCONCLUSIVE, "someone else"),
        (UsageSeen(whole=ChatReply(status=404), streamed=StreamSample()), Outcome.INCONCLUSIVE, "HTTP 404"),
    ],
)
def test_outcomes(given: UsageSeen, outcome: Outcome, message: str) -> None:
    """Counts that contradict each other or the pieces fail; a counter that others use decides nothing."""
    got = usage.judge(given)

    assert got.outcome is outcome
    assert message in got.message
