"""Bodies of any server are read without an exception; what they lack shows as a problem."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import simulated_wire
from vllm_qualify.client import openai_json
from vllm_qualify.client.exchanges import ChatRequest, HttpReply, Usage
from vllm_qualify.client.failures import FailureKind

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["choices", "delta", "message", "usage"]), inner),
    max_leaves=20,
)
BODIES = JSON.map(json.dumps) | st.text()


def ok(body: str) -> HttpReply:
    """A reply with HTTP 200."""
    return HttpReply(status=200, body=body)


def test_metrics_are_summed_over_labels() -> None:
    """Samples of one name are added up, whatever their labels hold; buckets, comments and NaN are left out."""
    assert openai_json.metrics(simulated_wire.metrics_text(9)) == {
        "vllm:generation_tokens_total": 9.0,
        "vllm:num_requests_running": 0.0,
        "vllm:prefix_cache_queries_total": 120.0,
        "process_open_fds": 12.0,
    }


@given(text=st.text())
def test_no_text_breaks_the_metrics(text: str) -> None:
    """Whatever a server says under /metrics, the result is numbers by name."""
    assert all(isinstance(value, float) for value in openai_json.metrics(text).values())


@given(body=BODIES)
def test_no_body_breaks_the_reader(body: str) -> None:
    """A 200 with any body is read, and one without a choice is unreadable, never a success."""
    chat, models = openai_json.chat_reply(ok(body)), openai_json.models_reply(ok(body))

    assert chat.problems
    assert models.ids == ()


@given(data=BODIES)
def test_no_event_breaks_the_reader(data: str) -> None:
    """An event of a stream is a piece or an error, whatever it holds."""
    piece = openai_json.piece(data)

    assert isinstance(piece.content + piece.reasoning + piece.finish_reason, str)


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"choices": []}', '{"choices": [null]}', "<html>", "[" * 100_000])
def test_answer_without_a_choice_is_unreadable(body: str) -> None:
    """An HTTP 200 without a choice is a failure of its own kind, with the body kept."""
    reply = openai_json.chat_reply(ok(body))

    assert reply.failure is not None
    assert reply.failure.kind is FailureKind.UNREADABLE
    assert reply.body == body[: openai_json.BODY_LIMIT]


def test_null_content_is_empty() -> None:
    """Null content, as sent when all went into the reasoning, is the empty text."""
    message = {"content": None, "reasoning_content": "hm"}
    body = {"choices": [{"message": message, "finish_reason": "stop"}], "usage": {"completion_tokens": 2}}

    reply = openai_json.chat_reply(ok(json.dumps(body)))

    assert (reply.content, reply.reasoning, reply.usage) == ("", "hm", Usage(prompt=0, completion=2))
    assert reply.problems == ()


@pytest.mark.parametrize(
    ("error", "message"), [({"message": "no", "code": 500}, "no"), ("no", '"no"'), ({"code": 1}, '{"code": 1}')]
)
def test_error_events_in_every_form(error: object, message: str) -> None:
    """An error event is one as object and as text, with or without a message."""
    assert openai_json.piece(json.dumps({"error": error})).error == message


def test_cached_tokens_are_read() -> None:
    """The prompt tokens that came from the cache are known where the server tells."""
    usage = {"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 8}}

    assert openai_json.piece(json.dumps({"choices": [], "usage": usage})).usage == Usage(
        prompt=9, completion=1, cached=8
    )


def test_body_asks_for_nothing_unasked() -> None:
    """A plain request carries no field that an old release might refuse."""
    body = openai_json.chat_body(ChatRequest(model="m", prompt="p"), stream=False)

    assert set(body) == {"model", "messages", "max_tokens", "temperature", "stream"}


def test_model_list_in_another_form_is_unreadable() -> None:
    """A 200 that is no model list must not pass for an empty one."""
    reply = openai_json.models_reply(ok('{"models": []}'))

    assert reply.problems == ("unreadable answer (not a JSON object with a list named data)",)
