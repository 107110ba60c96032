"""A request of HTTP/1.1 as it came over a connection, whole; for the proxy, which sends it on or does not."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_PIECE = 1 << 16
_END_OF_HEAD = b"\r\n\r\n"
# Streams have no one answer that could be given again.
_STREAMS = ("watch=", "follow=", "/log", "/exec", "/proxy", "/portforward", "/attach")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came."""

    method: str
    target: str
    headers: tuple[bytes, ...]
    body: bytes

    @property
    def upgrades(self) -> bool:
        """Whether it wants another protocol."""
        return any(line.lower().startswith(b"upgrade:") for line in self.headers)

    @property
    def has_one_answer(self) -> bool:
        """Whether it reads something that is answered at once and whole."""
        return self.method == "GET" and not any(each in self.target for each in _STREAMS)

    @property
    def changes(self) -> bool:
        """Whether it is to change something, and is answered at once and whole."""
        reads = self.method == "GET" or "dryRun=" in self.target or self.upgrades
        return not (reads or any(each in self.target for each in _STREAMS))

    def towards(self, host: str) -> bytes:
        """As it goes on: to its host, and as the only one of its connection."""
        ours = (b"host:",) if self.upgrades else (b"host:", b"connection:")
        kept = [line for line in self.headers if not line.lower().startswith(ours)]
        kept += [f"Host: {host}".encode()] if self.upgrades else [f"Host: {host}".encode(), b"Connection: close"]
        return b"\r\n".join([f"{self.method} {self.target} HTTP/1.1".encode(), *kept]) + _END_OF_HEAD + self.body


def read_request(connection: socket.socket) -> Request:
    """Read a request; one in chunks becomes one with a length.

    Raises:
        ConnectionError: the client hung up before its end.
    """
    with connection.makefile("rb") as stream:
        method, target, _ = _line(stream).decode().split(" ", 2)
        headers = tuple(iter(lambda: _line(stream), b""))
        named = {name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in headers)}
        if b"transfer-encoding" not in named:
            body = _exactly(stream, int(named.get(b"content-length", b"0")))
            return Request(method=method, target=target, headers=headers, body=body)
        body = b"".join(_chunks(stream))
    headers = tuple(line for line in headers if not line.lower().startswith(b"transfer-encoding:"))
    length = f"Content-Length: {len(body)}".encode()
    return Request(method=method, target=target, headers=(*headers, length), body=body)


def _line(stream: BinaryIO) -> bytes:
    line = stream.readline(_PIECE)
    if not line.endswith(b"\r\n"):
        raise ConnectionResetError("the client hung up within its request")
    return line[:-2]


def _exactly(stream: BinaryIO, length: int) -> bytes:
    body = stream.read(length)
    if len(body) < length:
        raise ConnectionResetError("the client hung up within its request")
    return body


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while length := int(_line(stream).partition(b";")[0], 16):
        yield _exactly(stream, length)
        _line(stream)
    _line(stream)


def body_of(answer: bytes) -> bytes:
    """What an answer holds behind its head."""
    return answer.partition(_END_OF_HEAD)[2]
