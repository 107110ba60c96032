"""Whether production is back, as a case of its own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vllm_qualify.checks import production
from vllm_qualify.checks.production import Restoration, TransactionEnd
from vllm_qualify.core.records import Outcome

AT = datetime(2026, 11, 23, 22, 5, 6, tzinfo=UTC)


def ended(*, away_seconds: float | None = 100.0, **restoration: tuple[str, ...]) -> TransactionEnd:
    """A transaction that ended so."""
    return TransactionEnd(
        restoration=Restoration(**restoration),
        away_seconds=away_seconds,
        away_from=None if away_seconds is None else AT,
        limit_seconds=1800.0,
    )


def test_production_that_is_back() -> None:
    """What was seen to hold is said, with the outage and its beginning."""
    judgement = production.put_back(ended(checked=("all pods are ready",)))

    assert judgement.outcome is Outcome.PASSED
    assert judgement.message == "production was away for 100 s, from 22:05:06 UTC; all pods are ready"
    assert [(seen.value, seen.unit) for seen in judgement.observations] == [(100.0, "s")]


@pytest.mark.parametrize(
    ("away_seconds", "outcome"), [(1800.0, Outcome.PASSED), (1800.1, Outcome.WARNED), (9999.0, Outcome.WARNED)]
)
def test_an_outage_longer_than_allowed_is_a_warning(away_seconds: float, outcome: Outcome) -> None:
    """Production is back, but the operator's word was not kept."""
    judgement = production.put_back(ended(away_seconds=away_seconds))

    assert judgement.outcome is outcome
    assert judgement.message.startswith("longer than the 1800 s allowed") is (outcome is Outcome.WARNED)


def test_what_the_operator_should_know_is_a_warning() -> None:
    """Such as a Service that somebody changed meanwhile."""
    judgement = production.put_back(ended(notes=("Service vllm-api was changed",)))

    assert (judgement.outcome, "Service vllm-api was changed" in judgement.message) == (Outcome.WARNED, True)


def test_production_that_is_not_back_outranks_everything() -> None:
    """Each reason is told, and what to do; how short the outage was does not matter."""
    judgement = production.put_back(ended(problems=("a", "b"), notes=("c",), checked=("d",)))

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message == "production is NOT back: a; b; run `vllm-qualify restore` to put production back"


def test_production_that_was_never_taken_down() -> None:
    """There is no outage to be measured."""
    judgement = production.put_back(ended(away_seconds=None, checked=("untouched",)))

    assert judgement.outcome is Outcome.PASSED
    assert judgement.message == "production was never taken down; untouched"
    assert judgement.observations == ()


@pytest.mark.parametrize("away_seconds", [None, 100.0, 9999.0])
def test_the_details_of_a_message_are_what_the_judge_put_in(away_seconds: float | None) -> None:
    """Neither the outage nor what to do is among them, which every report tells in words of its own."""
    back = production.put_back(ended(away_seconds=away_seconds, checked=("a",), notes=("b",)))
    lost = production.put_back(ended(away_seconds=away_seconds, problems=("a; with a reason", "b")))

    assert production.details(back.message) == ("a", "b")
    assert production.details(lost.message) == ("a; with a reason; b",)
    assert production.details("") == ()


def test_a_run_that_never_had_it() -> None:
    """It ended before it had the lock, and has nothing to answer for."""
    assert production.put_back(None).outcome is Outcome.NOT_APPLICABLE
