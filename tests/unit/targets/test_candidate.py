"""A candidate during its turn: what it remembers, what it will not ask twice, whom it blocks."""

from __future__ import annotations

import pytest

from tests.plugin.scripted import WORK, Script, ScriptedDeployment
from vllm_qualify import images
from vllm_qualify.outcomes import Blocked
from vllm_qualify.records import Judgement, Outcome
from vllm_qualify.targets.base import Mode, Unavailable
from vllm_qualify.targets.candidate import Candidate

GOOD = Judgement(outcome=Outcome.PASSED, message="fine")
IMAGE = images.parse("vllm/vllm-openai:v0.12.0")


def candidate(script: Script | None = None) -> tuple[Candidate, ScriptedDeployment, dict[str, str]]:
    """A candidate on a scripted engine, and the logs that it kept."""
    deployment, logs = ScriptedDeployment(script or Script()), dict[str, str]()
    made = Candidate(IMAGE, deployment=deployment, work=WORK, keep_log=logs.__setitem__)
    return made, deployment, logs


def test_a_mode_that_serves_is_not_started_again() -> None:
    """Several cases ask about one start."""
    made, deployment, _ = candidate()

    assert made.start(Mode.ML) is made.start(Mode.ML)
    assert deployment.starts == 1


def test_a_switch_starts_anew_and_keeps_the_log_of_what_served() -> None:
    """Every start has a log of its own."""
    made, deployment, logs = candidate()
    made.start(Mode.ML)

    made.start(Mode.R1)
    made.stop()

    assert deployment.starts == 2
    assert list(logs) == ["v0.12.0/1-ml-engine", "v0.12.0/2-r1-engine"]


def test_documents_are_asked_once() -> None:
    """Labels and validity are read off the same answers."""
    made, deployment, _ = candidate()
    made.start(Mode.ML)
    before = len(deployment.client.asked)

    assert made.classified(constrained=True) is made.classified(constrained=True)
    assert len(deployment.client.asked) - before == len(WORK.documents)


def test_a_dead_engine_blocks_what_comes_after_until_the_next_start() -> None:
    """Whoever comes later is told in which case it died; a switch of modes is a new beginning."""
    made, deployment, _ = candidate()
    made.start(Mode.ML)
    deployment.client.dead = True

    assert made.judged(GOOD, during="CLASSIFY/labels").outcome is Outcome.FAILED
    with pytest.raises(Blocked, match="died in CLASSIFY/labels"):
        made.serving(Mode.ML)
    assert made.serving(Mode.R1).health().status == 200


def test_a_death_is_told_once() -> None:
    """The case after the one in which it died is not blamed."""
    made, deployment, _ = candidate()
    made.start(Mode.ML)
    deployment.client.dead = True

    assert made.judged(GOOD, during="a").message == "the engine died: exit code 1; until then: fine"
    assert made.judged(GOOD, during="b") == GOOD


def test_what_cannot_be_had_is_not_tried_again() -> None:
    """The first case is told, the others are blocked by it."""
    made, _, _ = candidate(Script(unavailable="no network"))

    with pytest.raises(Unavailable, match="no network"):
        made.start(Mode.ML)
    with pytest.raises(Blocked, match="no network"):
        made.start(Mode.ML)


def test_an_everyday_mode_that_never_got_ready_is_not_switched() -> None:
    """The verdict is known, and another start would keep production away for nothing."""
    made, deployment, _ = candidate(Script(never_ready=True))
    made.start(Mode.ML)

    for ask in (made.start, made.serving):
        with pytest.raises(Blocked, match="the ml mode never became ready, so there is no switch: it ended"):
            ask(Mode.R1)
    with pytest.raises(Blocked, match="there was no switch to come back to the ml mode from"):
        made.start_again(Mode.ML)
    assert deployment.starts == 1


def test_there_is_a_way_back_from_a_switch() -> None:
    """The everyday mode is started anew."""
    made, deployment, _ = candidate()
    made.start(Mode.ML)
    made.start(Mode.R1)

    assert made.start_again(Mode.ML).ready is not None
    assert deployment.starts == 3


def test_a_dead_everyday_mode_does_not_stand_before_the_switch() -> None:
    """Without answers from before there is nothing to compare, but the switch itself can be tried."""
    made, deployment, _ = candidate()
    made.start(Mode.ML)
    deployment.client.dead = True
    made.judged(GOOD, during="CLASSIFY/with-schema")

    made.remember()
    made.start(Mode.R1)
    made.start(Mode.ML)
    before, after = made.classified_again()

    assert (len(before), len(after)) == (0, 8)
