"""LATENCY and WHOLE: what the summaries of our documents need of a vLLM image."""

from __future__ import annotations

import pytest

from vllm_qualify.plugin.suites import Candidate, ChatReply, ChatRequest, Compared, Conclude, Mode, held, no_worse

PROMPT = "Summarize in one sentence: the supplier confirms the order and delivers on Monday."
MOST_SECONDS = 4.0


def summarized(candidate: Candidate) -> ChatReply:
    """A summary by the everyday model."""
    client = candidate.serving(Mode.ML)
    return client.chat(ChatRequest(model=candidate.model, prompt=PROMPT, max_tokens=128))


@pytest.mark.requirement("LATENCY")
@pytest.mark.beside
@pytest.mark.cost(4)
def test_summary(candidate: Candidate, conclude: Conclude) -> None:
    """A summary comes within four seconds."""
    reply = summarized(candidate)

    conclude(held("summary-time", reply.seconds, unit="s", high=MOST_SECONDS))


@pytest.mark.requirement("LATENCY")
@pytest.mark.cost(0)
def test_no_later(compared: Compared, conclude: Conclude) -> None:
    """A summary takes no more than a fifth longer than the baseline's."""
    conclude(no_worse(compared.cases("LATENCY/summary"), "summary-time", share=0.2))


@pytest.mark.requirement("WHOLE")
@pytest.mark.level("quick")
@pytest.mark.cost(4)
def test_ends_by_itself(candidate: Candidate) -> None:
    """A summary comes to its end, and its tokens are counted."""
    reply = summarized(candidate)

    assert not reply.problems, "; ".join(reply.problems)
    assert reply.finish_reason == "stop", f"it ended by {reply.finish_reason!r} after {reply.usage}"
