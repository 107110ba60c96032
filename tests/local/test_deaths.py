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
from typing import Any

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
Seen = dict[str, Any]
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


def listening() -> list[str]:
    """The addresses on which a process below this one listens."""
    children = psutil.Process().children(recursive=True)
    seen = (socket for child in children for socket in child.net_connections("tcp"))
    return sorted({socket.laddr.ip for socket in seen if socket.status == psutil.CONN_LISTEN})


def refusals(it: Serving) -> list[Seen]:
    """What is said of a schema that is none, and of ``/health`` after it, by whatever traceback in the log."""
    saw = []
    for number in range(3):
        refused = classification.invalid_schema(it.candidate.invalid_schema())
        saw.append(said(it.candidate.judged(refused, during=f"CLASSIFY/invalid-schema {number}")))
        health = api.health(it.candidate.serving(Mode.ML).health())
        saw.append(said(it.candidate.judged(health, during="DEPLOY/health")))
    return saw


def hanging(it: Serving) -> Seen:
    """A server that is stopped and goes on once it was found silent; then one that does not go on in time."""
    server = it.process()
    server.suspend()
    it.meanwhile.append(server.resume)
    back = it.candidate.judged(GOOD, during="DEPLOY/health")

    server.suspend()
    hung = it.deployment.end()
    server.resume()
    return {"back": said(back), "hung": ended(hung)}


def standing_still(it: Serving) -> Seen:
    """The engine behind a server that is well: it is stopped in a request and goes on, or does not in time."""
    core, end = it.process("EngineCore"), it.deployment.end

    def resumed(**how: str) -> Death | Hang | None:
        core.resume()
        return end(**how)

    core.suspend()
    it.deployment.end = resumed  # type: ignore[method-assign]
    reply = it.candidate.serving(Mode.ML).chat(completion(it))
    stood = it.candidate.judged(api.unknown_model(reply, name="none"), during="DEPLOY/unknown-model")

    it.deployment.end = end  # type: ignore[method-assign]
    core.suspend()
    hung = it.deployment.end(model=it.candidate.model)
    core.resume()
    return {"stood": said(stood), "hung": ended(hung)}


def dying(it: Serving, process: psutil.Process) -> Seen:
    """By SIGKILL: what is said of the next request, which meets it, and of what comes later."""
    process.send_signal(signal.SIGKILL)
    reply = it.candidate.serving(Mode.ML).chat(completion(it))
    died = it.candidate.judged(api.unknown_model(reply, name="none"), during="DEPLOY/unknown-model")
    with pytest.raises(Blocked) as later:
        it.candidate.serving(Mode.ML)
    return {"died": said(died), "later": str(later.value)}


def said(judgement: Judgement) -> Seen:
    """A judgement as JSON."""
    return {"outcome": judgement.outcome.value, "message": judgement.message}


def ended(end: Death | Hang | None) -> Seen:
    """What became of an engine as JSON."""
    return {"kind": type(end).__name__, "over": getattr(end, "over", None), "reason": getattr(end, "reason", "")}


def assert_lives(saw: list[Seen]) -> None:
    """A schema that is none is refused, and nothing is said of a death."""
    assert len(saw) == 6
    assert [one["outcome"] for one in saw] == [Outcome.PASSED.value] * 6, saw
    assert all("is rejected with HTTP 400" in refused["message"] for refused in saw[::2]), saw


def assert_died(saw: Seen) -> None:
    """The case that meets it fails and says that the engine died; what comes later is blocked."""
    assert saw["died"]["outcome"] == Outcome.FAILED.value, saw
    assert saw["died"]["message"].startswith("the engine died: "), saw
    assert "the engine died in DEPLOY/unknown-model" in saw["later"]


@pytest.mark.parametrize("libraries", [(), NEWEST], ids=["of their day", "newest"])
@pytest.mark.parametrize("tag", ["v0.20.2", "v0.25.1"])
def test_no_false_death(
    tag: str, libraries: tuple[str, ...], observed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sound release refuses what it should, closes what connection it likes, is never called dead nor reached."""

    def see() -> Seen:
        with serving(tag, libraries, monkeypatch) as it:
            saw: Seen = {"listening": listening(), "refusals": refusals(it)}
            return saw | ({"death": dying(it, it.process())} if libraries else {})

    name = f"fate-{tag}-{'newest' if libraries else 'own'}"
    saw = observed(name, see, releases=[tag.removeprefix("v")])

    assert saw["listening"]
    assert [ip for ip in saw["listening"] if not ipaddress.ip_address(ip).is_loopback] == []
    assert_lives(saw["refusals"])
    if libraries:
        assert_died(saw["death"])


def test_each_fate_is_told_apart(observed: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest build: it lives, hangs, stands still and comes back each time, and dies with its engine process."""

    def see() -> Seen:
        with serving(NEWEST_BUILD, NEWEST, monkeypatch) as it:
            lived, hung, stood = refusals(it), hanging(it), standing_still(it)
            return {"refusals": lived, "hang": hung, "still": stood, "death": dying(it, it.process("EngineCore"))}

    saw = observed("each-fate", see, releases=[NEWEST_BUILD.removeprefix("v")])

    assert_lives(saw["refusals"])
    assert saw["hang"]["back"]["outcome"] == Outcome.WARNED.value, saw
    assert "and came back" in saw["hang"]["back"]["message"]
    assert (saw["hang"]["hung"]["kind"], saw["hang"]["hung"]["over"]) == ("Hang", False)
    assert saw["hang"]["hung"]["reason"].endswith("the process runs")
    assert "HTTP 200" in saw["still"]["stood"]["message"], saw
    came_back = "the engine stood still for 12 s in the middle of an answer and came back"
    assert came_back in saw["still"]["stood"]["message"], saw
    assert saw["still"]["hung"]["kind"] == "Hang"
    assert saw["still"]["hung"]["reason"].startswith("a completion of one token has not answered"), saw
    assert_died(saw["death"])
