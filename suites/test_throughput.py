"""THROUGHPUT: the decode rate, held against the band of the GPU that it was written for, and many streams at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks

if TYPE_CHECKING:
    from vllm_qualify.config import Settings
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.candidate import Candidate

pytestmark = pytest.mark.requirement("THROUGHPUT")


@pytest.mark.beside
@pytest.mark.cost(50)
def test_decode_rate(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """Tokens are decoded at 30 to 50 a second on the RTX 3060; on other GPUs the rate is only shown."""
    decoded = candidate.decode(rounds=settings.throughput.rounds)

    band = settings.budgets.throughput
    conclude(checks.throughput.judge(decoded, max_tokens=checks.prompts.MEASURED_TOKENS, band=band, gpu=candidate.gpu))


@pytest.mark.beside
@pytest.mark.cost(25)
def test_streams(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """Each of many streams at once is answered whole; throughput, TTFT and ITL are only shown."""
    load = candidate.loaded(streams=settings.throughput.streams)

    conclude(checks.streams.judge(load, max_tokens=checks.prompts.MEASURED_TOKENS))


@pytest.mark.only_with("--sweep")
@pytest.mark.cost(120)
def test_sweep(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """From one stream to many, each is answered whole; throughput and goodput are shown over their number."""
    loads = candidate.swept(most=settings.throughput.sweep_streams)

    conclude(checks.streams.judge_sweep(loads, max_tokens=checks.prompts.MEASURED_TOKENS, limits=settings.throughput))
