"""How an HTTP exchange reaches a server: the protocol that the client speaks to, and the direct way over httpx.

What goes wrong on the way is a value. A server may close a kept-alive connection at any moment, so what a request
meets on one before any byte of an answer says nothing of the server (RFC 9112, 9.3.1): it is sent again, once, on a
new connection. A failure that comes out of here was therefore met on a new connection or after an answer had begun.
The other way, from inside the cluster, is ``exec_transport``.
"""

from __future__ import annotations

import selectors
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol

import httpx

from vllm_qualify.client import _closed_loop, batches
from vllm_qualify.client.batches import BODY_BYTES, Batch, Told
from vllm_qualify.client.exchanges import ClientLag
from vllm_qualify.client.failures import Failure, FailureKind, TooLarge

CONNECT_SECONDS = 10.0

OnRead = Callable[[int, float, bytes], None]
"""Takes the status, the seconds since the request was sent, and the bytes of one read."""

_KINDS: tuple[tuple[type[httpx.RequestError], FailureKind], ...] = (
    (httpx.TimeoutException, FailureKind.TIMEOUT),
    (httpx.ConnectError, FailureKind.UNREACHABLE),
    (httpx.NetworkError, FailureKind.RESET),
    (httpx.RemoteProtocolError, FailureKind.CLOSED),
)
_HUNG_UP = frozenset({FailureKind.CLOSED, FailureKind.RESET})


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """How an exchange ended.

    Attributes:
        status: of HTTP; 0 when no answer began.
        seconds: from sending to the end of the body.
        failure: why it ended early; ``None`` when it did not.
        headers: of the answer, names in lower case.
        resent: what a first sending met before any byte of an answer; ``None`` where there was but one sending. All
            times count from the last one.
        sent: when it was sent, in seconds after the start of its batch; 0 for one that was carried alone.
        lag: of the client in the batch; ``None`` for one that was carried alone.
    """

    status: int = 0
    seconds: float = 0.0
    failure: Failure | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    resent: Failure | None = None
    sent: float = 0.0
    lag: ClientLag | None = None


class Transport(Protocol):
    """Carries one exchange at a time, or a batch of them in a closed loop."""

    def exchange(
        self,
        method: str,
        url: str,
        on_read: OnRead,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str],
        deadline_seconds: float,
    ) -> Exchange:
        """Send a request and hand on every read of the answer with the time at which it was made.

        Args:
            method: such as ``GET``.
            url: whole.
            on_read: called for each read, in order; its time was stamped before anything else was done.
            body: JSON, ``None`` for none.
            headers: to send.
            deadline_seconds: a server that dribbles is cut off at it; one that falls silent is cut off after that
                long a silence.

        What is more than `BODY_BYTES`, or more than ``on_read`` takes (it raises `TooLarge`), is not read: that is a
        failure of kind ``TOO_LARGE``.
        """

    def exchanges(
        self,
        method: str,
        url: str,
        on_reads: Sequence[OnRead],
        *,
        bodies: Sequence[Mapping[str, Any]],
        streams: int,
        headers: Mapping[str, str],
        deadline_seconds: float,
    ) -> tuple[Exchange, ...]:
        """Send every body, each of ``streams`` at once when the one before it on its stream has ended.

        Args:
            method: such as ``POST``.
            url: whole, plain ``http``.
            on_reads: for each body what takes its reads, as in ``exchange``; called when the whole batch is over.
            bodies: JSON.
            streams: how many are sent at once, at most.
            headers: to send.
            deadline_seconds: of one exchange, as in ``exchange``. After one that was waited for in vain, those that
                were not sent yet are failures of the same kind.
        """


def limited(on_read: OnRead) -> OnRead:
    """The same taker of reads, which refuses what goes beyond `BODY_BYTES` in all with `TooLarge`."""
    taken = 0

    def take(status: int, at: float, data: bytes) -> None:
        nonlocal taken
        taken += len(data)
        if taken > BODY_BYTES:
            raise TooLarge(f"an answer of more than {BODY_BYTES} bytes; the rest was not read")
        on_read(status, at, data)

    return take


def exchanges_of(batch: Batch, on_reads: Sequence[OnRead]) -> tuple[Exchange, ...]:
    """How the exchanges of a batch that is over ended, once their reads were handed on."""
    return tuple(_replayed(told, on_read, batch.lag) for told, on_read in zip(batch.told, on_reads, strict=True))


def _replayed(told: Told, on_read: OnRead, lag: ClientLag | None) -> Exchange:
    failure, take = told.failure, limited(on_read)
    try:
        for at, data in told.reads:
            take(told.status, at, data)
    except TooLarge as error:
        failure = Failure(kind=FailureKind.TOO_LARGE, detail=str(error))
    return Exchange(
        status=told.status,
        seconds=told.seconds,
        failure=failure,
        headers=told.headers,
        resent=told.resent,
        sent=told.sent,
        lag=lag,
    )


class _Trail:
    """What httpcore tells of one sending; mutable because it is told bit by bit."""

    def __init__(self) -> None:
        self._connected = self._sent = False

    def __call__(self, event: str, _info: Mapping[str, Any]) -> None:
        """Take in one event, see the ``trace`` extension of httpcore."""
        self._connected = self._connected or event.startswith("connection.connect_")
        self._sent = self._sent or event.endswith(".send_request_headers.started")

    @property
    def kept_alive(self) -> bool:
        """It went out on a connection that an earlier request had opened."""
        return self._sent and not self._connected


class HttpTransport:
    """Asks directly, from where the harness runs.

    Args:
        client: the run's HTTP client; it is shared and not closed here.
        clock: monotonic seconds.
        selector: makes what a batch waits on.
    """

    def __init__(
        self,
        client: httpx.Client,
        clock: Callable[[], float] = time.perf_counter,
        selector: Callable[[], selectors.BaseSelector] = selectors.DefaultSelector,
    ) -> None:
        self._client = client
        self._clock = clock
        self._selector = selector

    def exchange(
        self,
        method: str,
        url: str,
        on_read: OnRead,
        *,
        body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str],
        deadline_seconds: float,
    ) -> Exchange:
        """Send a request and hand on every read of the answer, see ``Transport``."""
        limit, trail = deadline_seconds, _Trail()
        request = {"method": method, "url": url, "json": body, "headers": headers}
        first = self._send(self._client, request, on_read, limit=limit, trail=trail)
        if first.status or first.failure is None or first.failure.kind not in _HUNG_UP or not trail.kept_alive:
            return first
        again = self._send(self._unkept, request, on_read, limit=limit, trail=_Trail())
        return replace(again, resent=first.failure)

    def exchanges(
        self,
        method: str,
        url: str,
        on_reads: Sequence[OnRead],
        *,
        bodies: Sequence[Mapping[str, Any]],
        streams: int,
        headers: Mapping[str, str],
        deadline_seconds: float,
    ) -> tuple[Exchange, ...]:
        """Carry a batch in a closed loop, see ``Transport``; on plain sockets, since httpx costs too much a token."""
        limit, batch = deadline_seconds, batches.begun(len(bodies))
        request = batches.request(method, url, bodies=bodies, streams=streams, headers=headers, deadline_seconds=limit)
        _closed_loop.ClosedLoop(request, batch.take, clock=self._clock, selector=self._selector()).run()
        return exchanges_of(batch, on_reads)

    @cached_property
    def _unkept(self) -> httpx.Client:
        """A client whose every connection is new; there is nothing of it to close."""
        return httpx.Client(limits=httpx.Limits(max_keepalive_connections=0), trust_env=False)

    def _send(
        self, client: httpx.Client, request: dict[str, Any], on_read: OnRead, *, limit: float, trail: _Trail
    ) -> Exchange:
        timeout, take = httpx.Timeout(limit, connect=min(limit, CONNECT_SECONDS)), limited(on_read)
        end = Exchange()
        started = self._clock()
        try:
            with client.stream(**request, timeout=timeout, extensions={"trace": trail}) as response:
                end = replace(end, status=response.status_code, headers=dict(response.headers))
                for data in response.iter_bytes():
                    at = self._clock() - started
                    take(response.status_code, at, data)
                    if at > limit:
                        failure = Failure(kind=FailureKind.DEADLINE, detail=f"still sending after {limit:g} s")
                        end = replace(end, failure=failure)
                        break
        except httpx.RequestError as error:
            end = replace(end, failure=_failure(error, limit))
        except TooLarge as error:
            end = replace(end, failure=Failure(kind=FailureKind.TOO_LARGE, detail=str(error)))
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
