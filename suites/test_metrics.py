"""METRICS: the names that dashboards, alerts and autoscalers read are there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks
from vllm_qualify.targets.mode import Mode

if TYPE_CHECKING:
    from vllm_qualify.config import Settings
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("METRICS"), pytest.mark.beside]


@pytest.mark.cost(0)
def test_names(candidate: Candidate, conclude: Conclude) -> None:
    """/metrics shows the metrics that every release of vLLM has."""
    conclude(checks.metrics.names(candidate.serving(Mode.ML).ask("GET", "/metrics")))


@pytest.mark.cost(0)
def test_dashboards(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """Every metric that the operator's dashboards, alerts and autoscalers read is there."""
    from vllm_qualify.config import loading

    uses = checks.metric_uses.all_of(loading.metric_files(settings))

    conclude(checks.metrics.dashboards(uses, candidate.serving(Mode.ML).ask("GET", "/metrics"), candidate.image))
