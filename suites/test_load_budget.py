"""LOAD: from start to first token, within the budget."""

from __future__ import annotations

import pytest

from fixtures.recording import Conclude
from vllm_qualify.config import Settings
from vllm_qualify.judge import load
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.candidate import Candidate

pytestmark = pytest.mark.requirement("LOAD")


def test_first_token(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """The first token comes within the load budget, counted from the start of the process."""
    phases, unfinished = candidate.phases(Mode.ML)

    conclude(load.budget(phases, limit_seconds=settings.budgets.load_seconds, unfinished=unfinished))


@pytest.mark.cold_cache
def test_cold_cache(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """From an empty cache, the model is downloaded and loaded within the same budget; both times are told apart."""
    phases, unfinished = candidate.cold_phases(Mode.ML)

    conclude(load.budget(phases, limit_seconds=settings.budgets.load_seconds, unfinished=unfinished))
