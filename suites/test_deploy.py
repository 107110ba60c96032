"""DEPLOY and VRAM: the candidate starts, stays up, and serves the right model through a sound API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pytest

from vllm_qualify import checks, targets
from vllm_qualify.checks import integrity
from vllm_qualify.targets.kind import Ability
from vllm_qualify.targets.mode import Mode

if TYPE_CHECKING:
    from vllm_qualify.config import Settings
    from vllm_qualify.plugin.options import Options
    from vllm_qualify.plugin.recorder import Conclude
    from vllm_qualify.targets.candidate import Candidate

pytestmark = [pytest.mark.requirement("DEPLOY"), pytest.mark.level("quick")]


@pytest.mark.cost(60)
def test_starts(candidate: Candidate, conclude: Conclude) -> None:
    """The candidate starts and becomes ready."""
    start = candidate.start(Mode.ML)

    ready = start.ready is not None
    conclude(checks.api.started(ready=ready, reason=start.reason, death=start.death, digest=start.digest))


def test_health(candidate: Candidate, conclude: Conclude) -> None:
    """/health answers with HTTP 200."""
    conclude(checks.api.health(candidate.serving(Mode.ML).health()))


@pytest.mark.beside
def test_models(candidate: Candidate, manifest_words: Sequence[str], conclude: Conclude) -> None:
    """/v1/models names exactly the expected model."""
    client, adapters = candidate.serving(Mode.ML), integrity.features.adapters(manifest_words)

    conclude(checks.api.models(client.models(), expected=candidate.model, adapters=adapters))


def test_unknown_model(candidate: Candidate, conclude: Conclude) -> None:
    """A model that is not served is answered with HTTP 404."""
    reply = checks.prompts.unknown_model(candidate.serving(Mode.ML), name="no-such-model")

    conclude(checks.api.unknown_model(reply, name="no-such-model"))


@pytest.mark.beside
def test_stream(candidate: Candidate, conclude: Conclude) -> None:
    """A chat completion streams tokens and ends properly."""
    conclude(checks.api.stream(candidate.first_stream(Mode.ML)))


@pytest.mark.cost(5)
def test_stays_up(candidate: Candidate, conclude: Conclude) -> None:
    """The candidate is still up after an idle stretch."""
    conclude(checks.api.stayed_up(candidate.idle(Mode.ML, seconds=5.0)))


@pytest.mark.beside
@pytest.mark.requirement("VRAM")
def test_vram(candidate: Candidate, settings: Settings, options: Options, conclude: Conclude) -> None:
    """The use of GPU memory stays inside the card."""
    looks = candidate.memory()
    expected = None
    # The estimate is for the model of the manifest, whose place a canary may have taken.
    if Ability.ASKS_OWN_DOCUMENTS not in options.kind.lacks(settings):
        expected = targets.memory_estimate.expected(
            candidate.image, looks, mode=settings.modes.ml, environment=options.wishes.environment
        )

    conclude(
        checks.vram.vram(looks, limit_mib=settings.budgets.vram_mib, expected=expected, cache=candidate.kv_cache())
    )
