"""CLASSIFY: documents come back as valid, right, structured metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks

if TYPE_CHECKING:
    from vllm_qualify.config import Settings
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.candidate import Candidate

pytestmark = pytest.mark.requirement("CLASSIFY")


@pytest.mark.beside(once=True)
@pytest.mark.cost(30)
def test_without_schema(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """Asked by the prompt alone, the answers are JSON that satisfies the schema, without any clean-up."""
    floor = settings.classification.label_floor

    conclude(checks.classification.without_schema(candidate.classified(constrained=False), floor=floor))


@pytest.mark.beside
@pytest.mark.level("quick")
@pytest.mark.cost(30)
def test_with_schema(candidate: Candidate, conclude: Conclude) -> None:
    """With response_format json_schema, every single answer is valid by the schema."""
    conclude(checks.classification.with_schema(candidate.classified(constrained=True)))


@pytest.mark.beside
@pytest.mark.level("quick")
@pytest.mark.cost(0)
def test_labels(candidate: Candidate, settings: Settings, conclude: Conclude) -> None:
    """Title, tags and correspondent are right."""
    floor = settings.classification.label_floor

    conclude(checks.classification.labels(candidate.classified(constrained=True), floor=floor))


@pytest.mark.level("quick")
@pytest.mark.cost(2)
def test_constraint_acts(candidate: Candidate, conclude: Conclude) -> None:
    """A prompt that breaks a schema by itself is forced into it; otherwise the constraint is ignored."""
    unconstrained, constrained = candidate.control()

    conclude(checks.classification.control(unconstrained, constrained))


@pytest.mark.cost(1)
def test_invalid_schema(candidate: Candidate, conclude: Conclude) -> None:
    """An invalid schema is refused with HTTP 4xx, and the engine survives it."""
    conclude(checks.classification.invalid_schema(candidate.invalid_schema()))
