"""ROUTE: through the proxy, the alias reaches the candidate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify import targets

if TYPE_CHECKING:
    from vllm_qualify.config import Settings
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.base import Target
    from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("ROUTE"), pytest.mark.level("quick")]


def test_alias_reaches_the_candidate(
    candidate: Candidate, target: Target, settings: Settings, conclude: Conclude
) -> None:
    """A request for the proxy's alias is answered by the candidate and by nobody else."""
    conclude(targets.route.judged(candidate, target, settings.routing))
