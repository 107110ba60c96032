"""SHAPE: answers keep the form that callers read, and real clients understand them."""

from __future__ import annotations

import pytest

from fixtures.recording import Conclude
from vllm_qualify.checks.shape import answers, form
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("SHAPE"), pytest.mark.beside]


@pytest.mark.cost(2)
def test_form(candidate: Candidate, conclude: Conclude) -> None:
    """Answers, streams, lists of models and errors have the form that OpenAI's protocol requires."""
    client = candidate.serving(Mode.ML)

    conclude(form.judged(answers.asked(client, candidate.model)))
