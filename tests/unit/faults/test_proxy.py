from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.faults import proxy, upstream
from tests.faults.proxy import Proxy
from tests.faults.rules import RULES, Effect, Rule

_PATH = "/api/v1/namespaces/ml/pods"


class Far(BaseHTTPRequestHandler):
    """Answers each GET with a number of its own, keeps what is written, and can change protocols."""

    protocol_version = "HTTP/1.1"
    numbers: Iterator[int]
    written: list[tuple[str, str, bytes]]

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        if "Upgrade" in self.headers:
            self.wfile.write(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
            self.connection.sendall(self.connection.recv(100).upper())
            self.close_connection = True
            return
        self._answer(str(next(self.numbers)).encode())

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.written.append((self.command, self.path, body))
        self._answer(b"written")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def written() -> list[tuple[str, str, bytes]]:
    """What reached the server behind the proxy."""
    return []


@pytest.fixture
def between(written: list[tuple[str, str, bytes]]) -> Iterator[Proxy]:
    """A proxy before such a server."""
    handler = type("Numbered", (Far,), {"numbers": itertools.count(1), "written": written})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            with proxy.running(upstream.plain("127.0.0.1", server.server_port)) as running:
                yield running
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def connected(between: Proxy) -> Iterator[http.client.HTTPConnection]:
    """A connection to the proxy."""
    with contextlib.closing(http.client.HTTPConnection(between.url.removeprefix("http://"), timeout=5)) as connection:
        yield connection


def ask(between: Proxy, path: str = _PATH, *, put: bytes | Iterator[bytes] | None = None) -> tuple[int, bytes]:
    """Status and body of an answer."""
    with connected(between) as connection:
        connection.request("GET" if put is None else "PUT", path, body=put)
        answer = connection.getresponse()
        return answer.status, answer.read()


def test_nothing_armed_changes_nothing(between: Proxy, written: list[tuple[str, str, bytes]]) -> None:
    """Requests and answers pass as they are, those in chunks too, which is how kubectl writes."""
    assert ask(between) == (200, b"1")
    assert ask(between, "/one", put=b"x" * 100_000) == (200, b"written")
    assert ask(between, "/two", put=iter([b"piece ", b"by piece"])) == (200, b"written")
    assert written == [("PUT", "/one", b"x" * 100_000), ("PUT", "/two", b"piece by piece")]


def test_upgraded_connections_are_carried_both_ways(between: Proxy) -> None:
    """An exec of kubectl speaks another protocol over the same connection."""
    host, port = between.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"GET /exec HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
        head = connection.recv(1000)
        connection.sendall(b"hello")
        said = b"".join(iter(lambda: connection.recv(1000), b""))

    assert head.startswith(b"HTTP/1.1 101")
    assert said == b"HELLO"


@pytest.mark.parametrize(("effect", "status"), [(Effect.UNAVAILABLE, 503), (Effect.EXPIRED, 410)])
def test_refusals_come_so_often_and_no_more(between: Proxy, effect: Effect, status: int) -> None:
    """The rule's count of requests is refused; then the server is well again."""
    armed = between.arm(RULES[effect])

    seen = [ask(between)[0] for _ in range(4)]

    assert seen == [status] * armed.hits + [200] * (4 - armed.hits)
    assert armed.hits == armed.rule.count


def test_a_conflict_leaves_reads_alone(between: Proxy, written: list[tuple[str, str, bytes]]) -> None:
    """Only what is written meets 409, as a Status, and does not reach the server."""
    between.arm(RULES[Effect.CONFLICT])

    assert ask(between) == (200, b"1")
    status, body = ask(between, put=b"{}")
    assert (status, json.loads(body)["reason"]) == (409, "Conflict")
    assert written == []


@pytest.mark.parametrize(("effect", "reached"), [(Effect.RESET, 0), (Effect.RESET_COMMITTED, 1)])
def test_a_reset_tells_nothing_of_what_was_done(
    between: Proxy, written: list[tuple[str, str, bytes]], effect: Effect, reached: int
) -> None:
    """The client sees the same RST whether its request was carried out or never arrived."""
    armed = between.arm(RULES[effect])

    with pytest.raises(ConnectionResetError):
        ask(between, put=b"{}")

    assert len(written) == reached
    assert armed.hits == 1


def test_a_hanging_request_is_never_answered(between: Proxy) -> None:
    """The connection is taken and nothing comes; the next request is answered."""
    armed = between.arm(Rule(effect=Effect.HANG, seconds=0.05))

    with pytest.raises(http.client.RemoteDisconnected):
        ask(between)

    assert ask(between) == (200, b"1")
    assert armed.hits == 1


def test_stale_reads_repeat_what_was_seen(between: Proxy) -> None:
    """What was read before is answered as before; what was never read, truly; and both truly afterwards."""
    ask(between)
    armed = between.arm(RULES[Effect.STALE])

    assert [ask(between)[1], ask(between, "/other")[1], ask(between)[1]] == [b"1", b"3", b"1"]
    assert armed.hits == 2
    between.disarm()
    assert ask(between)[1] == b"5"


def test_stale_reads_end_with_their_time(between: Proxy) -> None:
    """The time runs from the first read that is met, however late that comes, and then the truth is told."""
    clock = iter([0.0, 100.0, 102.9, 103.1])
    with proxy.running(between.upstream, clock=lambda: next(clock)) as timed:
        ask(timed)
        timed.arm(RULES[Effect.STALE])
        seen = [ask(timed)[1] for _ in range(3)]

    assert seen == [b"1", b"1", b"4"]


def test_a_stale_read_that_is_true_does_not_count(between: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing changed since, so nobody was told anything wrong."""
    monkeypatch.setattr(proxy, "body_of", lambda _: b"the same")
    ask(between)
    armed = between.arm(RULES[Effect.STALE])

    assert ask(between)[1] == b"1"
    assert armed.hits == 0


def test_an_armed_fault_that_nobody_met_has_no_hits(between: Proxy) -> None:
    """A fault that did not happen is not counted as one."""
    armed = between.arm(RULES[Effect.CONFLICT])
    ask(between)

    assert armed.hits == 0


def test_nothing_is_left_running(between: Proxy) -> None:
    """A proxy that ends wakes whoever hangs in it, and leaves no thread."""
    before = threading.active_count()
    with proxy.running(between.upstream) as second, connected(second) as hanging:
        came, met_by = threading.Event(), second.met_by
        second.met_by = lambda request: (came.set(), met_by(request))[1]  # type: ignore[method-assign]
        second.arm(Rule(effect=Effect.HANG, seconds=60))
        hanging.request("GET", _PATH)
        came.wait()

    assert threading.active_count() == before


def test_a_server_that_is_away_hangs_up(between: Proxy) -> None:
    """An API server that cannot be reached looks to kubectl like one that hangs up."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with (
            proxy.running(upstream.plain("127.0.0.1", taken.getsockname()[1])) as alone,
            pytest.raises((http.client.RemoteDisconnected, ConnectionError)),
        ):
            ask(alone)
    assert between.served == 0


def test_who_wrote_what_is_known(between: Proxy) -> None:
    """Only what was carried out, and neither reads nor dry runs."""
    with connected(between) as connection:
        connection.request("PUT", f"{_PATH}/x?dryRun=All", body=b"1")
        connection.getresponse().read()
    with connected(between) as connection:
        connection.request("PUT", f"{_PATH}/x", body=b"1")
        connection.getresponse().read()
    with connected(between) as connection:
        connection.request("GET", _PATH)
        connection.getresponse().read()
    with connected(between) as connection:
        connection.request("DELETE", f"{_PATH}/x")
        connection.getresponse().read()

    assert between.writes == [f"PUT {_PATH}/x"]
