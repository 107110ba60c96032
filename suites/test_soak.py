"""INTEGRITY under load that lasts, where somebody asks for it; production is spared that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify.checks import integrity

if TYPE_CHECKING:
    from vllm_qualify.plugin.options import Options
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.candidate import Candidate

pytestmark = pytest.mark.requirement("INTEGRITY")


@pytest.mark.only_with("--soak")
def test_soak(candidate: Candidate, options: Options, conclude: Conclude) -> None:
    """Under steady load the rate does not fall, memory does not grow, and answers stay right."""
    conclude(integrity.soak.judge(candidate.soak(seconds=options.soak_seconds), wanted_seconds=options.soak_seconds))
