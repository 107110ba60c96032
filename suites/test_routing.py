"""ROUTE: through the proxy, the alias reaches the candidate."""

from __future__ import annotations

import pytest

from fixtures.recording import Conclude
from vllm_qualify.config import Settings
from vllm_qualify.judge import routing
from vllm_qualify.targets.base import Target

pytestmark = [pytest.mark.requirement("ROUTE"), pytest.mark.usefixtures("candidate")]


def test_alias_reaches_the_candidate(target: Target, settings: Settings, conclude: Conclude) -> None:
    """A request for the proxy's alias is answered by the candidate and by nobody else."""
    conclude(routing.configured(settings.routing, target=target.name))
