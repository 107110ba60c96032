"""SCHEMA: answers are held to JSON Schemas, feature by feature, in every spelling that callers use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks
from vllm_qualify.targets.mode import Mode

if TYPE_CHECKING:
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("SCHEMA"), pytest.mark.beside(once=True)]


@pytest.mark.cost(15)
def test_features(candidate: Candidate, conclude: Conclude) -> None:
    """Each feature of JSON Schema is kept by the answers, or refused with HTTP 4xx."""
    client, work = candidate.serving(Mode.ML), candidate.work
    asked = checks.schema_probes.features(client, work, model=candidate.model)

    conclude(checks.structured_output.features(asked, used=checks.schema_features.used(work.schema)))


@pytest.mark.cost(5)
def test_spellings(candidate: Candidate, conclude: Conclude) -> None:
    """No spelling of a constraint, OpenAI's or vLLM's own, new or old, is ignored with HTTP 200."""
    asked = checks.schema_probes.spellings(candidate.serving(Mode.ML), candidate.work, model=candidate.model)

    conclude(checks.structured_output.spellings(asked, release=candidate.image.release))
