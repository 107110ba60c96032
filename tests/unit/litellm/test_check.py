from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from vllm_qualify.client.exchanges import ModelsReply, Usage
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.config import Settings
from vllm_qualify.config.settings import Routing
from vllm_qualify.core.records import Outcome
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.litellm import check, rules
from vllm_qualify.litellm.evidence import CounterGrowth, ProxyReply, RouteEvidence
from vllm_qualify.litellm.rules import RouteTarget

EXAMPLE = (HOME_LAB / "applications" / "litellm" / "configmap.yaml").read_text()
MODEL = "Qwen/Qwen3-8B-AWQ"
WANTED = RouteTarget(alias="vllm-qwen", model=MODEL)
DIRECT = ModelsReply(status=200, ids=(MODEL,))
HEADERS = {
    "x-litellm-attempted-fallbacks": "0",
    "x-litellm-model-api-base": "http://vllm-api.ml.svc.cluster.local:8000/v1",
    "x-litellm-model-name": f"openai/{MODEL}",
}
RIGHT = ProxyReply(status=200, headers=HEADERS, model="vllm-qwen", usage=Usage(prompt=9, completion=8))
MUTE = dataclasses.replace(RIGHT, headers={})
FALLEN = ProxyReply(status=200, headers={"x-litellm-attempted-fallbacks": "1"}, model="ollama/qwen2.5:3b")
STALE = rules.findings(
    EXAMPLE.replace(f"openai/{MODEL}", "openai/Qwen/Qwen2.5-7B-Instruct-AWQ"), source="c.yaml", wanted=WANTED
)


def evidence(reply: ProxyReply, **more: Any) -> RouteEvidence:
    """What was seen, with a counter that did not move unless it is given."""
    known: dict[str, Any] = {
        "growth": CounterGrowth(requests=0.0, tokens=0.0),
        "direct": DIRECT,
        "key_env": "THE_KEY",
    } | more
    return RouteEvidence(proxy="http://litellm:4000", alias="vllm-qwen", model=MODEL, reply=reply, **known)


@pytest.mark.parametrize(
    ("reply", "growth", "outcome"),
    [
        (RIGHT, CounterGrowth(requests=1.0, tokens=8.0), Outcome.PASSED),
        (MUTE, CounterGrowth(requests=1.0, tokens=8.0), Outcome.PASSED),
        (MUTE, CounterGrowth(tokens=8.0), Outcome.PASSED),
        (RIGHT, CounterGrowth(requests=7.0, tokens=90.0), Outcome.PASSED),
        (RIGHT, CounterGrowth(), Outcome.PASSED),
        (MUTE, CounterGrowth(requests=1.0, tokens=90.0), Outcome.INCONCLUSIVE),
        (MUTE, CounterGrowth(requests=7.0, tokens=90.0), Outcome.INCONCLUSIVE),
        (MUTE, CounterGrowth(), Outcome.INCONCLUSIVE),
        (RIGHT, CounterGrowth(requests=0.0, tokens=0.0), Outcome.FAILED),
        (MUTE, CounterGrowth(requests=0.0, tokens=0.0), Outcome.FAILED),
        (FALLEN, CounterGrowth(requests=1.0, tokens=8.0), Outcome.FAILED),
    ],
)
def test_only_proof_passes(reply: ProxyReply, growth: CounterGrowth, outcome: Outcome) -> None:
    """HTTP 200 is nothing: the counters tell it exactly, or the headers name the Service, or it stays open."""
    assert check.reached(evidence(reply, growth=growth)).outcome is outcome


@pytest.mark.parametrize("name", ["x-litellm-attempted-fallbacks", "x-litellm-model-api-base"])
def test_headers_prove_nothing_when_the_telling_one_is_missing(name: str) -> None:
    """Without counters, each header that the proof hangs on must be there."""
    reply = dataclasses.replace(RIGHT, headers={key: value for key, value in HEADERS.items() if key != name})

    assert check.reached(evidence(reply, growth=CounterGrowth())).outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("key", "value"),
    [("x-litellm-model-api-base", "http://ollama.ml:11434"), ("x-litellm-model-name", "openai/other")],
)
def test_headers_that_name_another_prove_nothing(key: str, value: str) -> None:
    """Another address or another model is not the candidate."""
    reply = dataclasses.replace(RIGHT, headers=HEADERS | {key: value})

    assert check.reached(evidence(reply, growth=CounterGrowth())).outcome is Outcome.INCONCLUSIVE


def test_a_fallbacks_answer_fails_and_names_the_line() -> None:
    """The story's trap: HTTP 200 from Ollama, because the config map still names the old model."""
    judgement = check.reached(evidence(FALLEN, findings=STALE))

    assert judgement.outcome is Outcome.FAILED
    assert "ollama/qwen2.5:3b answered with HTTP 200 instead of the candidate. c.yaml:22: model is" in judgement.message
    assert "write openai/Qwen/Qwen3-8B-AWQ" in judgement.message


@pytest.mark.parametrize(
    ("reply", "outcome", "said"),
    [
        (ProxyReply(failure=Failure(kind=FailureKind.REFUSED, detail="x")), Outcome.BROKEN, "check that it runs"),
        (ProxyReply(status=401, error="auth_error: x"), Outcome.BROKEN, "refused the key in THE_KEY"),
        (ProxyReply(status=400, error="no_db_connection: x"), Outcome.BROKEN, "refused the key in THE_KEY"),
        (ProxyReply(status=401, key_given=False), Outcome.BROKEN, "THE_KEY is not set"),
        (ProxyReply(status=500, key_given=False), Outcome.BROKEN, "THE_KEY is not set"),
        (
            ProxyReply(status=404, error="NotFoundError"),
            Outcome.FAILED,
            "did not reach the candidate: the proxy answered",
        ),
        (ProxyReply(status=400, error="Invalid model name passed in"), Outcome.FAILED, "Invalid model name"),
        (ProxyReply(status=401, headers={"llm_provider-server": "uvicorn"}), Outcome.INCONCLUSIVE, "HTTP 401"),
        (ProxyReply(status=503, body="busy"), Outcome.INCONCLUSIVE, "check its log"),
    ],
)
def test_who_is_to_blame(reply: ProxyReply, outcome: Outcome, said: str) -> None:
    """A proxy that is down or refuses our key is no fault of the image; a name that nobody serves is one."""
    judgement = check.reached(evidence(reply))

    assert judgement.outcome is outcome
    assert said in judgement.message


def test_an_error_that_the_configuration_explains_is_a_failure() -> None:
    """Without a fallback a wrong address comes back as HTTP 500."""
    assert check.reached(evidence(ProxyReply(status=500), findings=STALE)).outcome is Outcome.FAILED


def test_a_candidate_that_cannot_be_asked_either_leaves_it_open() -> None:
    """If nothing answers directly, a fallback says nothing of the route."""
    dead = ModelsReply(failure=Failure(kind=FailureKind.REFUSED, detail="x"))

    judgement = check.reached(evidence(FALLEN, direct=dead))

    assert judgement.outcome is Outcome.INCONCLUSIVE


def test_what_works_by_chance_or_not_for_long_is_a_warning() -> None:
    """It reached the candidate, but at the second asking, and the file says otherwise."""
    judgement = check.reached(evidence(RIGHT, growth=CounterGrowth(requests=1.0, tokens=8.0), asked=2, findings=STALE))

    assert judgement.outcome is Outcome.WARNED
    assert "only the proxy's answer number 2" in judgement.message
    assert "c.yaml:22" in judgement.message


def test_a_right_configuration_sends_to_the_running_proxy() -> None:
    """When no line is wrong, the message says where else to look."""
    assert "reads its configuration only at start" in check.reached(evidence(FALLEN)).message


def test_what_was_seen_is_kept() -> None:
    """The numbers stand beside the judgement; what was not seen is left out."""
    seen = {
        each.name: each.value
        for each in check.reached(evidence(RIGHT, growth=CounterGrowth(requests=1.0))).observations
    }

    assert seen["requests-counted"] == 1.0
    assert seen["fallbacks"] == 0
    assert "tokens-counted" not in seen


def test_without_a_proxy_the_reason_is_said() -> None:
    """Nothing configured, or a target that has none, is not applicable in words."""
    named = Routing(proxy="http://litellm:4000", config_map=HOME_LAB / "qualify.toml")

    said = [check.configured(each, target="local").message for each in (Settings().routing, named)]

    assert said[0] == "no proxy is configured: qualify.toml has no [routing]"
    assert (
        said[1]
        == "on the local target there is no proxy in front of the candidate, so http://litellm:4000 was not called"
    )
