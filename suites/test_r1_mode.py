"""R1: the switch to the reasoning model and back, with the same image."""

from __future__ import annotations

import pytest

from fixtures.recording import Conclude
from vllm_qualify.judge import api, reasoning
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("R1"), pytest.mark.usefixtures("reasoning_mode")]


def test_switch(candidate: Candidate, conclude: Conclude) -> None:
    """The same image starts in the reasoning mode."""
    candidate.remember()

    start = candidate.start(Mode.R1)

    conclude(api.started(ready=start.ready is not None, reason=start.reason, death=start.death))


def test_models(candidate: Candidate, conclude: Conclude) -> None:
    """/v1/models names exactly the reasoning model."""
    client = candidate.serving(Mode.R1)

    conclude(api.models(client.models(), expected=candidate.model))


def test_reasons(candidate: Candidate, conclude: Conclude) -> None:
    """A sum is answered with a chain of reasoning, then the right number, with no tag left in the content."""
    question, reply = candidate.reasoned()

    conclude(reasoning.answer(reply, expected=question.answer, parser=candidate.start(Mode.R1).parser))


def test_streams_reasoning(candidate: Candidate, conclude: Conclude) -> None:
    """Streamed, the chain of reasoning comes apart from the content as well."""
    sample = candidate.first_stream(Mode.R1)
    expected = candidate.work.sums[0].answer

    conclude(reasoning.answer(sample.reply, expected=expected, parser=candidate.start(Mode.R1).parser))


def test_switch_back(candidate: Candidate, conclude: Conclude) -> None:
    """The everyday mode starts again."""
    start = candidate.start(Mode.ML)

    conclude(api.started(ready=start.ready is not None, reason=start.reason, death=start.death))


def test_answers_as_before(candidate: Candidate, conclude: Conclude) -> None:
    """Back in the everyday mode, the same documents turn out as before."""
    before, after = candidate.classified_again()

    conclude(reasoning.back_again(before, after))
