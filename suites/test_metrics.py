"""METRICS: the names that dashboards, alerts and autoscalers read are there."""

from __future__ import annotations

import pytest

from vllm_qualify.checks import metric_uses, metrics
from vllm_qualify.config import Settings, loading
from vllm_qualify.plugin.recorder import Conclude
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("METRICS"), pytest.mark.beside]


@pytest.mark.cost(0)
def test_names(candidate: Candidate, conclude: Conclude) -> None:
    """/metrics shows the metrics that every release of vLLM has."""
    conclude(metrics.names(candidate.serving(Mode.ML).ask("GET", "/metrics")))


@pytest.mark.cost(0)
def test_dashboards(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """Every metric that the operator's dashboards, alerts and autoscalers read is there."""
    uses = metric_uses.all_of(loading.metric_files(settings))

    conclude(metrics.dashboards(uses, candidate.serving(Mode.ML).ask("GET", "/metrics"), candidate.image))
