"""Production is asked where it serves, by ways of its own, and nothing of it is touched."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.canary_answers import WORK
from tests.unit.targets.container.fake_engine import OLD, PRODUCTION, FakeEngine
from vllm_qualify.config import ContainerSettings
from vllm_qualify.container.engine import ContainerEngine
from vllm_qualify.core.outcomes import Blocked
from vllm_qualify.targets.base import Mode, Unavailable
from vllm_qualify.targets.candidate import Candidate
from vllm_qualify.targets.container import serving, subjects
from vllm_qualify.targets.container.access import ContainerAccess
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.container.subjects import ModeContainer

READY = "2026-11-27T00:00:30.5Z INFO:     Application startup complete.\n2026-11-27T02:00:00Z prompt: 'private'"
_CHANGES = {"start", "stop", "rm", "create", "pull", "run", "kill", "restart", "update"}


class LoggedEngine(FakeEngine):
    """One whose containers have printed something."""

    said = READY

    def _logs(self, _words: list[str], _env: object) -> str:
        return self.said

    def _exec(self, _words: list[str], _env: object) -> str:
        return ""


@pytest.fixture
def engine() -> LoggedEngine:
    """On which production serves."""
    made = LoggedEngine()
    made.production()
    return made


@pytest.fixture
def access(engine: LoggedEngine) -> Iterator[ContainerAccess]:
    """The way to it."""
    host = ContainerHost(
        engine=ContainerEngine(program="docker", run=engine),
        run="r",
        step=lambda *_: None,
        say=lambda _line: None,
        clock=engine.clock,
        sleep=engine.sleep,
    )
    with engine.client() as http:
        yield ContainerAccess(host=host, http=http, exits=contextlib.ExitStack())


def subject(access: ContainerAccess) -> ModeContainer:
    """What serves the everyday mode."""
    return subjects.found(access.host, ContainerSettings(container="vllm"))[Mode.ML]


def test_it_is_ready_at_once_and_its_log_says_how_long_that_took(engine: LoggedEngine, access: ContainerAccess) -> None:
    """It is asked under its own name; no command changes anything, and no line of its callers is read."""
    with serving.taken(access, subject(access), hang_seconds=60.0) as production:
        start = production.start(Mode.ML)

        assert start.ready is not None
        assert (start.ready - start.started).total_seconds() == 30.5
        assert (start.model, str(production.image), start.untimed) == ("m", OLD, False)
        assert production.description.serves
        assert production.client.models().ids == ("m",)
        assert production.end(model="m") is None
        assert "private" not in production.log()
        production.verify()
        production.stop()

    assert not {words[0] for words in engine.asked} & _CHANGES
    assert engine.containers[PRODUCTION].running


def test_a_log_that_does_not_tell_leaves_the_load_time_open(engine: LoggedEngine, access: ContainerAccess) -> None:
    """It is no load of no seconds."""
    engine.said = ""
    with serving.taken(access, subject(access), hang_seconds=60.0) as production:
        kept: list[str] = []
        candidate = Candidate(
            production.image, deployment=production, work=WORK, keep_log=lambda name, _text: kept.append(name)
        )

        with pytest.raises(Blocked, match="no longer tells how long its start took"):
            candidate.loads(Mode.ML, limit_seconds=1.0)


def test_it_is_never_started_for_it(access: ContainerAccess) -> None:
    """Neither in another mode nor from an empty cache, nor once more where it took too long."""
    with serving.taken(access, subject(access), hang_seconds=60.0) as production:
        candidate = Candidate(production.image, deployment=production, work=WORK, keep_log=lambda *_: None)
        first, again, problem = candidate.loads(Mode.ML, limit_seconds=1.0)

        assert first.seconds >= 30.0
        assert (again, problem) == (None, "")
        with pytest.raises(Unavailable, match="is not restarted for another"):
            production.start(Mode.R1)
        with pytest.raises(Unavailable, match="is not restarted for another"):
            production.start(Mode.ML, cold=True)


def test_what_is_not_there_cannot_be_measured(engine: LoggedEngine, access: ContainerAccess) -> None:
    """A container that was stopped, or removed, or that settings do not name."""
    found = subject(access)
    engine.containers[PRODUCTION].running = False
    with pytest.raises(Unavailable, match="container vllm exited"), serving.taken(access, found, hang_seconds=60.0):
        pass
    engine.containers.clear()
    with pytest.raises(Unavailable, match="container vllm is gone"), serving.taken(access, found, hang_seconds=60.0):
        pass
    with pytest.raises(Unavailable, match="there is no production"), serving.taken(access, None, hang_seconds=60.0):
        pass


def test_one_that_is_stopped_meanwhile_is_found_out(engine: LoggedEngine, access: ContainerAccess) -> None:
    """What it answered before that is not taken for what it does today."""
    with serving.taken(access, subject(access), hang_seconds=60.0) as production:
        engine.containers[PRODUCTION].running = False

        with pytest.raises(Unavailable, match="cannot be measured"):
            production.verify()
        ended = production.end()
        assert ended is not None
        assert "container vllm exited" in ended.reason
