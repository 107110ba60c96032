"""Carries a batch of HTTP exchanges over plain sockets: each of N streams sends its next request when its last ended.

Used by ``transport`` within the harness, and as part of the client in a pod (``exec_transport``): standard library
only, in the syntax of Python 3.8. One thread and one selector; each read is stamped before anything else is done with
it, and no more is made of it here than is needed to find the end of the answer (RFC 9112). Plain ``http`` only.

While it reads, a timer asks every 10 ms how late this process is itself: a read that had come when the timer was due
would have been stamped as late as the timer is noticed, last in its line.
"""

from __future__ import annotations

import math
import os
import selectors
import socket
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from vllm_qualify.client._http_answer import CONNECT_SECONDS, PIECE_BYTES, Flood, HttpAnswer, Unreadable

MOST_LATE = 100_000
BEAT_SECONDS = 0.01
_WAITED = ("DEADLINE", "TIMEOUT")


class Stream:
    """One of the streams: its connection, and the exchange that it carries now. Mutable because it lives on."""

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.number = 0
        self.address = 0
        self.fresh = self.connected = False
        self.began = self.heard = 0.0
        self.left = 0
        self.unsent = b""
        self.answer = HttpAnswer()
        self.resent: list[str] | None = None


class ClosedLoop:
    """Carries one batch.

    Args:
        batch: ``method``, ``url``, ``headers`` and ``bodies`` to send; how many ``streams``; ``deadline`` in seconds
            of one exchange; the ``most`` bytes of one answer, and the ``room`` for all of them.
        say: takes what happens. Of exchange ``n``, its place in ``bodies``: ``status`` with ``headers``; ``at`` with
            the ``data`` of each read; ``end``, with when it was ``sent``, the ``failure``, a name of
            ``vllm_qualify.client.failures.FailureKind`` and its detail, and the failure after which it was ``resent``.
            ``sent`` counts from the start of the batch, other times from ``sent``. Last of all the ``lag``: how many
            times the timer was due, the median, and the 99th percentile in seconds.
        clock: monotonic seconds.
        selector: of sockets; it is closed at the end.
    """

    def __init__(
        self,
        batch: dict[str, Any],
        say: Callable[[dict[str, Any]], None],
        *,
        clock: Callable[[], float] = time.perf_counter,
        selector: selectors.BaseSelector | None = None,
    ) -> None:
        self._batch = batch
        self._say = say
        self._clock = clock
        self._selector = selectors.DefaultSelector() if selector is None else selector
        self._waiting = deque(range(len(batch["bodies"])))
        self._room = batch["room"]
        self._late: deque[float] = deque(maxlen=MOST_LATE)
        self._streams: set[Stream] = set()
        self._idle: list[Stream] = []
        self._addresses: list[Any] = []
        self._parts = urlsplit(batch["url"])
        self._started = 0.0

    def run(self) -> None:
        """Carry all of them to their ends."""
        self._started = self._clock()
        try:
            host, port = self._parts.hostname or "", self._parts.port or 80
            self._addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            self._all_failed("UNREACHABLE", str(error))
        if self._parts.scheme != "http":
            self._all_failed("UNREADABLE", "many streams at once are carried over plain http only")
        try:
            self._idle = [Stream() for _ in range(min(self._batch["streams"], len(self._waiting)))]
            self._turn()
        finally:
            for stream in self._streams:
                self._close(stream)
            self._selector.close()
        late = sorted(self._late) or [0.0]
        self._say({"lag": [len(self._late), late[len(late) // 2], late[math.ceil(len(late) * 0.99) - 1]]})

    def _turn(self) -> None:
        now = self._clock()
        due = now + BEAT_SECONDS
        self._start_idle()
        while self._streams:
            # Selectors wait for whole milliseconds, and round up.
            wait = math.ceil(max(0.0, due - now) * 1000) / 1000
            due = max(due, now + wait)
            for key, _ in self._selector.select(wait):
                if key.data in self._streams:
                    self._ready(key.data)
            self._start_idle()
            now = self._clock()
            if now >= due:
                self._late.append(now - due)
                due = now + BEAT_SECONDS
                for stream in list(self._streams):
                    self._expire(stream, now)
                self._start_idle()

    def _all_failed(self, kind: str, detail: str) -> None:
        while self._waiting:
            self._say(
                {"n": self._waiting.popleft(), "end": 0.0, "sent": 0.0, "failure": [kind, detail], "resent": None}
            )

    def _start_idle(self) -> None:
        """Begin the next exchange on each stream that has none, or end the stream."""
        while self._idle:
            stream = self._idle.pop(0)
            if not self._waiting:
                self._streams.discard(stream)
                self._close(stream)
                continue
            self._streams.add(stream)
            stream.number, stream.resent = self._waiting.popleft(), None
            self._begin(stream)

    def _begin(self, stream: Stream) -> None:
        stream.unsent = self._request(self._batch["bodies"][stream.number])
        stream.answer, stream.left = HttpAnswer(), self._batch["most"]
        stream.began = stream.heard = self._clock()
        stream.fresh = stream.socket is None
        if stream.fresh:
            stream.address = 0
            self._connect(stream)
        else:
            self._send(stream)

    def _request(self, body: str | None) -> bytes:
        raw = b"" if body is None else body.encode()
        path = (self._parts.path or "/") + ("?" + self._parts.query if self._parts.query else "")
        headers = {"Host": self._parts.netloc.rpartition("@")[2], **self._batch["headers"], "Content-Length": len(raw)}
        lines = [f"{self._batch['method']} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + raw

    def _connect(self, stream: Stream) -> None:
        family, kind, protocol, _, address = self._addresses[stream.address]
        stream.connected = False
        try:
            connection = stream.socket = socket.socket(family, kind, protocol)
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.connect(address)
        except BlockingIOError:
            pass
        except OSError as error:
            self._unconnected(stream, error)
            return
        self._selector.register(connection, selectors.EVENT_WRITE, stream)

    def _unconnected(self, stream: Stream, error: OSError) -> None:
        self._close(stream)
        stream.address += 1
        if stream.address < len(self._addresses):
            self._connect(stream)
            return
        self._end(stream, "REFUSED" if isinstance(error, ConnectionRefusedError) else "UNREACHABLE", str(error))

    def _ready(self, stream: Stream) -> None:
        if stream.unsent:
            self._send(stream)
        else:
            self._read(stream)

    def _send(self, stream: Stream) -> None:
        connection = stream.socket
        if connection is None:
            raise AssertionError("a stream that sends has a connection")
        if not stream.connected:
            code = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                self._unconnected(stream, OSError(code, os.strerror(code)))
                return
            stream.connected = True
        try:
            stream.unsent = stream.unsent[connection.send(stream.unsent) :]
        except BlockingIOError:
            pass
        except OSError as error:
            self._hung_up(stream, "RESET", str(error))
            return
        self._selector.modify(connection, selectors.EVENT_WRITE if stream.unsent else selectors.EVENT_READ, stream)

    def _read(self, stream: Stream) -> None:
        try:
            data = stream.socket.recv(PIECE_BYTES)  # type: ignore[union-attr]
            at = self._clock() - stream.began
        except BlockingIOError:
            return
        except OSError as error:
            self._hung_up(stream, "RESET", str(error))
            return
        stream.heard = stream.began + at
        try:
            self._take(stream, at, data)
        except Flood as error:
            self._end(stream, "TOO_LARGE", str(error))
        except Unreadable as error:
            self._end(stream, "CLOSED", str(error))

    def _take(self, stream: Stream, at: float, data: bytes) -> None:
        answer = stream.answer
        unknown = not answer.status
        missing = "" if data else answer.hung_up()
        body = answer.feed(data)
        if unknown and answer.status:
            self._say({"n": stream.number, "status": answer.status, "headers": answer.headers})
        if body:
            stream.left -= len(body)
            self._room -= len(body)
            if stream.left < 0:
                raise Flood(f"an answer of more than {self._batch['most']} bytes; the rest was not read")
            if self._room < 0:
                raise Flood(f"answers of more than {self._batch['room']} bytes in all; the rest was not read")
            self._say({"n": stream.number, "at": at, "data": body})
        if missing:
            self._hung_up(stream, "CLOSED", missing)
        elif answer.done:
            self._end(stream)
        elif at > self._batch["deadline"]:
            self._end(stream, "DEADLINE", f"still sending after {self._batch['deadline']:g} s")

    def _expire(self, stream: Stream, now: float) -> None:
        limit = self._batch["deadline"]
        limit = limit if stream.connected else min(limit, CONNECT_SECONDS)
        if now - stream.heard > limit:
            self._end(stream, "TIMEOUT", f"limit {self._batch['deadline']:g} s")

    def _hung_up(self, stream: Stream, kind: str, detail: str) -> None:
        """What a kept connection met before any byte of an answer says nothing of the server: send it again, once."""
        if stream.answer.status or stream.fresh or stream.resent is not None:
            self._end(stream, kind, detail)
            return
        stream.resent = [kind, detail]
        self._close(stream)
        self._begin(stream)

    def _end(self, stream: Stream, kind: str = "", detail: str = "") -> None:
        seconds, failure = self._clock() - stream.began, [kind, detail] if kind else None
        end = {"end": seconds, "sent": stream.began - self._started, "failure": failure, "resent": stream.resent}
        self._say({"n": stream.number, **end})
        if failure or not stream.answer.kept:
            self._close(stream)
        self._idle.append(stream)
        if kind in _WAITED:
            self._all_failed(kind, "not sent: an earlier request got no answer")

    def _close(self, stream: Stream) -> None:
        connection, stream.socket = stream.socket, None
        if connection is not None:
            if connection in self._selector.get_map():
                self._selector.unregister(connection)
            connection.close()
