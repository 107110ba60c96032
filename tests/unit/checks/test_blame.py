"""An engine's death is to blame, and what was seen until then is kept."""

from __future__ import annotations

import pytest

from vllm_qualify.checks import Death, Hang, blame
from vllm_qualify.client.failures import OUR_WAY
from vllm_qualify.core.records import Certainty, Diagnosis, Judgement, Observation, Outcome

CAUSE = Diagnosis(cause="E01", title="logits must be float32", certainty=Certainty.CERTAIN)
OTHER = Diagnosis(cause="E02", title="another", certainty=Certainty.POSSIBLE)


@pytest.mark.parametrize("outcome", Outcome)
def test_death_is_to_blame_whatever_was_seen(outcome: Outcome) -> None:
    """An engine that died makes a failure with its diagnosis of any outcome, a pass as well."""
    judgement = blame(Judgement(outcome=outcome), Death(reason="EngineDeadError", diagnosis=CAUSE))

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message == "the engine died: EngineDeadError"
    assert judgement.diagnosis is CAUSE


def test_what_was_seen_stays() -> None:
    """The message and the observations of the judge stand beside the death."""
    seen = (Observation(name="status", value=500),)
    judgement = blame(
        Judgement(outcome=Outcome.BROKEN, message="HTTP 500", observations=seen), Death(reason="signal 9")
    )

    assert judgement.message == "the engine died: signal 9; before that: HTTP 500"
    assert judgement.observations == seen


@pytest.mark.parametrize(("found", "kept"), [(CAUSE, CAUSE), (None, OTHER)])
def test_cause_of_death_outranks_an_earlier_diagnosis(found: Diagnosis | None, kept: Diagnosis) -> None:
    """What the death shows is the first cause; where it shows nothing, an earlier diagnosis stays."""
    before = Judgement(outcome=Outcome.FAILED, diagnosis=OTHER)

    assert blame(before, Death(reason="exit code 1", diagnosis=found)).diagnosis is kept


def test_without_death_a_judgement_stays_as_it_is() -> None:
    """Nobody is blamed without a death."""
    judgement = Judgement(outcome=Outcome.PASSED)

    assert blame(judgement, None) is judgement


def test_a_broken_way_of_ours_is_not_held_against_the_image() -> None:
    """A failure that says that our client in the pod was lost is ours, unless the engine died of it."""
    lost = Judgement(outcome=Outcome.FAILED, message=f"the stream: connection reset ({OUR_WAY} ended)")

    assert blame(lost, None).outcome is Outcome.BROKEN
    assert blame(lost, Death(reason="exit code 137")).outcome is Outcome.FAILED


HUNG = Hang(reason="/health has not answered for 60 s; the process runs", seconds=60.0)
BACK = Hang(reason="/health first failed: no data arrived in time", seconds=31.0, over=True)


@pytest.mark.parametrize(
    ("outcome", "unanswered", "hung", "back"),
    [
        (Outcome.PASSED, False, Outcome.INCONCLUSIVE, Outcome.WARNED),
        (Outcome.WARNED, False, Outcome.INCONCLUSIVE, Outcome.WARNED),
        (Outcome.FAILED, True, Outcome.INCONCLUSIVE, Outcome.INCONCLUSIVE),
        (Outcome.FAILED, False, Outcome.FAILED, Outcome.FAILED),
        (Outcome.BROKEN, True, Outcome.INCONCLUSIVE, Outcome.BROKEN),
        (Outcome.NOT_APPLICABLE, False, Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE),
    ],
)
def test_a_hang_is_nobodys_failure(outcome: Outcome, *, unanswered: bool, hung: Outcome, back: Outcome) -> None:
    """What was answered wrongly still counts; what was not answered decides nothing; a pass has a warning."""
    judgement = Judgement(outcome=outcome, message="seen")

    assert blame(judgement, HUNG, unanswered=unanswered).outcome is hung
    assert blame(judgement, BACK, unanswered=unanswered).outcome is back


def test_a_hang_has_its_own_words() -> None:
    """It is never called a death, and its length is an observation."""
    hung, back = (blame(Judgement(outcome=Outcome.PASSED, message="seen"), end) for end in (HUNG, BACK))

    assert hung.message == f"seen; the engine hung: {HUNG.reason}"
    assert back.message == f"seen; the engine hung for 31 s and came back: {BACK.reason}"
    assert back.observations == (Observation(name="hung", value=31.0, unit="s"),)


def test_an_engine_that_is_unhealthy_did_not_die() -> None:
    """Its own answer is evidence against it all the same."""
    end = Death(reason="/health has not answered HTTP 200 for 60 s", word="is unhealthy")

    judgement = blame(Judgement(outcome=Outcome.PASSED), end)

    assert (judgement.outcome, judgement.message) == (Outcome.FAILED, f"the engine is unhealthy: {end.reason}")
