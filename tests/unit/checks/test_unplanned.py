"""What a case's report says of requests that were sent again and of an engine that stood still."""

from __future__ import annotations

import pytest

from vllm_qualify.checks import unplanned
from vllm_qualify.checks.unplanned import RequestNotes
from vllm_qualify.core.records import Judgement, Observation, Outcome

PASSED = Judgement(outcome=Outcome.PASSED, message="fine")


def test_without_notes_nothing_changes() -> None:
    """A case that went as planned is told as it was judged."""
    assert unplanned.told(PASSED, RequestNotes()) == PASSED


@pytest.mark.parametrize(("count", "words"), [(1, "1 request was sent again"), (2, "2 requests were sent again")])
def test_what_was_sent_again_is_told(count: int, words: str) -> None:
    """With what the first of them met; it is no warning."""
    judgement = unplanned.told(PASSED, RequestNotes(resent=("connection reset",) * count))

    assert judgement.message == f"fine; {words} on a new connection, after: connection reset"
    assert judgement.observations == (Observation(name="resent", value=count, unit="requests"),)
    assert judgement.outcome is Outcome.PASSED


@pytest.mark.parametrize("outcome", Outcome)
def test_an_engine_that_stood_still_is_a_warning(outcome: Outcome) -> None:
    """A pass says so; every other outcome stays."""
    judgement = unplanned.told(Judgement(outcome=outcome), RequestNotes(stalls=(21.0, 31.0)))

    assert judgement.message == "the engine stood still for 31 s in the middle of an answer and came back"
    assert judgement.outcome is (Outcome.WARNED if outcome is Outcome.PASSED else outcome)
