"""A golden server: it sends every byte at a moment of virtual time that is known, to as many streams as ask at once.

It lives in the client's own thread, behind the selector that the client waits on: time moves on only when nobody has
anything left to do, and only to the next moment at which something happens. Sockets are real, nothing ever sleeps, and
a stamp is either exactly right or wrong.
"""

from __future__ import annotations

import array
import fcntl
import heapq
import json
import os
import select
import selectors
import socket
import termios
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from tests.simulated_engine import Engine
from tests.simulated_script import Script

PATIENCE_MS = 10_000
MOST_LOOKS = 1_000_000

Gap = Callable[[int, int], float]
"""The virtual seconds before a piece: of which request, in the order of arrival, and which piece of it."""


@dataclass
class Golden:
    """The server, its clock, and what it knows of each send; mutable because it runs.

    Attributes:
        engine: says what is answered.
        gap: before each piece.
        streams: how many requests the client keeps open at once, as long as it has more.
        requests: how many the client sends in all.
        look_seconds: what every look at the clock costs: a client that is slow.
        sends: for each request in the order of arrival, when each of its pieces was sent.
    """

    gap: Gap
    streams: int
    requests: int
    engine: Engine = field(default_factory=lambda: Engine(Script()))
    look_seconds: float = 0.0
    now: float = 1000.0
    sends: list[list[float]] = field(default_factory=list)
    _due: list[tuple[float, int, int, socket.socket, bytes]] = field(default_factory=list)
    _ended: int = 0
    _open: dict[int, tuple[socket.socket, bytearray]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._listener.setblocking(False)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for connection, _ in self._open.values():
            connection.close()
        self._listener.close()

    def clock(self) -> float:
        """The client's look at the time."""
        self.now += self.look_seconds
        return self.now

    def selector(self) -> selectors.BaseSelector:
        """What the client waits on."""
        return _GoldenSelector(self)

    def wait(self, client: _GoldenSelector, timeout: float) -> list[tuple[selectors.SelectorKey, int]]:
        """As ``select`` of a selector, in virtual time."""
        until = self.now + timeout
        while True:
            self._hear(client)
            while self._due and self._due[0][0] <= self.now:
                self._send(client)
            if ready := client.look():
                return ready
            if not self._due or self._due[0][0] > until:
                self.now = max(self.now, until)
                return []
            self.now = self._due[0][0]

    def _hear(self, client: _GoldenSelector) -> None:
        """Take in all requests that are under way; the client may have to do something before."""
        while len(self.sends) - self._ended < min(self.streams, self.requests - self._ended):
            ours = [self._listener.fileno(), *self._open]
            for descriptor in _poll([client.fileno(), *ours]):
                if descriptor == client.fileno():
                    return
                self._accept() if descriptor == ours[0] else self._receive(descriptor, client)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        self._open[connection.fileno()] = (connection, bytearray())

    def _receive(self, descriptor: int, client: _GoldenSelector) -> None:
        connection, read = self._open[descriptor]
        more = connection.recv(65536)
        if not more:
            connection.close()
            del self._open[descriptor]
            return
        read += more
        head, end, body = bytes(read).partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
        if end and len(body) == length:
            read.clear()
            client.deliver(connection, _HEAD)
            self._answer(connection, json.loads(body))

    def _answer(self, connection: socket.socket, asked: Mapping[str, Any]) -> None:
        number, at = len(self.sends), self.now
        self.sends.append([])
        pieces = [*self.engine.post(asked).pieces]
        for place, piece in enumerate(pieces):
            at += self.gap(number, place)
            last = b"0\r\n\r\n" if place == len(pieces) - 1 else b""
            framed = f"{len(piece):x}\r\n".encode() + piece + b"\r\n" + last
            heapq.heappush(self._due, (at, number, place, connection, framed))

    def _send(self, client: _GoldenSelector) -> None:
        at, number, _, connection, framed = heapq.heappop(self._due)
        self.sends[number].append(at)
        client.deliver(connection, framed)
        self._ended += framed.endswith(b"\r\n0\r\n\r\n")


class _GoldenSelector(selectors.EpollSelector):
    def __init__(self, golden: Golden) -> None:
        super().__init__()
        self._golden = golden

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return self._golden.wait(self, 60.0 if timeout is None else timeout)

    def look(self) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now."""
        return super().select(0)

    def deliver(self, connection: socket.socket, data: bytes) -> None:
        """Send, and come back when it lies before the client: a busy kernel takes its time, which is not virtual."""
        sockets = (key.fd for key in self.get_map().values() if _name(key.fd) == connection.getpeername())
        reader = next(sockets, None)
        arrived = 0 if reader is None else _unread(reader) + len(data)
        connection.sendall(data)
        for _ in range(MOST_LOOKS):
            if reader is None or _unread(reader) >= arrived:
                return
        raise TimeoutError("what was sent did not arrive")


_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def _name(descriptor: int) -> object:
    with socket.socket(fileno=os.dup(descriptor)) as same:
        return same.getsockname()


def _unread(descriptor: int) -> int:
    buffer = array.array("i", [0])
    fcntl.ioctl(descriptor, termios.FIONREAD, buffer)
    return buffer[0]


def _poll(descriptors: Iterable[int]) -> list[int]:
    poll = select.poll()
    for descriptor in descriptors:
        poll.register(descriptor, select.POLLIN)
    if not (ready := poll.poll(PATIENCE_MS)):
        raise TimeoutError("nobody had anything to do")
    return [descriptor for descriptor, _ in ready]
