"""What production fails as well speaks against no upgrade."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from vllm_qualify.checks import beside
from vllm_qualify.core.records import CaseRecord, Judgement, Outcome

NOW = datetime(2026, 11, 27, tzinfo=UTC)
FAILED = Judgement(outcome=Outcome.FAILED, message="3 of 8 labels are wrong")


def case(outcome: Outcome) -> CaseRecord:
    """A case of the baseline."""
    return CaseRecord(image="baseline", requirement="R", id="R/a", sentence="s", outcome=outcome, started=NOW)


def test_what_both_fail_is_a_warning_that_says_so() -> None:
    """The candidate's own words come first."""
    judged = beside.softened(FAILED, case(Outcome.FAILED), who="production")

    assert judged.outcome is Outcome.WARNED
    assert judged.message.startswith("3 of 8 labels are wrong; production does the same today")


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.FAILED])
def test_what_the_baseline_did_not_fail_is_a_failure(outcome: Outcome) -> None:
    """Nothing but a failure excuses one; what was not decided there excuses nothing."""
    assert beside.softened(FAILED, case(outcome), who="production") is FAILED
    assert beside.softened(FAILED, None, who="production") is FAILED


@pytest.mark.parametrize("outcome", [one for one in Outcome if one is not Outcome.FAILED])
def test_what_is_no_failure_stays_what_it_is(outcome: Outcome) -> None:
    """A fault of the baseline makes nothing of the candidate better or worse."""
    judgement = Judgement(outcome=outcome)

    assert beside.softened(judgement, case(Outcome.FAILED), who="production") is judgement
