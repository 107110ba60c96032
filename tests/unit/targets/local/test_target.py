"""The local target without an engine: how it looks at one, at work and while it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from vllm_qualify.checks import Death, Hang
from vllm_qualify.client.exchanges import HttpReply
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.client.openai import new_http_client
from vllm_qualify.config import Settings
from vllm_qualify.core import images
from vllm_qualify.system.caches import Caches
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.local.target import START_SECONDS, LocalDeployment, LocalTarget

RESET = HttpReply(failure=Failure(kind=FailureKind.RESET))
WELL = HttpReply(status=200)
BROKEN = HttpReply(status=500, body="Internal Server Error")
BEGAN = datetime(2026, 11, 23, tzinfo=UTC)


class Engine:
    """Its process, its server and the time that passes, in one; strict, since it knows nothing else."""

    def __init__(self, probes: Iterable[HttpReply], *, code: int | None = None) -> None:
        self._probes: Iterator[HttpReply] = iter(probes)
        self._code = code
        self.now = 0.0
        self.asked = 0

    def exit_code(self) -> int | None:
        return self._code

    def read_log(self) -> str:
        return "INFO 11-26 [api_server.py:1] Starting vLLM server\n"

    def health(self) -> HttpReply:
        self.asked += 1
        return next(self._probes)

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def stop(self) -> None:
        """Nothing runs."""


@pytest.fixture
def deployed(tmp_path: Path) -> Iterator[Callable[[Engine], Any]]:
    """A deployment whose engine is such a one."""
    with new_http_client() as http:

        def deploy(engine: Engine) -> Any:
            target = LocalTarget(
                settings=Settings(),
                cache=Caches(tmp_path),
                http=http,
                say=lambda _: None,
                clock=lambda: engine.now,
                sleep=engine.sleep,
            )
            made: Any = LocalDeployment(images.parse("vllm/vllm-openai:v0.20.2"), target=target)
            made._process = made.client = engine
            return made

        yield deploy


def forever(reply: HttpReply) -> Iterator[HttpReply]:
    """The same answer whenever it is asked."""
    while True:
        yield reply


def test_one_reset_probe_is_no_death(deployed: Callable[[Engine], Any]) -> None:
    """The process runs, and the next probe is answered."""
    engine = Engine([RESET, WELL])

    assert deployed(engine).end() is None
    assert engine.asked == 2


def test_a_process_that_ended_has_died(deployed: Callable[[Engine], Any]) -> None:
    """It is not asked anything more."""
    end = deployed(Engine([], code=137)).end()

    assert isinstance(end, Death)
    assert end.reason == "exit code 137"


def test_a_process_that_runs_in_silence_hangs(deployed: Callable[[Engine], Any]) -> None:
    """After the limit of the settings, and not before."""
    engine = Engine(forever(RESET))

    end = deployed(engine).end()

    assert isinstance(end, Hang)
    assert (end.over, end.seconds) == (False, Settings().budgets.hang_seconds)


def test_a_probe_that_fails_during_the_start_is_never_final(deployed: Callable[[Engine], Any]) -> None:
    """It is ready when its health first says so; what a later probe meets is not asked here."""
    start = deployed(Engine([RESET, BROKEN, WELL, RESET]))._wait(Mode.ML, BEGAN)

    assert start.ready is not None


@pytest.mark.parametrize(("said", "blamed"), [(RESET, False), (BROKEN, True)])
def test_a_start_that_is_given_up(deployed: Callable[[Engine], Any], said: HttpReply, *, blamed: bool) -> None:
    """Silence says nothing against the image, its own answer does; both are told."""
    engine = Engine(forever(said))

    start = deployed(engine)._wait(Mode.ML, BEGAN)

    assert engine.now >= START_SECONDS
    assert start.reason == f"/health did not answer HTTP 200 within 300 s ({said}); the process runs"
    assert (start.death is not None) is blamed
