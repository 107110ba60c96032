"""A reverse proxy on loopback that does to requests what rules say; for the driver, between kubectl and the cluster.

One request a connection: an answer then ends where its connection ends, so streams and upgraded connections (exec)
pass like anything else.
"""

from __future__ import annotations

import contextlib
import select
import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator

from tests.faults import rules
from tests.faults.http_request import Request, body_of, read_request
from tests.faults.rules import Armed, Effect, Rule
from tests.faults.upstream import Upstream

_PIECE = 1 << 16


class Proxy:
    """A running proxy; mutable because faults are armed while it runs.

    Args:
        upstream: where requests go.
        clock: seconds, monotonic.
    """

    def __init__(self, upstream: Upstream, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.upstream = upstream
        self._clock = clock
        self.url = ""
        self.served = 0
        self.writes: list[str] = []
        self._armed: Armed | None = None
        self._met_at: float | None = None
        self._remembered: dict[str, bytes] = {}
        self._lock = threading.Lock()

    def arm(self, rule: Rule) -> Armed:
        """Meet requests by a rule, instead of by the rule before; what is remembered stands still meanwhile."""
        armed = Armed(rule)
        with self._lock:
            self._armed, self._met_at = armed, None
        return armed

    def disarm(self) -> None:
        """Let everything pass."""
        with self._lock:
            self._armed = None

    def met_by(self, request: Request) -> Armed | None:
        """The rule that this request is met by."""
        now = self._clock()
        with self._lock:
            armed, age = self._armed, now - (now if self._met_at is None else self._met_at)
            self.served += 1
        if armed is None or (armed.rule.effect is Effect.STALE and age > armed.rule.seconds):
            return None
        if not armed.claim(request.method, request.target):
            return None
        with self._lock:
            self._met_at = now if self._met_at is None else self._met_at
        return armed

    def remember(self, request: Request, answer: bytes) -> None:
        """Keep an answer for the day when reads are stale."""
        with self._lock:
            if self._armed is None or self._armed.rule.effect is not Effect.STALE:
                self._remembered[request.target] = answer

    def wrote(self, request: Request, answer: bytes) -> None:
        """Keep in mind what a client really changed."""
        if answer.split(b" ", 2)[1:2] in ([b"200"], [b"201"], [b"202"]):
            with self._lock:
                self.writes.append(f"{request.method} {request.target}")

    def remembered(self, request: Request) -> bytes | None:
        """What was answered the last time."""
        with self._lock:
            return self._remembered.get(request.target)


@contextlib.contextmanager
def running(upstream: Upstream, *, clock: Callable[[], float] = time.monotonic) -> Iterator[Proxy]:
    """Run a proxy on a free port; no thread and no connection of it is left behind."""
    proxy = Proxy(upstream, clock=clock)
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.proxy = proxy
        proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield proxy
        finally:
            server.shutdown()
            thread.join()
            server.hang_up()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = False
    allow_reuse_address = True
    request_queue_size = 64
    proxy: Proxy

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.connections: set[socket.socket] = set()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client or a server that hangs up is no event here."""

    def hang_up(self) -> None:
        """Wake every thread that waits for somebody."""
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class _Handler(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    def setup(self) -> None:
        self.server.connections.add(self.request)

    def finish(self) -> None:
        self.server.connections.discard(self.request)

    def handle(self) -> None:
        """One request and its answer."""
        asked = read_request(self.request)
        armed = self.server.proxy.met_by(asked)
        if armed is None:
            self._pass_on(asked)
        else:
            self._meet(asked, armed)

    def _meet(self, asked: Request, armed: Armed) -> None:
        effect = armed.rule.effect
        if effect is Effect.STALE:
            self._repeat(asked, armed)
        elif effect is Effect.HANG:
            armed.hit()
            select.select([self.request], [], [], armed.rule.seconds)
        elif effect is Effect.RESET:
            armed.hit()
            _reset(self.request)
        elif effect is Effect.RESET_COMMITTED:
            self._whole(asked)
            armed.hit()
            _reset(self.request)
        else:
            armed.hit()
            self.request.sendall(rules.answer(effect))

    def _pass_on(self, asked: Request) -> None:
        if asked.has_one_answer:
            answer = self._whole(asked)
            self.server.proxy.remember(asked, answer)
            self.request.sendall(answer)
            return
        if asked.changes:
            answer = self._whole(asked)
            self.server.proxy.wrote(asked, answer)
            self.request.sendall(answer)
            return
        with self._far(asked) as far:
            _splice(self.request, far, upgraded=asked.upgrades)

    def _repeat(self, asked: Request, armed: Armed) -> None:
        """Answer as the last time; that counts only if the truth is another by now."""
        old = self.server.proxy.remembered(asked)
        if old is None:
            self._pass_on(asked)
            return
        if body_of(self._whole(asked)) != body_of(old):
            armed.hit()
        self.request.sendall(old)

    def _whole(self, asked: Request) -> bytes:
        with self._far(asked) as far:
            return b"".join(iter(lambda: far.recv(_PIECE), b""))

    @contextlib.contextmanager
    def _far(self, asked: Request) -> Iterator[socket.socket]:
        upstream = self.server.proxy.upstream
        with upstream.connect() as far:
            far.settimeout(None)
            self.server.connections.add(far)
            try:
                far.sendall(asked.towards(upstream.host))
                yield far
            finally:
                self.server.connections.discard(far)


def _splice(near: socket.socket, far: socket.socket, *, upgraded: bool) -> None:
    """Carry bytes both ways until one side has said everything."""
    other = {near: far, far: near}
    while True:
        for source in select.select([near, far], [], [])[0]:
            piece = source.recv(_PIECE)
            # What TLS has decrypted already no longer shows on the socket.
            while isinstance(source, ssl.SSLSocket) and source.pending():
                piece += source.recv(_PIECE)
            # A client that asked one question may close its half and still listen; kubectl never does.
            if not piece or (source is near and not upgraded):
                return
            other[source].sendall(piece)


def _reset(connection: socket.socket) -> None:
    """Close so that the other side gets RST, not an end of file."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
