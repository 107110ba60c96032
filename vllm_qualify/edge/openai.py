"""The client: asks a candidate over HTTP and brings back records. A transport error is a value, never an exception."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import httpx

from vllm_qualify import wire
from vllm_qualify.samples import (
    HTTP_OK,
    ChatReply,
    ChatRequest,
    Chunk,
    Failure,
    FailureKind,
    HttpReply,
    ModelsReply,
    StreamSample,
    Usage,
)
from vllm_qualify.sse import ServerSentEvent, Splitter

_CONNECT_SECONDS = 10.0
_PROBE_SECONDS = 10.0

_KINDS: tuple[tuple[type[httpx.RequestError], FailureKind], ...] = (
    (httpx.TimeoutException, FailureKind.TIMEOUT),
    (httpx.ConnectError, FailureKind.UNREACHABLE),
    (httpx.NetworkError, FailureKind.RESET),
    (httpx.RemoteProtocolError, FailureKind.CLOSED),
)


def new_http_client() -> httpx.Client:
    """The one ``httpx.Client`` of a run; its owner closes it.

    Making one costs some 17 ms (a TLS context), so a client for each request would spoil the first token's time. The
    default pool of 100 connections would queue without a word. uvicorn closes idle connections after 5 s; httpx keeps
    them as long, and a request that meets the close would look like a crash, so they are given up earlier here. The
    environment's proxies are not used: what is measured is the candidate.
    """
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=2.0)
    return httpx.Client(limits=limits, trust_env=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Exchange:
    """How an exchange ended."""

    status: int
    seconds: float
    failure: Failure | None


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
        self._body += data[: max(0, wire.BODY_LIMIT - len(self._body))]
        if status == HTTP_OK:
            self._take(at, self._splitter.feed(data))

    def sample(self, exchange: _Exchange) -> StreamSample:
        """The finished record."""
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
        )

    def _take(self, at: float, events: tuple[ServerSentEvent, ...]) -> None:
        for event in events:
            if event.data == wire.DONE:
                self._done = True
            else:
                self._piece(at, wire.piece(event.data))

    def _piece(self, at: float, piece: wire.Piece) -> None:
        if piece.error:
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


class OpenAiClient:
    """Asks one server.

    Args:
        base_url: where the server listens, without ``/v1``, such as ``http://127.0.0.1:8000``.
        client: the run's HTTP client, see ``new_http_client``; it is shared and not closed here.
        clock: monotonic seconds.
        deadline_seconds: limit of one completion. A server that dribbles is cut off at it; one that falls silent is
            cut off after that long a silence, so an exchange ends within twice the limit in the worst case.
        api_key: bearer token, ``""`` for none.
    """

    def __init__(
        self,
        base_url: str,
        *,
        client: httpx.Client,
        clock: Callable[[], float] = time.perf_counter,
        deadline_seconds: float = 120.0,
        api_key: str = "",
    ) -> None:
        self._base = base_url.rstrip("/")
        self._client = client
        self._clock = clock
        self._deadline_seconds = deadline_seconds
        # A compressed stream would hold pieces back until a block is full.
        self._headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {api_key}"} if api_key else {})

    def chat(self, request: ChatRequest) -> ChatReply:
        """Ask for a completion that comes whole."""
        body = wire.chat_body(request, stream=False)
        return wire.chat_reply(self._whole("POST", "/v1/chat/completions", body=body))

    def health(self) -> HttpReply:
        """Ask ``/health``."""
        return self._whole("GET", "/health", deadline_seconds=_PROBE_SECONDS)

    def metrics(self) -> dict[str, float]:
        """The sums of ``/metrics`` by name; empty where the server has none or does not answer."""
        reply = self._whole("GET", "/metrics", deadline_seconds=_PROBE_SECONDS)
        return {} if reply.problems else wire.metrics(reply.body)

    def models(self) -> ModelsReply:
        """Ask which models are served."""
        return wire.models_reply(self._whole("GET", "/v1/models", deadline_seconds=_PROBE_SECONDS))

    def stream(self, request: ChatRequest) -> StreamSample:
        """Ask for a completion that comes in pieces, and stamp each as it is read."""
        stream = _Stream()
        body = wire.chat_body(request, stream=True)
        return stream.sample(self._exchange("POST", "/v1/chat/completions", stream.read, body=body))

    def _whole(
        self, method: str, path: str, *, body: dict[str, Any] | None = None, deadline_seconds: float | None = None
    ) -> HttpReply:
        reads: list[bytes] = []

        def keep(_status: int, _at: float, data: bytes) -> None:
            reads.append(data)

        end = self._exchange(method, path, keep, body=body, deadline_seconds=deadline_seconds)
        text = b"".join(reads).decode(errors="replace")
        return HttpReply(status=end.status, body=text, seconds=end.seconds, failure=end.failure)

    def _exchange(
        self,
        method: str,
        path: str,
        on_read: Callable[[int, float, bytes], None],
        *,
        body: dict[str, Any] | None = None,
        deadline_seconds: float | None = None,
    ) -> _Exchange:
        limit = self._deadline_seconds if deadline_seconds is None else deadline_seconds
        timeout = httpx.Timeout(limit, connect=min(limit, _CONNECT_SECONDS))
        url = self._base + path
        end = _Exchange(status=0, seconds=0.0, failure=None)
        started = self._clock()
        try:
            with self._client.stream(method, url, json=body, headers=self._headers, timeout=timeout) as response:
                end = replace(end, status=response.status_code)
                for data in response.iter_bytes():
                    at = self._clock() - started
                    on_read(response.status_code, at, data)
                    if at > limit:
                        failure = Failure(kind=FailureKind.DEADLINE, detail=f"still sending after {limit:g} s")
                        end = replace(end, failure=failure)
                        break
        except httpx.RequestError as error:
            end = replace(end, failure=_failure(error, limit))
        return replace(end, seconds=self._clock() - started)


def _failure(error: httpx.RequestError, limit_seconds: float) -> Failure:
    causes = tuple(_causes(error))
    if any(isinstance(cause, ConnectionRefusedError) for cause in causes):
        return Failure(kind=FailureKind.REFUSED, detail=str(error))
    kind = next((kind for known, kind in _KINDS if isinstance(error, known)), FailureKind.UNREADABLE)
    detail = f"limit {limit_seconds:g} s" if kind is FailureKind.TIMEOUT else str(error) or type(error).__name__
    return Failure(kind=kind, detail=detail)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
