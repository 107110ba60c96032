from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from vllm_qualify.client.exchanges import ModelsReply
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.client.transport import Exchange, OnRead
from vllm_qualify.core.records import Finding, Severity
from vllm_qualify.litellm import probe
from vllm_qualify.litellm.evidence import CounterGrowth, RouteEvidence
from vllm_qualify.litellm.probe import Proxy

KEY = "sk-planted-0123456789"
BLOCKING = Finding(id="x", severity=Severity.BLOCK, title="t", subject="s")
ABOUT = RouteEvidence(proxy="http://p:4000", alias="a", model="m", fallback="ollama/q")


def completion(model: str = "a", **headers: str) -> tuple[Exchange, dict[str, Any]]:
    """A whole answer."""
    choice = {"index": 0, "message": {"content": "yes"}, "finish_reason": "stop"}
    body = {"model": model, "choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 2}}
    return Exchange(status=200, headers={name.replace("_", "-"): value for name, value in headers.items()}), body


FALLEN = completion("ollama/q", x_litellm_attempted_fallbacks="1")
RIGHT = completion(x_litellm_attempted_fallbacks="0")
TROUBLE = (Exchange(status=500), {"error": {"type": "internal", "message": f"no way with {KEY}"}})


@dataclass(slots=True)
class Scripted:
    """A transport that answers in turn, and keeps what was asked; mutable for that."""

    answers: Sequence[tuple[Exchange, Any]]
    asked: list[dict[str, Any]] = field(default_factory=list)

    def exchange(
        self,
        method: str,
        url: str,
        on_read: OnRead,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str],
        deadline_seconds: float,
    ) -> Exchange:
        end, said = self.answers[len(self.asked)]
        self.asked.append(
            {"method": method, "url": url, "headers": dict(headers), "limit": deadline_seconds} | (body or {})
        )
        on_read(end.status, 0.0, json.dumps(said).encode())
        return end


@dataclass(slots=True)
class Counting:
    """An engine whose counters are read one after the other; the last one stays."""

    requests: list[float]

    def metrics(self) -> dict[str, float]:
        count = self.requests.pop(0) if len(self.requests) > 1 else self.requests[0]
        return {"vllm:request_success_total": count}

    def models(self) -> ModelsReply:
        return ModelsReply(status=200, ids=("m",))


def gathered(
    answers: Sequence[Any], *counts: float, about: RouteEvidence = ABOUT
) -> tuple[RouteEvidence, list[float], Scripted]:
    """The evidence, the pauses that were made, and what was asked."""
    slept: list[float] = []
    transport = Scripted(answers)
    asked = Proxy("http://p:4000/v1/", alias="a", key=KEY, transport=transport)
    found = probe.gather(asked, Counting(list(counts or [4.0])), about=about, sleep=slept.append)
    return found, slept, transport


def test_the_alias_is_asked_with_the_key_and_a_question_of_its_own() -> None:
    """No cache of the proxy can know the question, and the address is the same with and without /v1."""
    _, _, first = gathered([RIGHT], 4.0, 5.0)
    _, _, second = gathered([RIGHT], 4.0, 5.0)

    [one], [other] = first.asked, second.asked
    assert one["url"] == "http://p:4000/v1/chat/completions"
    assert one["headers"] == {"Authorization": f"Bearer {KEY}"}
    assert one["model"] == "a"
    assert one["messages"] != other["messages"]


def test_what_tells_who_answered_is_kept() -> None:
    """Telling headers, the model of the body, its usage and the growth come back; other headers do not."""
    found, slept, _ = gathered([completion(x_litellm_model_id="7", set_cookie="c")], 4.0, 5.0)

    assert found.reply.headers == {"x-litellm-model-id": "7"}
    assert found.reply.model == "a"
    assert found.reply.usage is not None
    assert found.growth == CounterGrowth(requests=1.0)
    assert found.direct.ids == ("m",)
    assert slept == []


def test_a_counter_may_lag_behind_its_answer() -> None:
    """It is read again until it moved, and no longer than that."""
    found, slept, _ = gathered([RIGHT], 4.0, 4.0, 4.0, 5.0)

    assert found.growth == CounterGrowth(requests=1.0)
    assert len(slept) == 2


def test_a_counter_that_never_moves_is_given_up() -> None:
    """After some seconds what it says stands."""
    found, slept, _ = gathered([RIGHT], 4.0)

    assert found.growth == CounterGrowth(requests=0.0)
    assert sum(slept) == pytest.approx(probe.COUNT_SECONDS)


@pytest.mark.parametrize("first", [FALLEN, TROUBLE])
def test_what_the_proxy_may_still_shun_is_asked_again(first: Any) -> None:
    """Production was away a moment ago; a right answer after a pause is told with how often it took."""
    found, slept, _ = gathered([first, RIGHT], 4.0, 4.0, 4.0, 5.0)

    assert found.asked == 2
    assert slept == [probe.SHUN_SECONDS]
    assert found.reply.fallbacks == 0


def test_a_fallback_that_stays_is_believed() -> None:
    """Three askings are enough."""
    found, slept, _ = gathered([FALLEN] * 3)

    assert found.asked == 3
    assert slept == [probe.SHUN_SECONDS] * 2


def test_a_fallback_that_is_explained_is_asked_for_once() -> None:
    """Where the configuration names another model, waiting changes nothing."""
    about = RouteEvidence(proxy="p", alias="a", model="m", findings=(BLOCKING,))

    found, slept, _ = gathered([FALLEN], about=about)

    assert (found.asked, slept) == (1, [])


def test_the_key_is_in_no_record() -> None:
    """A proxy that repeats the key in its message does not get it into a report."""
    found, _, _ = gathered([TROUBLE] * 3)

    assert found.reply.error.startswith("internal: no way with")
    assert KEY not in repr(found)


@pytest.mark.parametrize(
    ("body", "error"), [({"error": "short"}, "short"), ({"detail": "x"}, '{"detail": "x"}'), ([], "[]")]
)
def test_errors_of_any_shape_are_read(body: Any, error: str) -> None:
    """What is not written as LiteLLM does is taken as it is."""
    found, _, _ = gathered([(Exchange(status=400), body)])

    assert found.reply.error == error


@pytest.mark.parametrize(
    ("kind", "asked"), [(FailureKind.REFUSED, 3), (FailureKind.RESET, 3), (FailureKind.TIMEOUT, 1)]
)
def test_a_proxy_that_is_down_is_a_value(kind: FailureKind, asked: int) -> None:
    """It is asked again unless that takes minutes, and the failure is in the evidence."""
    down = Exchange(failure=Failure(kind=kind, detail="nobody there"))

    found, slept, _ = gathered([(down, "")] * asked)

    assert (found.reply.failure, found.asked) == (down.failure, asked)
    assert slept == [probe.SHUN_SECONDS] * (asked - 1)


def test_a_proxy_that_failed_once_is_believed_when_it_answers() -> None:
    """A connection that was closed is no verdict on the way."""
    closed = Exchange(failure=Failure(kind=FailureKind.CLOSED))

    found, _, _ = gathered([(closed, ""), RIGHT])

    assert found.reply.failure is None


def test_without_a_key_none_is_sent() -> None:
    """An empty key would be refused in other words than a missing one."""
    transport = Scripted([RIGHT])

    reply = Proxy("http://p", alias="a", key="", transport=transport).ask("x")

    assert transport.asked[0]["headers"] == {}
    assert not reply.key_given
