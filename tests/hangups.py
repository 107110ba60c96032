"""A stand-in for a server that hangs up: each connection has its script, and every request that came is counted."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

PATIENCE_SECONDS = 10.0

CLOSE = "close"
RESET = "reset"
REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nno!"
FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LARGE = b"HTTP/1.1 200 OK\r\nContent-Length: 12000000\r\n\r\n" + b"x" * 12_000_000
"""More than any answer needs."""
HALF = FINE[:-1]
"""What is sent before it is closed, where a script ends with it."""


@dataclass(slots=True)
class Server:
    """A running server; mutable because it keeps what it was asked: connection and request, as it came."""

    url: str
    asked: list[tuple[int, bytes]] = field(default_factory=list)

    @property
    def connections(self) -> list[int]:
        """On which connection each request came."""
        return [number for number, _ in self.asked]


@contextmanager
def serve(*scripts: Sequence[bytes | str]) -> Iterator[Server]:
    """Run a server on a free port.

    Args:
        scripts: for each connection in its turn what follows each request: bytes to send, ``CLOSE`` or ``RESET``.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread = threading.Thread(target=_accept, args=(listener, scripts, server), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE_SECONDS)


def _accept(listener: socket.socket, scripts: Sequence[Sequence[bytes | str]], server: Server) -> None:
    with contextlib.suppress(OSError):
        for number, script in enumerate(scripts):
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(PATIENCE_SECONDS)
                _follow(connection, number, script, server)


def _follow(connection: socket.socket, number: int, script: Sequence[bytes | str], server: Server) -> None:
    for act in script:
        if not (request := _request(connection)):
            return
        server.asked.append((number, request))
        if act == RESET:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if isinstance(act, str):
            return
        connection.sendall(act)
        if act == HALF:
            return


def _request(connection: socket.socket) -> bytes:
    """One request with its body; empty where the other side hung up."""
    read = b""
    while (end := read.find(b"\r\n\r\n")) < 0 or len(read) < end + 4 + _length(read[:end]):
        more = connection.recv(65536)
        if not more:
            return b""
        read += more
    return read


def _length(head: bytes) -> int:
    named = (line.partition(b":") for line in head.lower().split(b"\r\n"))
    return next((int(value) for name, _, value in named if name == b"content-length"), 0)
