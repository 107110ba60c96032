"""Requests that a server answers, refuses or never gets to the end of; it outlives them all."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx

_HELLO = [{"role": "user", "content": "Invoice 12 from the energy supplier, due on Friday."}]
_SCHEMA = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}
_ANSWER_SECONDS = 600.0
_TOOL = {"type": "function", "function": {"name": "file", "parameters": _SCHEMA}}


class Client:
    """Asks one server under one of its names."""

    def __init__(self, url: str, model: str, *, key: str = "") -> None:
        self._http = httpx.Client(
            base_url=url, timeout=_ANSWER_SECONDS, headers={"Authorization": f"Bearer {key}"} if key else {}
        )
        self._url, self._model = httpx.URL(url), model

    def chat(self, **more: Any) -> httpx.Response:
        """One short answer to a chat, with more or other fields."""
        asked = {"model": self._model, "messages": _HELLO, "max_tokens": 8, "temperature": 0} | more
        return self._http.post("/v1/chat/completions", json=asked)

    def good(self) -> None:
        """Ask what every sound server answers: names, a chat, a stream, a completion, an answer by a schema.

        Raises:
            HTTPStatusError: it does not.
        """
        self._http.get("/v1/models").raise_for_status()
        self.chat().raise_for_status()
        self.chat(stream=True).raise_for_status()
        self._http.post(
            "/v1/completions", json={"model": self._model, "prompt": "Invoice", "max_tokens": 4}
        ).raise_for_status()
        form = {"type": "json_schema", "json_schema": {"name": "document", "schema": _SCHEMA}}
        self.chat(response_format=form).raise_for_status()

    def refused(self) -> dict[str, int]:
        """Ask what no server does; tells the status of each answer, 0 where the connection ended without one."""
        return {name: _status(ask) for name, ask in self._refused()}

    def _refused(self) -> Iterator[tuple[str, Callable[[], httpx.Response]]]:
        post, get = self._http.post, self._http.get
        chats: dict[str, dict[str, Any]] = {
            "unknown model": {"model": "who/knows"},
            "too long": {"messages": [{"role": "user", "content": "energy " * 20000}]},
            "too many tokens": {"max_tokens": 10_000_000},
            "no messages": {"messages": []},
            "unknown role": {"messages": [{"role": "nobody", "content": 1}]},
            "negative temperature": {"temperature": -1},
            "no answers": {"n": 0},
            "too many logprobs": {"logprobs": True, "top_logprobs": 1000},
            "invalid schema": _form({"type": "no such type"}),
            "schema that contradicts itself": _form({"type": "string", "minLength": 5, "maxLength": 1}),
            "invalid pattern": _form({"type": "string", "pattern": "(((["}),
            "schema without end": _form({"$ref": "#/definitions/missing"}),
            "tools": {"tools": [_TOOL], "tool_choice": "auto"},
            "tool that is missing": {"tools": [_TOOL], "tool_choice": {"type": "function", "function": {"name": "x"}}},
            "picture": {"messages": [{"role": "user", "content": [_PICTURE]}]},
            "wrong types": {"max_tokens": "many", "stream": "perhaps"},
            "bad bias": {"logit_bias": {"99999999": 1}},
        }
        yield from ((name, lambda more=more: self.chat(**more)) for name, more in chats.items())
        body = json.dumps({"model": self._model})[:-3]
        yield "malformed JSON", lambda: post("/v1/chat/completions", content=body, headers=_JSON)
        yield "no JSON", lambda: post("/v1/chat/completions", content=b"\xff\xfe\x00", headers=_JSON)
        yield "unknown path", lambda: get("/v1/nothing/Traceback (most recent call last):")
        yield "wrong method", lambda: get("/v1/chat/completions")
        yield "embeddings", lambda: post("/v1/embeddings", json={"model": self._model, "input": "x"})
        yield "bad key", lambda: get("/v1/models", headers={"Authorization": "Bearer wrong"})
        yield "bad detokenize", lambda: post("/detokenize", json={"model": self._model, "tokens": [-5, 10**12]})
        adapter = {"lora_name": "away", "lora_path": "/srv/no/such/adapter"}
        yield "adapter that is missing", lambda: post("/v1/load_lora_adapter", json=adapter)

    def hang_up(self, *, stream: bool) -> None:
        """Ask for a long answer and close the connection before it is there."""
        asked = {"model": self._model, "messages": _HELLO, "max_tokens": 2000, "ignore_eos": True, "stream": stream}
        with (
            suppress(httpx.ReadTimeout),
            self._http.stream("POST", "/v1/chat/completions", json=asked, timeout=1) as answer,
        ):
            next(answer.iter_bytes(), None)

    def begin(self) -> None:
        """Leave a long stream open, for a server that is to end while it answers."""
        asked = {"model": self._model, "messages": _HELLO, "max_tokens": 4000, "ignore_eos": True, "stream": True}
        request = self._http.build_request("POST", "/v1/chat/completions", json=asked)
        next(self._http.send(request, stream=True).iter_bytes(), None)

    def raw(self, *messages: bytes) -> None:
        """Bytes that are no HTTP, each on a connection of its own."""
        for message in messages:
            with socket.create_connection((self._url.host, self._url.port or 80), timeout=10) as connection:
                connection.sendall(message)
                with suppress(OSError):
                    connection.recv(1000)

    def flood(self, path: str, times: int) -> None:
        """The same question many times, as probes and monitoring ask it."""
        for _ in range(times):
            self._http.get(path).raise_for_status()

    def close(self) -> None:
        """Close every connection, also those whose answer is not there."""
        self._http.close()


_JSON = {"Content-Type": "application/json"}
_PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}


def _form(schema: dict[str, Any]) -> dict[str, Any]:
    return {"response_format": {"type": "json_schema", "json_schema": {"name": "document", "schema": schema}}}


def _status(ask: Callable[[], httpx.Response]) -> int:
    try:
        return ask().status_code
    except httpx.TransportError:
        return 0
