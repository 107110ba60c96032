"""The load budget holds the counted phases and names the largest."""

from __future__ import annotations

import pytest

from vllm_qualify.judge.load import Phase, budget
from vllm_qualify.records import Outcome


def phases(weights_seconds: float) -> tuple[Phase, ...]:
    """A load whose weights take so long; the rest takes 10 s, and the pull is not counted."""
    return (
        Phase(name="pull", seconds=500.0, counted=False),
        Phase(name="start", seconds=9.0),
        Phase(name="weights", seconds=weights_seconds),
        Phase(name="first-token", seconds=1.0),
    )


@pytest.mark.parametrize(
    ("weights_seconds", "outcome"),
    [
        (20.0, Outcome.PASSED),
        (98.0, Outcome.PASSED),
        (98.1, Outcome.WARNED),
        (110.0, Outcome.WARNED),
        (110.1, Outcome.FAILED),
    ],
)
def test_budget_and_its_last_tenth(weights_seconds: float, outcome: Outcome) -> None:
    """Up to 108 s passes, up to 120 s warns, beyond fails."""
    assert budget(phases(weights_seconds), limit_seconds=120).outcome is outcome


def test_message_names_the_largest_counted_phase() -> None:
    """The phase to look at is told with its time; a pull that was larger does not count."""
    message = budget(phases(120.0), limit_seconds=120).message

    assert message == "first token after 130.0 s of 120 s, most of it in weights (120.0 s): 10.0 s over the budget"


def test_every_phase_is_observed_and_the_total_has_its_limit() -> None:
    """The split is kept beside the sum."""
    seen = budget(phases(20.0), limit_seconds=120).observations

    assert [(one.name, one.value) for one in seen] == [
        ("pull", 500.0),
        ("start", 9.0),
        ("weights", 20.0),
        ("first-token", 1.0),
        ("total", 30.0),
    ]
    assert str(seen[-1].limit) == "<= 120"


def test_unfinished_load_fails_within_the_budget() -> None:
    """No first token is a failure however little time had passed."""
    judgement = budget(phases(20.0), limit_seconds=120, unfinished="no first token")

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message.startswith("no first token after 30.0 s (budget 120 s)")


def test_no_phase_shows_nothing() -> None:
    """An empty measurement is never a pass."""
    assert budget((), limit_seconds=120).outcome is Outcome.INCONCLUSIVE
