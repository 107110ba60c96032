"""LOAD: from start to first token, within the budget."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks
from vllm_qualify.targets.mode import Mode

if TYPE_CHECKING:
    from vllm_qualify.config import Settings
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("LOAD"), pytest.mark.level("quick")]


@pytest.mark.beside
def test_first_token(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """The first token comes within the load budget, counted from the start of the process, with its caches warm."""
    limit = settings.budgets.load_seconds

    first, again, problem = candidate.loads(Mode.ML, limit_seconds=inf if settings.load.cold == "judge" else limit)

    conclude(checks.load.starts(first, limit_seconds=limit, again=again, problem=problem))


@pytest.mark.only_with("--cold-cache")
@pytest.mark.cost(120)
def test_cold_cache(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """From an empty cache, the model is downloaded and loaded within the same budget; both times are told apart."""
    cold = candidate.cold_load(Mode.ML)

    conclude(checks.load.starts(cold, limit_seconds=settings.budgets.load_seconds))
