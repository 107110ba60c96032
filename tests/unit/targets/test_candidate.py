"""A candidate during its turn: what it remembers, what it will not ask twice, whom it blocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.canary_answers import WORK
from tests.plugin.scripted import Script, ScriptedDeployment
from vllm_qualify.checks.startup_phases import CompileCaches
from vllm_qualify.core import images
from vllm_qualify.core.outcomes import Blocked
from vllm_qualify.core.records import Judgement, Outcome
from vllm_qualify.targets.base import Mode, StartAttempt, Unavailable
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
    before = len(deployment.client.engine.requests)

    assert made.classified(constrained=True) is made.classified(constrained=True)
    assert len(deployment.client.engine.requests) - before == len(WORK.documents)


def test_a_dead_engine_blocks_what_comes_after_until_the_next_start() -> None:
    """Whoever comes later is told in which case it died; a switch of modes is a new beginning."""
    made, deployment, _ = candidate()
    made.start(Mode.ML)
    deployment.client.engine.dead = True

    assert made.judged(GOOD, during="CLASSIFY/labels").outcome is Outcome.FAILED
    with pytest.raises(Blocked, match="died in CLASSIFY/labels"):
        made.serving(Mode.ML)
    assert made.serving(Mode.R1).health().status == 200


def test_a_death_is_told_once() -> None:
    """The case after the one in which it died is not blamed."""
    made, deployment, _ = candidate()
    made.start(Mode.ML)
    deployment.client.engine.dead = True

    assert made.judged(GOOD, during="a").message == "the engine died: exit code 1; before that: fine"
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
    with pytest.raises(Blocked, match="there was no switch before, so none back to the ml mode"):
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
    deployment.client.engine.dead = True
    made.judged(GOOD, during="CLASSIFY/with-schema")

    made.remember()
    made.start(Mode.R1)
    made.start(Mode.ML)
    before, after = made.classified_again()

    assert (len(before), len(after)) == (0, 8)


def slow(deployment: ScriptedDeployment, monkeypatch: pytest.MonkeyPatch, *logs: str) -> None:
    """Let each start take 200 s and leave the next of the logs; the last one for ever."""
    started = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)

    def start(mode: Mode, *, cold: bool = False) -> StartAttempt:
        made = usual(mode, cold=cold)
        return replace(made, started=started, ready=started + timedelta(seconds=200))

    usual = deployment.start
    monkeypatch.setattr(deployment, "start", start)
    monkeypatch.setattr(deployment, "log", lambda: logs[min(deployment.starts, len(logs)) - 1])


COMPILED = "2026-11-26T10:03:00+00:00 Cache the graph of compile range (1, 2048) for later use\n"
LOADED = "2026-11-26T10:03:00+00:00 Directly load the compiled graph(s) for compile range (1, 2048) from the cache\n"


def test_a_start_that_compiled_and_took_too_long_is_followed_by_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one serves from then on, and knows by its own log that it found everything compiled."""
    made, deployment, logs = candidate()
    slow(deployment, monkeypatch, COMPILED, LOADED)

    first, again, problem = made.loads(Mode.ML, limit_seconds=120.0)

    assert again is not None
    assert [first.caches, again.caches] == [CompileCaches.EMPTY, CompileCaches.FILLED]
    assert (deployment.starts, problem) == (2, "")
    assert list(logs) == ["v0.12.0/1-ml-engine"]
    assert made.serving(Mode.ML).models().ids == ("ml",)


@pytest.mark.parametrize(("log", "limit"), [(LOADED, 120.0), (COMPILED, 300.0)])
def test_no_other_start_keeps_production_waiting_for_nothing(
    monkeypatch: pytest.MonkeyPatch, log: str, limit: float
) -> None:
    """What was in time, or found everything compiled, is judged as it is."""
    made, deployment, _ = candidate()
    slow(deployment, monkeypatch, log)

    assert made.loads(Mode.ML, limit_seconds=limit)[1:] == (None, "")
    assert deployment.starts == 1


def test_a_second_start_that_cannot_be_had_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one is kept, with the reason."""
    made, deployment, _ = candidate()
    slow(deployment, monkeypatch, COMPILED)
    made.start(Mode.ML)
    deployment.script = Script(no_start="the time is up")

    first, again, problem = made.loads(Mode.ML, limit_seconds=120.0)

    assert (again, problem) == (None, "the time is up")
    assert first.seconds > 200


def test_a_second_start_that_never_gets_ready_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A candidate that starts only once does not serve."""
    made, deployment, _ = candidate()
    slow(deployment, monkeypatch, COMPILED)
    made.start(Mode.ML)
    monkeypatch.setattr(deployment, "start", ScriptedDeployment(Script(never_ready=True)).start)

    _, again, _ = made.loads(Mode.ML, limit_seconds=120.0)

    assert again is not None
    assert again.unfinished == "it never became ready: it ended"


def test_the_room_in_the_kv_cache_is_what_the_start_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """A death since changes nothing of it, and what the reasoning mode says is another model's."""
    made, deployment, _ = candidate()
    monkeypatch.setattr(deployment, "log", lambda: f"GPU KV cache size: {deployment.starts},000 tokens\n")
    made.start(Mode.ML)
    deployment.client.engine.dead = True

    assert made.kv_cache().tokens == 1000
    made.start(Mode.R1)
    assert made.kv_cache().tokens == 1000
    assert made.production_kv_cache is None


def test_a_switch_that_cannot_be_had_leaves_nothing_to_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mode before it was ended for it; its cases are blocked by the reason."""
    made, deployment, _ = candidate()
    made.serving(Mode.ML)

    def refused(*_: object, **__: object) -> StartAttempt:
        raise Unavailable("somebody else changed it")

    monkeypatch.setattr(deployment, "start", refused)
    with pytest.raises(Unavailable):
        made.start(Mode.R1)

    with pytest.raises(Blocked, match="somebody else changed it"):
        made.serving(Mode.ML)


def test_what_was_in_doubt_stays_in_doubt_after_a_switch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that was read while somebody else had a hand in what served is nobody's."""
    made, deployment, _ = candidate()
    made.serving(Mode.ML)

    def refused(*_: object, **__: object) -> StartAttempt:
        raise Unavailable("somebody else changed it")

    monkeypatch.setattr(deployment, "verify", refused)
    monkeypatch.setattr(deployment, "start", refused)
    for ask in (lambda: made.serving(Mode.ML), lambda: made.start(Mode.R1)):
        with pytest.raises(Unavailable):
            ask()

    with pytest.raises(Blocked, match="somebody else changed it"):
        made.memory()
