"""Asks a server once for everything whose form callers rely on; for suite shape. Pure but for the client given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from vllm_qualify.client.event_stream import EventStream
from vllm_qualify.client.exchanges import HttpReply
from vllm_qualify.client.openai_json import DONE

UNKNOWN_MODEL = "no-such-model"
_CHAT = "/v1/chat/completions"
_TEXT = "/v1/completions"
_TOKENS = 8


class Asks(Protocol):
    """Asks one server; see `targets.base.Client`."""

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> HttpReply:
        """Ask any endpoint, and take the answer as it came."""

    def events(self, path: str, body: Mapping[str, Any]) -> EventStream:
        """Ask any endpoint for a stream, and take each event as it came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a server said.

    Attributes:
        model: the name that it was asked for.
        whole: the answers that came at once, by what was asked.
        streams: the others.
    """

    model: str
    whole: Mapping[str, HttpReply]
    streams: Mapping[str, EventStream]


def asked(client: Asks, model: str) -> Answers:
    """Ask for each kind of answer once, greedily and briefly.

    Args:
        client: asks.
        model: that the server serves.
    """
    chat = {
        "model": model,
        "messages": [{"role": "user", "content": "Say what this is."}],
        "max_tokens": _TOKENS,
        "temperature": 0.0,
    }
    text = {"model": model, "prompt": "Hi", "max_tokens": _TOKENS, "temperature": 0.0}
    streamed = {"stream": True, "stream_options": {"include_usage": True}}
    return Answers(
        model=model,
        whole={
            "chat": client.ask("POST", _CHAT, chat),
            "completion": client.ask("POST", _TEXT, text),
            "models": client.ask("GET", "/v1/models"),
            "unknown model": client.ask("POST", _CHAT, {**chat, "model": UNKNOWN_MODEL}),
            "bad parameter": client.ask("POST", _CHAT, {**chat, "temperature": -1.0}),
            "unknown field": client.ask("POST", _CHAT, {**chat, "no_such_field": 1}),
            "tokenize": client.ask("POST", "/tokenize", {"model": model, "prompt": "Hi"}),
        },
        streams={
            "chat stream": client.events(_CHAT, {**chat, **streamed}),
            "completion stream": client.events(_TEXT, {**text, **streamed}),
        },
    )


def ended(stream: EventStream) -> bool:
    """The last event says that the stream is done."""
    return bool(stream.events) and stream.events[-1].data == DONE
