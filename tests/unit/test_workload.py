"""What a candidate is asked."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

from tests.plugin.scripted import WORK, Script, ScriptedClient
from vllm_qualify import workload
from vllm_qualify.answers import AnswerShape
from vllm_qualify.samples import ChatReply, ChatRequest, Failure, FailureKind, StreamSample


@dataclass
class Hanging:
    """A server that answers nothing any more; counts how often it is asked."""

    asked: list[ChatRequest] = field(default_factory=list)

    def chat(self, request: ChatRequest) -> ChatReply:
        self.asked.append(request)
        return ChatReply(failure=Failure(kind=FailureKind.TIMEOUT))

    def stream(self, request: ChatRequest) -> StreamSample:
        self.asked.append(request)
        return StreamSample(failure=Failure(kind=FailureKind.TIMEOUT))


def test_every_document_is_asked() -> None:
    """Each labelled document gets one answer."""
    client = ScriptedClient(Script())

    found = workload.classify(client, WORK, model="ml", constrained=True)

    assert {answer.shape for answer in found} == {AnswerShape.VALID}
    assert len(found) == len(client.asked) == len(WORK.documents)
    assert all(request.schema == WORK.schema for request in client.asked)


def test_nobody_waits_for_a_server_that_is_gone() -> None:
    """After the first time-out the rest counts as never answered, without waiting for each."""
    client = Hanging()

    found = workload.classify(client, WORK, model="ml", constrained=False)

    assert len(client.asked) == 1
    assert len(found) == len(WORK.documents)
    assert {answer.shape for answer in found} == {AnswerShape.NO_ANSWER}


def test_measured_prompts_differ_from_their_first_token_on() -> None:
    """No prefix cache can help: every head is its own, and every request is equally long in tokens."""
    requests = list(itertools.islice(workload.measured(WORK, model="ml"), 40))

    heads = {request.prompt[:24] for request in requests}
    assert len(heads) == 40
    assert {(request.max_tokens, request.ignore_eos) for request in requests} == {(workload.MEASURED_TOKENS, True)}


def test_measured_rounds() -> None:
    """Five requests in each of three rounds, one at a time."""
    client = ScriptedClient(Script())

    rounds = workload.decode(client, workload.measured(WORK, model="ml"))

    assert [len(one) for one in rounds] == [5, 5, 5]


def test_the_control_asks_the_same_thing_twice() -> None:
    """Without a schema and with one that nobody would satisfy by chance; nothing else differs."""
    client = ScriptedClient(Script())

    free, bound = workload.control(client, WORK, model="ml")

    assert (free.shape, bound.shape) == (AnswerShape.NOT_JSON, AnswerShape.VALID)
    assert client.asked[0].prompt == client.asked[1].prompt
    assert [request.schema for request in client.asked] == [None, workload.CONTROL_SCHEMA]
