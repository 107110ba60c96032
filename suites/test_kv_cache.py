"""VRAM: what is left of the GPU's memory for requests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks
from vllm_qualify.checks import comparison

if TYPE_CHECKING:
    from vllm_qualify.core.records import CandidateRecord
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("VRAM"), pytest.mark.level("quick")]


@pytest.mark.beside
def test_kv_cache(candidate: Candidate, baseline_turn: CandidateRecord | None, conclude: Conclude) -> None:
    """The KV cache has room for as many requests as the baseline's, or production's."""
    before = comparison.compared.case(baseline_turn, "VRAM/kv-cache")

    conclude(checks.kv_cache.against(candidate.kv_cache(), candidate.production_kv_cache, baseline=before))
