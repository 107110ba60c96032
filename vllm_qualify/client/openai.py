"""The client: asks a candidate over HTTP and brings back records. A transport error is a value, never an exception.

How the bytes travel is the transport's affair: directly, or from inside the cluster.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from vllm_qualify.client import openai_json
from vllm_qualify.client.event_stream import EventStream, StreamEvent
from vllm_qualify.client.exchanges import (
    HTTP_OK,
    ChatReply,
    ChatRequest,
    Chunk,
    HttpReply,
    ModelsReply,
    StreamSample,
    Usage,
)
from vllm_qualify.client.failures import FailureKind
from vllm_qualify.client.packages import DirectWay
from vllm_qualify.client.sse import ServerSentEvent, Splitter
from vllm_qualify.client.transport import Exchange, HttpTransport, OnRead, Transport

_PROBE_SECONDS = 10.0
_MOST_ERRORS = 20
"""Of one stream; those that come after them say no more."""


def new_http_client() -> httpx.Client:
    """The one ``httpx.Client`` of a run; its owner closes it.

    Making one costs some 17 ms (a TLS context), so a client for each request would spoil the first token's time. The
    default pool of 100 connections would queue without a word. uvicorn closes idle connections after 5 s; httpx keeps
    them as long, so they are given up earlier here; a request that meets a close all the same is sent again by the
    transport. The environment's proxies are not used: what is measured is the candidate.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=2.0)
    return httpx.Client(limits=limits, trust_env=False)


class _Stream:
    """What a stream has said so far; mutable because it grows read by read."""

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._body = b""
        self._chunks: list[Chunk] = []
        self._errors: list[str] = []
        self._finish_reason = self._model = ""
        self._usage: Usage | None = None
        self._done = False

    def read(self, status: int, at: float, data: bytes) -> None:
        """Take in one read; ``at`` was stamped before anything was parsed."""
        self._body += data[: max(0, openai_json.BODY_LIMIT - len(self._body))]
        if status == HTTP_OK:
            self._take(at, self._splitter.feed(data))

    def sample(self, exchange: Exchange) -> StreamSample:
        """The finished record."""
        if exchange.failure is None or exchange.failure.kind is not FailureKind.TOO_LARGE:
            self._take(exchange.seconds, self._splitter.end())
        return StreamSample(
            status=exchange.status,
            chunks=tuple(self._chunks),
            finish_reason=self._finish_reason,
            usage=self._usage,
            done=self._done,
            errors=tuple(self._errors),
            model=self._model,
            body=self._body.decode(errors="replace"),
            seconds=exchange.seconds,
            failure=exchange.failure,
            resent=exchange.resent,
            sent=exchange.sent,
            lag=exchange.lag,
        )

    def _take(self, at: float, events: tuple[ServerSentEvent, ...]) -> None:
        for event in events:
            if event.data == openai_json.DONE:
                self._done = True
            else:
                self._piece(at, openai_json.piece(event.data))

    def _piece(self, at: float, piece: openai_json.Piece) -> None:
        if piece.error and len(self._errors) < _MOST_ERRORS:
            self._errors.append(piece.error)
        if piece.has_choice:
            self._chunks.append(
                Chunk(
                    at=at,
                    tokens=piece.usage.completion if piece.usage else None,
                    content=piece.content,
                    reasoning=piece.reasoning,
                    last=bool(piece.finish_reason),
                )
            )
        self._finish_reason = piece.finish_reason or self._finish_reason
        self._model = piece.model or self._model
        self._usage = piece.usage or self._usage


class _Events:
    """The events of a stream so far; mutable because it grows read by read."""

    def __init__(self) -> None:
        self._splitter = Splitter()
        self._body = b""
        self._events: list[StreamEvent] = []

    def read(self, _status: int, at: float, data: bytes) -> None:
        """Take in one read."""
        self._body += data[: max(0, openai_json.BODY_LIMIT - len(self._body))]
        self._take(at, self._splitter.feed(data))

    def ended(self, exchange: Exchange) -> EventStream:
        """The finished record."""
        if exchange.failure is None or exchange.failure.kind is not FailureKind.TOO_LARGE:
            self._take(exchange.seconds, self._splitter.end())
        return EventStream(
            status=exchange.status,
            headers=exchange.headers,
            events=tuple(self._events),
            body=self._body.decode(errors="replace"),
            seconds=exchange.seconds,
            failure=exchange.failure,
            resent=exchange.resent,
        )

    def _take(self, at: float, events: tuple[ServerSentEvent, ...]) -> None:
        self._events.extend(StreamEvent(at=at, data=event.data, name=event.name) for event in events)


class OpenAiClient:
    """Asks one server.

    Args:
        base_url: where the server listens, without ``/v1``, such as ``http://127.0.0.1:8000``.
        client: the run's HTTP client, see ``new_http_client``, to ask directly; it is shared and not closed here.
        transport: another way to the server, in the client's place; not closed here either.
        clock: monotonic seconds, for asking directly.
        deadline_seconds: limit of one completion. A server that dribbles is cut off at it; one that falls silent is
            cut off after that long a silence, so an exchange ends within twice the limit in the worst case.
        api_key: bearer token, ``""`` for none.
    """

    def __init__(
        self,
        base_url: str,
        *,
        client: httpx.Client | None = None,
        transport: Transport | None = None,
        clock: Callable[[], float] = time.perf_counter,
        deadline_seconds: float = 120.0,
        api_key: str = "",
    ) -> None:
        self._base = base_url.rstrip("/")
        self.direct = None if client is None else DirectWay(url=self._base, key=api_key)
        """How another program on this machine asks the same server; ``None`` where none can."""
        self._transport = _transport(client, transport, clock)
        self._deadline_seconds = deadline_seconds
        # A compressed stream would hold pieces back until a block is full.
        self._headers = {"Accept-Encoding": "identity"} | _authorization(api_key)

    def ask(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        deadline_seconds: float | None = None,
    ) -> HttpReply:
        """Ask any endpoint, and take the answer as it came."""
        return self._whole(method, path, body=body, headers=headers or {}, deadline_seconds=deadline_seconds)

    def events(self, path: str, body: Mapping[str, Any]) -> EventStream:
        """Ask any endpoint for a stream, and take each event as it came."""
        events = _Events()
        return events.ended(self._exchange("POST", path, events.read, body=body))

    def chat(self, request: ChatRequest) -> ChatReply:
        """Ask for a completion that comes whole."""
        body = openai_json.chat_body(request, stream=False)
        return openai_json.chat_reply(self._whole("POST", "/v1/chat/completions", body=body))

    def health(self) -> HttpReply:
        """Ask ``/health``."""
        return self._whole("GET", "/health", deadline_seconds=_PROBE_SECONDS)

    def one_token(self, model: str, *, deadline_seconds: float) -> HttpReply:
        """Ask for the shortest completion there is: whether the engine behind the server computes."""
        body = openai_json.chat_body(ChatRequest(model=model, prompt="Hi", max_tokens=1), stream=False)
        return self._whole("POST", "/v1/chat/completions", body=body, deadline_seconds=deadline_seconds)

    def many(self, requests: Sequence[ChatRequest], *, streams: int) -> tuple[StreamSample, ...]:
        """Ask for completions in pieces, ``streams`` at once: each sends its next when its last one has ended.

        Returns:
            The samples in the order of the requests.
        """
        read = [_Stream() for _ in requests]
        ends = self._transport.exchanges(
            "POST",
            self._base + "/v1/chat/completions",
            [stream.read for stream in read],
            bodies=[openai_json.chat_body(request, stream=True) for request in requests],
            streams=streams,
            headers=self._headers,
            deadline_seconds=self._deadline_seconds,
        )
        return tuple(stream.sample(end) for stream, end in zip(read, ends, strict=True))

    def metrics(self) -> dict[str, float]:
        """The sums of ``/metrics`` by name; empty where the server has none or does not answer."""
        reply = self._whole("GET", "/metrics", deadline_seconds=_PROBE_SECONDS)
        return {} if reply.problems else openai_json.metrics(reply.body)

    def models(self) -> ModelsReply:
        """Ask which models are served."""
        return openai_json.models_reply(self._whole("GET", "/v1/models", deadline_seconds=_PROBE_SECONDS))

    def stream(self, request: ChatRequest) -> StreamSample:
        """Ask for a completion that comes in pieces, and stamp each as it is read."""
        stream = _Stream()
        body = openai_json.chat_body(request, stream=True)
        return stream.sample(self._exchange("POST", "/v1/chat/completions", stream.read, body=body))

    def _whole(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        deadline_seconds: float | None = None,
    ) -> HttpReply:
        reads: list[bytes] = []

        def keep(_status: int, _at: float, data: bytes) -> None:
            reads.append(data)

        end = self._exchange(method, path, keep, body=body, headers=headers, deadline_seconds=deadline_seconds)
        return HttpReply(
            status=end.status,
            headers=end.headers,
            body=b"".join(reads).decode(errors="replace"),
            seconds=end.seconds,
            failure=end.failure,
            resent=end.resent,
        )

    def _exchange(
        self,
        method: str,
        path: str,
        on_read: OnRead,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        deadline_seconds: float | None = None,
    ) -> Exchange:
        limit = self._deadline_seconds if deadline_seconds is None else deadline_seconds
        url, sent = self._base + path, {**self._headers, **(headers or {})}
        return self._transport.exchange(method, url, on_read, body=body, headers=sent, deadline_seconds=limit)


def _authorization(api_key: str) -> dict[str, str]:
    """A key that no header can hold is not sent: the server's 401 says so, whereas an error here would quote it."""
    key = api_key.strip()
    return {"Authorization": f"Bearer {key}"} if key and key.isascii() and key.isprintable() else {}


def _transport(client: httpx.Client | None, transport: Transport | None, clock: Callable[[], float]) -> Transport:
    if client is not None and transport is None:
        return HttpTransport(client, clock)
    if transport is not None and client is None:
        return transport
    raise TypeError("a client takes either an HTTP client or a transport; give it one of the two")
