from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.canary_answers import WORK
from tests.plugin.scripted import Script, ScriptedDeployment
from tests.simulator import simulate
from vllm_qualify.client.openai import OpenAiClient, new_http_client
from vllm_qualify.client.transport import HttpTransport
from vllm_qualify.config.settings import Routing
from vllm_qualify.core import images
from vllm_qualify.core.outcomes import Blocked
from vllm_qualify.core.records import Outcome
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.litellm.evidence import RouteEvidence, Service
from vllm_qualify.targets import route
from vllm_qualify.targets.base import Client, Unavailable
from vllm_qualify.targets.candidate import Candidate

PROXY = Routing(
    proxy="http://litellm:4000", config_map=HOME_LAB / "applications" / "litellm" / "configmap.yaml", alias="canary"
)


@dataclass(frozen=True, slots=True)
class WithProxy:
    """A target with a proxy, of which the suite needs no more than this."""

    found: RouteEvidence | str
    name: str = "kubernetes"

    def deploy(self, image: object) -> Any:
        raise AssertionError(f"nothing deploys {image} here")

    def route(self, engine: Client, *, model: str) -> RouteEvidence | str:
        assert engine.models().ids == (model,)
        return self.found


@dataclass(frozen=True, slots=True)
class WithoutProxy:
    """A target such as this machine."""

    name: str = "local"

    def deploy(self, image: object) -> Any:
        raise AssertionError(f"nothing deploys {image} here")


def candidate(script: Script | None = None) -> tuple[Candidate, ScriptedDeployment]:
    """A candidate on a scripted engine."""
    deployment = ScriptedDeployment(script or Script())
    reference = images.parse("vllm/vllm-openai:v0.12.0")
    return Candidate(reference, deployment=deployment, work=WORK, keep_log=lambda *_: None), deployment


@pytest.mark.parametrize("settings", [None, PROXY])
def test_without_a_proxy_nothing_is_started(settings: Routing | None) -> None:
    """The case is not applicable, and no engine is disturbed for that."""
    made, deployment = candidate()

    judgement = route.judged(made, WithoutProxy(), settings)

    assert judgement.outcome is Outcome.NOT_APPLICABLE
    assert deployment.starts == 0


def test_a_target_may_say_why_it_cannot_show_the_route() -> None:
    """A candidate beside production is not what the alias leads to."""
    judgement = route.judged(candidate()[0], WithProxy("beside production"), PROXY)

    assert (judgement.outcome, judgement.message) == (Outcome.NOT_APPLICABLE, "beside production")


def test_what_a_target_saw_is_judged() -> None:
    """The evidence of the target goes to the judge as it is."""
    seen = RouteEvidence(proxy="p", alias="a", model="m")

    assert route.judged(candidate()[0], WithProxy(seen), PROXY).outcome is not Outcome.PASSED


def test_a_candidate_that_never_served_blocks_the_route() -> None:
    """Through a proxy nothing can be said of an engine that is not there."""
    with pytest.raises(Blocked):
        route.judged(candidate(Script(never_ready=True))[0], WithProxy("x"), PROXY)


def test_the_key_comes_from_the_named_variable() -> None:
    """The request through the proxy carries it, and the evidence does not."""
    environ = {PROXY.api_key_env: "sk-planted"}
    with simulate() as proxy, new_http_client() as http:
        settings = Routing(proxy=proxy.url, config_map=PROXY.config_map, alias="canary")
        engine = OpenAiClient(proxy.url, client=http)
        evidence = route.ask(
            settings, engine=engine, model="m", transport=HttpTransport(http), service=Service(), environ=environ
        )

    assert evidence.reply.key_given
    assert "sk-planted" not in repr(evidence)
    assert {finding.id for finding in evidence.findings} == {"route/alias"}


@pytest.mark.parametrize("waivers", [{}, {"route/alias": "the alias comes from the proxy's database"}])
def test_a_waived_rule_explains_nothing(waivers: dict[str, str]) -> None:
    """What the operator waived is kept with the reason, and is no cause of a miss."""
    with simulate() as proxy, new_http_client() as http:
        settings = Routing(proxy=proxy.url, config_map=PROXY.config_map, alias="canary")
        engine = OpenAiClient(proxy.url, client=http)
        evidence = route.ask(
            settings, engine=engine, model="m", transport=HttpTransport(http), service=Service(), waivers=waivers
        )

    assert [finding.waived for finding in evidence.findings] == [waivers.get("route/alias", "")]
    assert [finding.blocks for finding in evidence.findings] == [not waivers]


def test_a_file_that_vanished_is_said_in_one_line(tmp_path: Path) -> None:
    """It was checked when the run began."""
    gone = Routing(proxy="http://p", config_map=tmp_path / "gone.yaml")

    with pytest.raises(Unavailable, match="it was readable when the run began"), new_http_client() as http:
        route.ask(
            gone,
            engine=OpenAiClient("http://p", client=http),
            model="m",
            transport=HttpTransport(http),
            service=Service(),
        )
