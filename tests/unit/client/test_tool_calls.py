"""Tool calls are read whole and from streams, whatever servers leave out."""

from __future__ import annotations

import itertools
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.client import tool_calls
from vllm_qualify.client.event_stream import EventStream, StreamEvent
from vllm_qualify.client.exchanges import HttpReply
from vllm_qualify.client.tool_calls import ToolCall, ToolReply

USAGE = {"usage": {"prompt_tokens": 1, "completion_tokens": 9}}
CALLS = (ToolCall(id="a", name="find", arguments='{"city": "Oslo"}'), ToolCall(id="b", name="date", arguments="{}"))


def written(call: ToolCall) -> dict[str, Any]:
    """A call as a server writes it."""
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def whole(message: dict[str, Any], *, finish: str = "tool_calls") -> ToolReply:
    """Read an answer with this message."""
    body = {"choices": [{"message": message, "finish_reason": finish}]} | USAGE
    return tool_calls.whole(HttpReply(status=200, body=json.dumps(body)))


def streamed(*deltas: dict[str, Any], done: bool = True) -> ToolReply:
    """Put a stream of these pieces together."""
    bodies = [json.dumps({"choices": [{"delta": delta}]}) for delta in deltas]
    bodies.append(json.dumps({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]} | USAGE))
    events = [StreamEvent(at=0.0, data=data) for data in (*bodies, *(["[DONE]"] if done else []))]
    return tool_calls.streamed(EventStream(status=200, events=tuple(events)))


def test_a_whole_answer_has_its_calls_in_their_order() -> None:
    """Beside no content at all."""
    reply = whole({"role": "assistant", "content": None, "tool_calls": [written(call) for call in CALLS]})

    assert reply.calls == CALLS
    assert reply.problems == ()
    assert (reply.reply.content, reply.reply.finish_reason) == ("", "tool_calls")


def test_an_answer_in_words_has_no_calls() -> None:
    """Some releases send an empty list, others nothing."""
    assert whole({"content": "Platform 9."}).calls == whole({"content": "Platform 9.", "tool_calls": []}).calls == ()


def test_arguments_that_are_no_text_are_none() -> None:
    """OpenAI's are JSON as text; an object is what no client reads."""
    assert whole({"tool_calls": [{"function": {"name": "find", "arguments": {"a": 1}}}]}).calls == (
        ToolCall(name="find"),
    )


@given(cuts=st.lists(st.integers(1, 15), max_size=5))
def test_a_stream_comes_to_the_whole_answer(cuts: list[int]) -> None:
    """However the arguments are cut; the first piece of a call alone has its id and name."""
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    for index, call in enumerate(CALLS):
        places = sorted({0, *(cut for cut in cuts if cut < len(call.arguments)), len(call.arguments)})
        pieces = [call.arguments[start:end] for start, end in itertools.pairwise(places)]
        deltas.append({"tool_calls": [{"index": index} | written(ToolCall(id=call.id, name=call.name))]})
        deltas += [{"tool_calls": [{"index": index, "function": {"arguments": piece}}]} for piece in pieces]

    reply = streamed(*deltas)

    assert reply.calls == CALLS
    assert reply.problems == ()


def test_a_name_that_is_sent_twice_is_seen_as_clients_see_it() -> None:
    """They join the pieces, so the tool would be called findfind."""
    piece = {"tool_calls": [{"index": 0, "function": {"name": "find"}}]}

    assert streamed(piece, piece).calls == (ToolCall(name="findfind"),)


def test_a_piece_without_an_index_belongs_to_the_last_call() -> None:
    """Some servers leave it out."""
    begun = {"tool_calls": [{"index": 1, "id": "b", "function": {"name": "date"}}]}

    assert streamed(begun, {"tool_calls": [{"function": {"arguments": "{}"}}]}).calls == (CALLS[1],)


def test_a_stream_that_breaks_off_is_no_complete_answer() -> None:
    """Neither is one with an error in it."""
    assert streamed(done=False).problems == ("no [DONE] at the end",)

    error = StreamEvent(at=0.0, data='{"error": {"message": "EngineDeadError"}}')
    broken = tool_calls.streamed(EventStream(status=200, events=(error,)))
    assert "an error event in the stream: EngineDeadError" in broken.problems


def test_a_refusal_is_one_streamed_too() -> None:
    """Its body is told."""
    refused = tool_calls.streamed(EventStream(status=400, body="no parser"))

    assert refused.problems == ("HTTP 400: 'no parser'",)
