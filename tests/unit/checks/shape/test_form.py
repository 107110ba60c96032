"""What the protocol requires of answers is held, and each thing that is missing is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.simulated_engine import Engine, SimulatedTransport
from tests.simulated_script import Fault, Script
from vllm_qualify.checks.shape import answers, form
from vllm_qualify.checks.shape.answers import Answers
from vllm_qualify.client.event_stream import EventStream
from vllm_qualify.client.exchanges import HttpReply
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.client.openai import OpenAiClient
from vllm_qualify.core.records import Outcome

Change = Callable[[str], str]


def said(script: Script | None = None) -> Answers:
    """What a simulated engine answers."""
    engine = Engine(script or Script())
    return answers.asked(OpenAiClient("http://engine", transport=SimulatedTransport(engine)), "canary")


def with_whole(kind: str, change: Change) -> Answers:
    """Honest answers but for one body."""
    honest = said()
    reply = honest.whole[kind]
    return replace(honest, whole={**honest.whole, kind: replace(reply, body=change(reply.body))})


def with_events(kind: str, change: Change) -> Answers:
    """Honest answers but for the events of one stream."""
    honest = said()
    stream = honest.streams[kind]
    events = tuple(replace(event, data=change(event.data)) for event in stream.events)
    return replace(honest, streams={**honest.streams, kind: replace(stream, events=events)})


def swapped(old: str, new: str) -> Change:
    """Writes something else."""
    return lambda text: text.replace(old, new)


def test_an_honest_server_passes() -> None:
    """In every kind of answer, and the form of all of them is kept."""
    judgement = form.judged(said())

    assert judgement.outcome is Outcome.PASSED, judgement.message
    kept = judgement.material["shape"]
    assert kept["chat"]["type"] == "application/json"
    assert kept["chat"]["paths"]["choices[].message.content"] == ["string"]
    assert kept["chat stream, middle chunk"]["paths"]["choices[].finish_reason"] == ["null"]
    assert kept["tokenize"]["status"] == 404


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (with_whole("chat", swapped('"index":0', '"index":"0"')), "chat: choices[].index is '0'"),
        (with_whole("chat", swapped("assistant", "bot")), "chat: choices[].message.role is 'bot'"),
        (with_whole("chat", swapped('"finish_reason"', '"why"')), "chat: choices[].finish_reason is missing"),
        (with_whole("chat", lambda _: "[]"), "chat: id is missing"),
        (with_whole("chat", swapped('"total_tokens":', '"total_tokens":9')), "usage.total_tokens is not the sum"),
        (with_whole("chat", swapped('"choices":[', '"choices":[],"x":[')), "chat: has no choices"),
        (with_whole("completion", swapped('"text"', '"content"')), "completion: choices[].text is missing"),
        (with_whole("models", swapped('"owned_by"', '"owner"')), "models: data[].owned_by is missing"),
        (with_whole("models", swapped('"list"', '"models"')), "models: object is 'models'"),
        (with_whole("unknown model", swapped('"error"', '"detail"')), "unknown model: has no error in its body"),
        (with_whole("bad parameter", swapped('"message"', '"text"')), "bad parameter: its error has no message"),
        (with_events("chat stream", swapped('"finish_reason":null', '"x":1')), "is missing where it must be null"),
        (with_events("chat stream", swapped('"stop"', "null")), "chat stream: 0 chunks have a finish_reason"),
        (with_events("chat stream", swapped('"delta"', '"message"')), "chat stream: choices[].delta is missing"),
        (with_events("chat stream", swapped('"role"', '"rule"')), "first chunk does not name the role assistant"),
        (with_events("chat stream", swapped("[DONE]", '{"id":"2"}')), "it does not end with [DONE]"),
        (with_events("completion stream", swapped("text_completion", "x")), "completion stream: object is 'x'"),
        (said(Script(fault=Fault.ERROR_EVENT)), "chat stream: an event in it is not an answer: "),
        (said(Script(fault=Fault.NO_USAGE)), "chat stream: 0 chunks have no choices; expected 1, with the usage"),
        (said(Script(status=500)), "chat: HTTP 500"),
    ],
)  # fmt: skip
def test_each_fault_is_named(wrong: Answers, says: str) -> None:
    """With the kind of answer, and what was expected of it."""
    judgement = form.judged(wrong)

    assert judgement.outcome is Outcome.FAILED
    assert says in judgement.message


def test_different_ids_in_one_stream_are_told() -> None:
    """Clients gather chunks by their id."""
    count = iter(range(100))

    numbered = with_events("chat stream", lambda text: text.replace("cmpl-1", f"cmpl-{next(count)}"))

    assert "different ids" in form.judged(numbered).message


def test_media_types_are_part_of_the_form() -> None:
    """A client that is told of text reads no JSON."""
    honest = said()
    plain = {"content-type": "text/plain"}
    whole = {name: replace(reply, headers=plain) for name, reply in honest.whole.items()}
    streams = {name: replace(stream, headers={}) for name, stream in honest.streams.items()}

    message = form.judged(replace(honest, whole=whole, streams=streams)).message

    assert "chat: is sent as text/plain; expected application/json" in message
    assert "chat stream: is sent as nothing known; expected text/event-stream" in message
    assert "unknown model: is answered as text/plain" in message


@pytest.mark.parametrize("kind", ["unknown model", "bad parameter"])
def test_the_old_form_of_errors_passes(kind: str) -> None:
    """Before 0.10 the fields stood at the top; the openai package reads both."""
    flat = '{"object":"error","message":"no","type":"x","param":null,"code":404}'

    assert form.judged(with_whole(kind, lambda _: flat)).outcome is Outcome.PASSED


def test_a_server_that_does_not_answer_is_told_so() -> None:
    """Nothing of the form is known then."""
    failure = Failure(kind=FailureKind.REFUSED)
    honest = said()
    silent = Answers(
        model="m",
        whole=dict.fromkeys(honest.whole, HttpReply(failure=failure)),
        streams=dict.fromkeys(honest.streams, EventStream(failure=failure)),
    )

    assert form.judged(silent).outcome is Outcome.FAILED
