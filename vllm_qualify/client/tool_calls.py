"""Reads the tool calls of an answer, whole or put together from a stream as real clients do it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from vllm_qualify.client import openai_json
from vllm_qualify.client.event_stream import EventStream
from vllm_qualify.client.exchanges import HTTP_OK, ChatReply, HttpReply
from vllm_qualify.core import foreign


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """One call, as it came.

    Attributes:
        id: under which its result is to be given back.
        name: of the tool.
        arguments: JSON as text, which need not be valid.
    """

    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolReply:
    """An answer with its calls.

    Attributes:
        reply: all but the calls.
        calls: in their order.
        errors: of a stream: error events, and a missing ``[DONE]``.
    """

    reply: ChatReply
    calls: tuple[ToolCall, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[str, ...]:
        """Why this is no complete answer; empty for one."""
        return (*self.reply.problems, *self.errors)


def whole(reply: HttpReply) -> ToolReply:
    """Read an answer that came whole."""
    choices = foreign.mappings(foreign.json_mapping(reply.body).get("choices"))
    message = foreign.mapping(choices[0].get("message")) if choices else {}
    calls = tuple(_call(one) for one in foreign.mappings(message.get("tool_calls")))
    return ToolReply(reply=openai_json.chat_reply(reply), calls=calls)


def streamed(stream: EventStream) -> ToolReply:
    """Put an answer together: texts are joined, and the pieces of a call by its index."""
    if stream.status != HTTP_OK:
        return ToolReply(reply=ChatReply(status=stream.status, body=stream.body, failure=stream.failure))
    events = [event.data for event in stream.events if event.data != openai_json.DONE]
    pieces = [openai_json.piece(data) for data in events]
    reply = ChatReply(
        status=stream.status,
        content="".join(piece.content for piece in pieces),
        reasoning="".join(piece.reasoning for piece in pieces),
        finish_reason=next((piece.finish_reason for piece in reversed(pieces) if piece.finish_reason), ""),
        usage=next((piece.usage for piece in reversed(pieces) if piece.usage), None),
        model=next((piece.model for piece in pieces if piece.model), ""),
        body=stream.body,
        seconds=stream.seconds,
        failure=stream.failure,
    )
    errors = [f"an error event in the stream: {piece.error}" for piece in pieces if piece.error]
    if len(events) == len(stream.events):
        errors.append("no [DONE] at the end")
    return ToolReply(reply=reply, calls=_joined(events), errors=tuple(errors))


def _joined(events: Iterable[str]) -> tuple[ToolCall, ...]:
    calls: dict[int, ToolCall] = {}
    for data in events:
        for choice in foreign.mappings(foreign.json_mapping(data).get("choices"))[:1]:
            for piece in foreign.mappings(foreign.mapping(choice.get("delta")).get("tool_calls")):
                index = piece.get("index")
                place = index if isinstance(index, int) else max(calls, default=0)
                before, more = calls.get(place, ToolCall()), _call(piece)
                calls[place] = ToolCall(
                    id=before.id or more.id,
                    name=before.name + more.name,
                    arguments=before.arguments + more.arguments,
                )
    return tuple(calls[place] for place in sorted(calls))


def _call(value: Mapping[str, Any]) -> ToolCall:
    function = foreign.mapping(value.get("function"))
    return ToolCall(
        id=foreign.text(value.get("id")),
        name=foreign.text(function.get("name")),
        arguments=foreign.text(function.get("arguments")),
    )
