"""A client that asks nothing more once the time is up; every request would keep production away for longer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from vllm_qualify.client.event_stream import EventStream
from vllm_qualify.client.exchanges import ChatReply, ChatRequest, HttpReply, ModelsReply, StreamSample
from vllm_qualify.client.packages import DirectWay
from vllm_qualify.targets.base import Client


class DeadlineClient:
    """Asks through another client, unless it is too late.

    Args:
        client: asks.
        check: raises when nothing may be asked any more.
    """

    def __init__(self, client: Client, *, check: Callable[[], None]) -> None:
        self._client = client
        self._check = check

    @property
    def direct(self) -> DirectWay | None:
        """How another program on this machine asks the same server; ``None`` where none can."""
        return self._client.direct

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
        self._check()
        return self._client.ask(method, path, body, headers=headers, deadline_seconds=deadline_seconds)

    def events(self, path: str, body: Mapping[str, Any]) -> EventStream:
        """Ask any endpoint for a stream, and take each event as it came."""
        self._check()
        return self._client.events(path, body)

    def chat(self, request: ChatRequest) -> ChatReply:
        """Ask for a completion that comes whole."""
        self._check()
        return self._client.chat(request)

    def health(self) -> HttpReply:
        """Ask ``/health``."""
        self._check()
        return self._client.health()

    def many(self, requests: Sequence[ChatRequest], *, streams: int) -> tuple[StreamSample, ...]:
        """Ask for completions in pieces, so many at once."""
        self._check()
        return self._client.many(requests, streams=streams)

    def metrics(self) -> dict[str, float]:
        """The sums of ``/metrics`` by name."""
        self._check()
        return self._client.metrics()

    def models(self) -> ModelsReply:
        """Ask which models are served."""
        self._check()
        return self._client.models()

    def stream(self, request: ChatRequest) -> StreamSample:
        """Ask for a completion that comes in pieces."""
        self._check()
        return self._client.stream(request)
