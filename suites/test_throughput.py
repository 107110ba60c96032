"""THROUGHPUT: the decode rate, held against the band of the GPU that it was written for."""

from __future__ import annotations

import pytest

from fixtures.recording import Conclude
from vllm_qualify.checks import prompts, throughput
from vllm_qualify.config import Settings
from vllm_qualify.targets.candidate import Candidate

pytestmark = pytest.mark.requirement("THROUGHPUT")


@pytest.mark.beside
@pytest.mark.cost(50)
def test_decode_rate(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """Tokens are decoded at 30 to 50 a second on the RTX 3060; elsewhere the figure is shown and judged by nobody."""
    rounds, growth, warm_up = candidate.decode()

    conclude(
        throughput.judge(
            rounds,
            max_tokens=prompts.MEASURED_TOKENS,
            band=settings.budgets.throughput,
            gpu=candidate.gpu,
            counters=growth,
            warm_up=warm_up,
        )
    )
