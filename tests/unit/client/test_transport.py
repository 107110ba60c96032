"""The direct way: what of an answer is kept besides its body."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import httpx
import pytest

from tests import hangups
from vllm_qualify.client.batches import BODY_BYTES
from vllm_qualify.client.exchanges import ChatRequest
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.client.openai import OpenAiClient, new_http_client
from vllm_qualify.client.transport import HttpTransport


def test_headers_are_kept_by_lower_case_names() -> None:
    """A proxy says in its headers who answered, so they come back, whatever their spelling."""
    response = httpx.Response(200, headers={"X-LiteLLM-Model-Id": "abc"})
    transport = HttpTransport(httpx.Client(transport=httpx.MockTransport(lambda _: response)))

    end = transport.exchange("GET", "http://there/", lambda *_: None, headers={}, deadline_seconds=1.0)

    assert (end.status, end.headers["x-litellm-model-id"]) == (200, "abc")


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (httpx.ConnectTimeout("slow"), Failure(kind=FailureKind.TIMEOUT, detail="limit 3 s")),
        (httpx.ConnectError("no route"), Failure(kind=FailureKind.UNREACHABLE, detail="no route")),
        (httpx.ReadError("reset"), Failure(kind=FailureKind.RESET, detail="reset")),
        (httpx.RemoteProtocolError("closed"), Failure(kind=FailureKind.CLOSED, detail="closed")),
        (httpx.DecodingError("zip"), Failure(kind=FailureKind.UNREADABLE, detail="zip")),
    ],
    ids=lambda one: type(one).__name__,
)
def test_errors_are_values(error: httpx.RequestError, failure: Failure) -> None:
    """Each way to fail has its kind, and what httpx says stands in the detail."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    transport = HttpTransport(httpx.Client(transport=httpx.MockTransport(fail)))

    end = transport.exchange("GET", "http://there/", lambda *_: None, headers={}, deadline_seconds=3.0)

    assert (end.status, end.failure) == (0, failure)


def test_a_client_has_one_way_to_the_server() -> None:
    """Neither a client nor a transport, or both, is a mistake of the caller and says so."""
    http = httpx.Client()

    for ways in ({}, {"client": http, "transport": HttpTransport(http)}):
        with pytest.raises(TypeError, match="give it one of the two"):
            OpenAiClient("http://there", **ways)


ASK = ChatRequest(model="canary", prompt="Say hello.")


@pytest.mark.parametrize("end", [hangups.CLOSE, hangups.RESET])
@pytest.mark.parametrize("ask", ["health", "chat", "stream"])
def test_a_kept_alive_connection_that_was_closed_is_no_failure(ask: str, end: str) -> None:
    """What met the close before any byte of an answer is sent once more on a new connection, and says what it met."""
    with hangups.serve([hangups.REFUSED, end], [hangups.FINE]) as server, new_http_client() as http:
        client = OpenAiClient(server.url, client=http)
        refused = client.chat(ASK)
        reply = {"health": client.health, "chat": lambda: client.chat(ASK), "stream": lambda: client.stream(ASK)}[ask]()

    assert (refused.status, refused.resent) == (400, None)
    assert reply.status == 200
    assert reply.resent is not None
    assert reply.resent.kind is {hangups.CLOSE: FailureKind.CLOSED, hangups.RESET: FailureKind.RESET}[end]
    assert server.connections == [0, 0, 1]
    assert server.asked[1][1].partition(b"\r\n\r\n")[2] == server.asked[2][1].partition(b"\r\n\r\n")[2]


def test_what_was_sent_again_is_timed_from_the_second_sending() -> None:
    """The time that the closed connection cost is no time of the server."""
    ticks = itertools.count()
    with hangups.serve([hangups.FINE, hangups.CLOSE], [hangups.FINE]) as server, new_http_client() as http:
        transport = HttpTransport(http, clock=lambda: float(next(ticks)))
        seen = [
            transport.exchange("GET", server.url, lambda *_: None, headers={}, deadline_seconds=5.0) for _ in range(2)
        ]

    assert seen[1].resent is not None
    assert seen[1].seconds == seen[0].seconds


@pytest.mark.parametrize(
    ("scripts", "kind", "status"),
    [
        ([[hangups.RESET]], FailureKind.RESET, 0),
        ([[hangups.FINE, hangups.HALF]], FailureKind.CLOSED, 200),
    ],
    ids=["new connection", "begun answer"],
)
def test_what_says_something_of_the_server_is_not_sent_again(
    scripts: list[list[bytes | str]], kind: FailureKind, status: int
) -> None:
    """A new connection that is reset, and an answer that breaks off, are failures as they are."""
    requests = len(scripts[0])
    with hangups.serve(*scripts) as server, new_http_client() as http:
        transport = HttpTransport(http)
        for _ in range(requests):
            end = transport.exchange("GET", server.url, lambda *_: None, headers={}, deadline_seconds=0.5)

    assert end.failure is not None
    assert (end.failure.kind, end.status, end.resent) == (kind, status, None)
    assert len(server.asked) == requests


def test_the_second_sending_is_the_last() -> None:
    """A server that hangs up on it too has failed; what the first one met stands beside it."""
    with (
        hangups.serve([hangups.FINE, hangups.RESET], [hangups.CLOSE], [hangups.FINE]) as server,
        new_http_client() as http,
    ):
        client = OpenAiClient(server.url, client=http)
        client.health()
        reply = client.health()

    assert reply.failure is not None
    assert reply.resent is not None
    assert (reply.failure.kind, reply.resent.kind) == (FailureKind.CLOSED, FailureKind.RESET)


class _Endless(httpx.SyncByteStream):
    """A body that never ends; it counts how much of it was taken."""

    def __init__(self, piece: bytes) -> None:
        self._piece, self.taken = piece, 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.taken += len(self._piece)
            yield self._piece


@pytest.mark.parametrize("ask", ["health", "metrics", "models", "chat", "stream"])
@pytest.mark.parametrize(
    "piece", [b"x" * 65536, b"data: {}\n\n" * 1000, b"x 1\n" * 1000], ids=["line", "events", "lines"]
)
def test_an_answer_without_end_is_not_taken_in(ask: str, piece: bytes) -> None:
    """Whatever is asked for: reading stops, and the failure says that it is the server that says too much."""
    body = _Endless(piece)
    http = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=body)))
    client = OpenAiClient("http://there", client=http)

    if ask == "metrics":
        assert client.metrics() == {}
    else:
        reply = client.chat(ASK) if ask == "chat" else client.stream(ASK) if ask == "stream" else getattr(client, ask)()
        assert reply.failure is not None
        assert reply.failure.kind is FailureKind.TOO_LARGE
        assert "more than" in reply.problems[0]
    assert body.taken <= BODY_BYTES + len(piece)
