"""Real engines that live, die, hang and come back: each is told apart, with the libraries of their day and newer ones.

The same engines are looked at for the sockets on which one of their processes listens, since a start takes minutes.

Limits are short here, since they are settings; what is waited for is always an answer or an end.
"""

from __future__ import annotations

import ipaddress
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import psutil
import pytest

from tests.local.libraries import NEWEST, cache_with
from vllm_qualify.checks import Death, Hang, api, classification, prompt_files
from vllm_qualify.client.exchanges import ChatRequest
from vllm_qualify.client.openai import new_http_client
from vllm_qualify.config import Settings
from vllm_qualify.core import images
from vllm_qualify.core.outcomes import Blocked
from vllm_qualify.core.records import Judgement, Outcome
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.candidate import Candidate
from vllm_qualify.targets.local import cpu_builds
from vllm_qualify.targets.local import target as local
from vllm_qualify.targets.local.target import LocalDeployment, LocalTarget

HANG_SECONDS = 12.0
ANSWER_SECONDS = 12.0
GOOD = Judgement(outcome=Outcome.PASSED, message="fine")
NEWEST_BUILD = f"v{max(cpu_builds.builds())}"


@dataclass
class Serving:
    """A candidate whose engine serves; mutable since what happens while it is looked at is said in the test."""

    candidate: Candidate
    deployment: LocalDeployment
    meanwhile: list[Callable[[], None]] = field(default_factory=list)

    def process(self, word: str = "") -> psutil.Process:
        """The API server, or the process below it that bears the word in its name."""
        assert self.deployment._process is not None
        (server,) = psutil.Process(self.deployment._process.supervisor.pid).children()
        below = server.children(recursive=True)
        return next((one for one in below if word in " ".join(one.cmdline())), server) if word else server


@contextmanager
def serving(tag: str, libraries: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """Start an engine in the everyday mode."""
    monkeypatch.setattr(local, "_ANSWER_SECONDS", ANSWER_SECONDS)
    image = images.parse(f"vllm/vllm-openai:{tag}")
    settings = replace(Settings(), budgets=replace(Settings().budgets, hang_seconds=HANG_SECONDS))
    happening: list[Callable[[], None]] = []

    def sleep(seconds: float) -> None:
        while happening:
            happening.pop(0)()
        local.time.sleep(seconds)

    with new_http_client() as http:
        cache = cache_with(str(image), libraries)
        target = LocalTarget(settings=settings, cache=cache, http=http, say=print, sleep=sleep)
        with target.deploy(image) as deployment:
            work = prompt_files.load(settings)
            candidate = Candidate(image, deployment=deployment, work=work, keep_log=lambda *_: None)
            start = candidate.start(Mode.ML)
            assert start.ready is not None, f"{start.reason}\n{deployment.log()}"
            yield Serving(candidate, deployment, happening)


def completion(it: Serving) -> ChatRequest:
    """A short one."""
    return ChatRequest(model=it.candidate.model, prompt="Hello", max_tokens=4)


def listens_here_alone() -> None:
    """Neither its server nor its queues nor torch's store can be reached from elsewhere; and there is one at least."""
    children = psutil.Process().children(recursive=True)
    seen = (socket for child in children for socket in child.net_connections("tcp"))
    places = {tuple(socket.laddr) for socket in seen if socket.status == psutil.CONN_LISTEN}
    assert places
    assert [place for place in places if not ipaddress.ip_address(place[0]).is_loopback] == []


def lives(it: Serving) -> None:
    """A schema that is none is refused, by whatever traceback in the log, and nothing is said of a death."""
    for number in range(3):
        refused = classification.invalid_schema(it.candidate.invalid_schema())
        judged = it.candidate.judged(refused, during=f"CLASSIFY/invalid-schema {number}")
        assert judged.outcome is Outcome.PASSED, judged
        assert "is rejected with HTTP 400" in judged.message
        health = it.candidate.judged(api.health(it.candidate.serving(Mode.ML).health()), during="DEPLOY/health")
        assert health.outcome is Outcome.PASSED, health


def hangs_and_comes_back(it: Serving) -> None:
    """A server that is stopped and goes on once it was found silent; then one that does not go on in time."""
    server = it.process()
    server.suspend()
    it.meanwhile.append(server.resume)
    back = it.candidate.judged(GOOD, during="DEPLOY/health")
    assert back.outcome is Outcome.WARNED, back
    assert "and came back" in back.message

    server.suspend()
    hung = it.deployment.end()
    server.resume()
    assert isinstance(hung, Hang)
    assert not hung.over
    assert hung.reason.endswith("the process runs")


def stands_still(it: Serving) -> None:
    """The engine behind a server that is well: it is stopped in a request and goes on, or does not in time."""
    core, end = it.process("EngineCore"), it.deployment.end

    def resumed(**how: str) -> Death | Hang | None:
        core.resume()
        return end(**how)

    core.suspend()
    it.deployment.end = resumed  # type: ignore[method-assign]
    reply = it.candidate.serving(Mode.ML).chat(completion(it))
    stood = it.candidate.judged(api.unknown_model(reply, name="none"), during="DEPLOY/unknown-model")
    assert "HTTP 200" in stood.message, stood
    assert "the engine stood still for 12 s in the middle of an answer and came back" in stood.message, stood

    it.deployment.end = end  # type: ignore[method-assign]
    core.suspend()
    hung = it.deployment.end(model=it.candidate.model)
    core.resume()
    assert isinstance(hung, Hang)
    assert hung.reason.startswith("a completion of one token has not answered"), hung


def dies(it: Serving, process: psutil.Process) -> None:
    """By SIGKILL: the next request meets it, its case fails and says that it died; what comes later is blocked."""
    process.send_signal(signal.SIGKILL)
    reply = it.candidate.serving(Mode.ML).chat(completion(it))
    died = it.candidate.judged(api.unknown_model(reply, name="none"), during="DEPLOY/unknown-model")

    assert died.outcome is Outcome.FAILED, died
    assert died.message.startswith("the engine died: "), died
    with pytest.raises(Blocked, match="the engine died in DEPLOY/unknown-model"):
        it.candidate.serving(Mode.ML)


@pytest.mark.parametrize("libraries", [(), NEWEST], ids=["of their day", "newest"])
@pytest.mark.parametrize("tag", ["v0.20.2", "v0.25.1"])
def test_no_false_death(tag: str, libraries: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A sound release refuses what it should, closes what connection it likes, is never called dead nor reached."""
    with serving(tag, libraries, monkeypatch) as it:
        listens_here_alone()
        lives(it)
        if libraries:
            dies(it, it.process())


def test_each_fate_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest build: it lives, hangs, stands still and comes back each time, and dies with its engine process."""
    with serving(NEWEST_BUILD, NEWEST, monkeypatch) as it:
        lives(it)
        hangs_and_comes_back(it)
        stands_still(it)
        dies(it, it.process("EngineCore"))
