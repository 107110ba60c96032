"""SHAPE: answers keep the form that callers read, and real clients understand them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify.checks import shape
from vllm_qualify.targets.mode import Mode

if TYPE_CHECKING:
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("SHAPE"), pytest.mark.beside]


@pytest.mark.cost(2)
def test_form(candidate: Candidate, conclude: Conclude) -> None:
    """Answers, streams, lists of models and errors have the form that OpenAI's protocol requires."""
    client = candidate.serving(Mode.ML)

    conclude(shape.form.judged(shape.answers.asked(client, candidate.model)))


@pytest.mark.cost(5)
def test_openai_client(candidate: Candidate, conclude: Conclude) -> None:
    """The openai package understands answers, streams and refusals, at once and asynchronously."""
    from vllm_qualify.client.packages import tried

    way = candidate.serving(Mode.ML).direct

    conclude(shape.packages.understood(tried("openai", way, candidate.model)))


@pytest.mark.level("full")
@pytest.mark.cost(15)
def test_litellm_client(candidate: Candidate, conclude: Conclude) -> None:
    """LiteLLM understands answers, streams and refusals, at once and asynchronously."""
    from vllm_qualify.client.packages import tried

    way = candidate.serving(Mode.ML).direct

    conclude(shape.packages.understood(tried("litellm", way, candidate.model)))
