"""What a candidate is asked."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import pytest

from tests.canary_answers import WORK
from tests.plugin.scripted import Script, ScriptedClient
from tests.simulated_script import constraint_of
from vllm_qualify.checks import prompts
from vllm_qualify.checks.answers import AnswerShape
from vllm_qualify.client import openai_json
from vllm_qualify.client.exchanges import ChatReply, ChatRequest, StreamSample
from vllm_qualify.client.failures import Failure, FailureKind


@dataclass
class Hanging:
    """A server that answers nothing any more; counts how often it is asked."""

    kind: FailureKind = FailureKind.TIMEOUT
    asked: list[ChatRequest] = field(default_factory=list)

    def chat(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        return ChatReply(failure=Failure(kind=self.kind))

    def stream(self, request: ChatRequest) -> StreamSample:
        self.asked.append(request)
        return StreamSample(failure=Failure(kind=FailureKind.TIMEOUT))


def test_every_document_is_asked() -> None:
    """Each labelled document gets one answer."""
    client = ScriptedClient(Script())

    found = prompts.classify(client, WORK, model="ml", constrained=True)

    assert {answer.shape for answer in found} == {AnswerShape.VALID}
    asked = client.engine.requests
    assert len(found) == len(asked) == len(WORK.documents)
    assert all(constraint_of(request)[0] == WORK.schema for request in asked)


def test_nobody_waits_for_a_server_that_is_gone() -> None:
    """After the first time-out the rest counts as never answered, without waiting for each."""
    client = Hanging()

    found = prompts.classify(client, WORK, model="ml", constrained=False)

    assert len(client.asked) == 1
    assert len(found) == len(WORK.documents)
    assert {answer.shape for answer in found} == {AnswerShape.NO_ANSWER}


def test_one_request_without_an_answer_does_not_end_the_others() -> None:
    """A connection that was closed says little; after three nobody goes on."""
    client = Hanging(kind=FailureKind.CLOSED)

    found = prompts.classify(client, WORK, model="ml", constrained=False)

    assert (len(client.asked), len(found)) == (3, len(WORK.documents))


def said(request: ChatRequest) -> str:
    """What the server gets to read, in its order, whatever a chat template puts around it."""
    messages: list[dict[str, str]] = openai_json.chat_body(request, stream=True)["messages"]
    return "".join(message["content"] for message in messages)


@pytest.mark.parametrize("system", ["", "You file documents. " * 50])
@pytest.mark.parametrize("salted", [True, False])
def test_measured_prompts_differ_from_their_first_letters_on(system: str, *, salted: bool) -> None:
    """No block of 16 tokens is shared, even if a token were one letter: the head stands before the system prompt."""
    work = replace(WORK, system=system)
    requests = list(itertools.islice(prompts.measured(work, model="ml", salted=salted), 40))

    assert len({said(request)[:16] for request in requests}) == 40
    assert all(system in said(request) for request in requests)
    assert {(request.max_tokens, request.ignore_eos) for request in requests} == {(prompts.MEASURED_TOKENS, True)}


def test_a_system_message_is_sent_only_where_there_is_one() -> None:
    """Some chat templates refuse that role, so the head of a prompt without one stands in the user's message."""
    request = next(prompts.measured(replace(WORK, system=""), model="ml"))

    assert request.system == ""
    assert [message["role"] for message in openai_json.chat_body(request, stream=True)["messages"]] == ["user"]


def test_each_measured_request_has_a_salt_of_its_own() -> None:
    """What a chat template puts before the head is shared text; the salt alone keeps its blocks apart."""
    requests = list(itertools.islice(prompts.measured(WORK, model="ml"), 40))

    assert len({openai_json.chat_body(request, stream=True)["cache_salt"] for request in requests}) == 40
    assert "cache_salt" not in openai_json.chat_body(
        next(prompts.measured(WORK, model="ml", salted=False)), stream=True
    )


@pytest.mark.parametrize("number", [3, 7])
def test_measured_rounds(number: int) -> None:
    """Five requests in each of so many rounds, one at a time."""
    client = ScriptedClient(Script())

    rounds = prompts.decode(client, prompts.measured(WORK, model="ml"), rounds=number)

    assert [len(one) for one in rounds] == [5] * number


def test_the_control_asks_the_same_thing_twice() -> None:
    """Without a schema and with one that nobody would satisfy by chance; nothing else differs."""
    client = ScriptedClient(Script())

    free, bound = prompts.control(client, WORK, model="ml")

    assert (free.shape, bound.shape) == (AnswerShape.NOT_JSON, AnswerShape.VALID)
    asked = client.engine.requests
    assert asked[0]["messages"] == asked[1]["messages"]
    assert [constraint_of(request)[0] for request in asked] == [None, prompts.CONTROL_SCHEMA]
