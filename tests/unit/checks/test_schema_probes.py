"""What is asked of structured output, put to the simulated engine."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from packaging.version import Version

from tests.canary_answers import WORK
from tests.plugin.scripted import Script, ScriptedClient
from vllm_qualify.checks import schema_probes
from vllm_qualify.checks.answers import AnswerShape
from vllm_qualify.checks.schema_features import FEATURES
from vllm_qualify.checks.schema_probes import SPELLINGS
from vllm_qualify.client.exchanges import ChatReply, ChatRequest, StreamSample, Usage


@dataclass
class Saying:
    """A server that gives one reply to everything; remembers what it was asked."""

    reply: ChatReply
    asked: list[ChatRequest] = field(default_factory=list)

    def chat(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        return self.reply

    def stream(self, request: ChatRequest) -> StreamSample:
        raise AssertionError(request)


def effects(behaviour: str) -> dict[str, str]:
    """What became of each spelling with an engine that behaves so."""
    client = ScriptedClient(Script(behaviour=behaviour))
    return {one.spelling.name: one.effect for one in schema_probes.spellings(client, WORK, model="ml")}


def test_an_honest_engine_keeps_every_feature() -> None:
    """Each is asked once, with a schema, and read as it came."""
    client = ScriptedClient(Script())

    found = schema_probes.features(client, WORK, model="ml")

    assert {one.feature.name for one in found if one.answer.shape is not AnswerShape.VALID} == set()
    assert len(client.engine.requests) == len(FEATURES)


def test_one_feature_that_is_ignored_shows_alone() -> None:
    """The others are kept, and the answer says what was broken."""
    found = schema_probes.features(ScriptedClient(Script(behaviour="ignores-pattern")), WORK, model="ml")

    broken = [one for one in found if one.answer.shape is not AnswerShape.VALID]
    assert [(one.feature.name, one.answer.shape) for one in broken] == [("pattern", AnswerShape.VIOLATES_SCHEMA)]


def test_nobody_asks_an_engine_that_is_gone() -> None:
    """After an HTTP 500 the rest was not sent."""
    client = Saying(ChatReply(status=500, body="EngineDeadError"))

    found = schema_probes.features(client, WORK, model="ml")

    assert len(client.asked) == 1
    assert [one.answer.shape for one in found] == [AnswerShape.HTTP_5XX] + [AnswerShape.NO_ANSWER] * (len(FEATURES) - 1)


def test_an_honest_engine_knows_every_spelling() -> None:
    """Each constraint forces its answer."""
    assert set(effects("honest").values()) == {"works"}


def test_spellings_that_are_ignored_are_told_from_those_that_work() -> None:
    """HTTP 200 and prose is no constraint."""
    ignored = {name for name, effect in effects("ignores-guided").items() if effect == "ignored"}

    assert ignored == {"guided_choice", "guided_json", "guided_regex"}


def test_an_engine_that_ignores_all_is_told() -> None:
    """No spelling is taken to work by chance."""
    assert set(effects("ignores-schema").values()) == {"ignored"}


def test_a_refusal_is_none_of_both() -> None:
    """HTTP 400 is said to be what it is, with the server's words."""
    client = Saying(ChatReply(status=400, body="unknown field"))

    found = schema_probes.spellings(client, WORK, model="ml")

    assert {(one.effect, one.detail) for one in found} == {("refused", "HTTP 400: 'unknown field'")}


@pytest.mark.parametrize(
    ("release", "guided", "own"),
    [
        ("0.8.5.post1", "works", "ignored"),
        ("0.11.0", "works", "works"),
        ("0.12.0", "ignored", "works"),
        ("0.32.0", "ignored", "works"),
    ],
)
def test_what_a_release_is_known_to_do(release: str, guided: str, own: str) -> None:
    """The old spellings went and the new one came; OpenAI's is everywhere."""
    known = {spelling.name: spelling.expected(Version(release)) for spelling in SPELLINGS}

    assert (known["guided_json"], known["structured_outputs json"]) == (guided, own)
    assert known["response_format json_schema"] == "works"


def test_nothing_is_expected_of_an_unknown_release() -> None:
    """An image whose tag names none."""
    assert {spelling.expected(None) for spelling in SPELLINGS} == {""}


def test_a_schema_binds_what_stands_behind_the_reasoning() -> None:
    """The simulated engine thinks first, then answers by the schema."""
    answer, reply = schema_probes.reasoned(ScriptedClient(Script()), WORK.sums[0], model="ml")

    assert answer.shape is AnswerShape.VALID
    assert answer.value == {"zebra": WORK.sums[0].answer}
    assert reply.reasoning.startswith("Adding")


@pytest.mark.parametrize("content", ["zebra-9\n", '"zebra-9"', "zebra-8", ""])
def test_a_choice_is_one_as_it_stands(content: str) -> None:
    """Nothing around it is excused."""
    usage = Usage(prompt=1, completion=1)
    client = Saying(ChatReply(status=200, content=content, finish_reason="stop", usage=usage))

    found = {one.spelling.name: one.effect for one in schema_probes.spellings(client, WORK, model="ml")}

    assert found["guided_choice"] == found["structured_outputs choice"] == "ignored"
