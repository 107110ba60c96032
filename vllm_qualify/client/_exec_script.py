"""Asks a server over HTTP from inside a container, and tells of every read when it was made.

Run by the Python of the candidate's container, never imported by the harness: standard library only, in the syntax of
Python 3.8; the two files beside it that it imports come with it. Takes one request a line from standard input,
``{"method", "url", "headers", "body", "deadline", "most"}``, and writes JSON lines to standard output: ``{"ready"}``
once; then for each request the ``status`` with the ``headers``, ``at`` with the ``data`` of each read in base64, and
``end`` with the ``failure``, a name of ``vllm_qualify.client.failures.FailureKind`` and its detail. All times are
seconds after the request was sent. A line with ``bodies`` is a batch, carried and told as ``_closed_loop`` says, the
data in base64 as well. One request, or one batch, is asked at a time. The end of standard input ends everything at
once.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import platform
import queue
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from vllm_qualify.client._closed_loop import ClosedLoop
from vllm_qualify.client._http_answer import CONNECT_SECONDS, MOST_HEADERS, PIECE_BYTES, Flood


class Cut(Exception):
    """The server was still sending at the deadline."""


def connect(url: str, limit: float) -> http.client.HTTPConnection:
    """Open a connection of its own; what the environment says of proxies is not asked."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=min(limit, CONNECT_SECONDS))
    connection.connect()
    connection.sock.settimeout(limit)
    return connection


def reads(response: http.client.HTTPResponse) -> Iterator[bytes]:
    """The body as it comes; the length is counted here, because read1 of old releases does not."""
    left = response.length
    while left is None or left > 0:
        data = response.read1(PIECE_BYTES if left is None else min(PIECE_BYTES, left))
        if not data and left:
            raise http.client.IncompleteRead(b"", left)
        if not data:
            return
        left = None if left is None else left - len(data)
        yield data


def ask(
    connection: http.client.HTTPConnection,
    request: dict[str, Any],
    started: float,
    say: Callable[[dict[str, Any]], None],
) -> None:
    """Send the request and tell of the answer."""
    parts = urlsplit(request["url"])
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    body = request["body"]
    connection.request(request["method"], path, None if body is None else body.encode(), request["headers"])
    response = connection.getresponse()
    headers = {name.lower(): text for name, text in response.getheaders()}
    if sum(len(name) + len(text) for name, text in headers.items()) > MOST_HEADERS:
        raise Flood(f"headers of more than {MOST_HEADERS} bytes")
    say({"status": response.status, "headers": headers})
    left = request["most"]
    for data in reads(response):
        at = time.perf_counter() - started
        left -= len(data)
        if left < 0:
            raise Flood(f"an answer of more than {request['most']} bytes; the rest was not read")
        say({"at": at, "data": data})
        if at > request["deadline"]:
            raise Cut(f"still sending after {request['deadline']:g} s")


def kind(error: Exception, *, connected: bool) -> str:
    """Which failure it is; the order counts, since a server that hangs up without a word is a reset to Python too."""
    kinds = (
        ("DEADLINE", isinstance(error, Cut)),
        ("TOO_LARGE", isinstance(error, Flood)),
        ("CLOSED", isinstance(error, http.client.HTTPException)),
        ("REFUSED", isinstance(error, ConnectionRefusedError)),
        ("TIMEOUT", isinstance(error, socket.timeout)),  # The name that Python 3.8 has for it.
        ("UNREACHABLE", isinstance(error, OSError) and not connected),
        ("RESET", isinstance(error, OSError)),
    )
    return next((name for name, holds in kinds if holds), "UNREADABLE")


def exchange(request: dict[str, Any], say: Callable[[dict[str, Any]], None]) -> None:
    """Carry one request from its sending to its end."""
    connection, failure = None, None
    started = time.perf_counter()
    try:
        connection = connect(request["url"], request["deadline"])
        ask(connection, request, started, say)
    except Exception as error:  # noqa: BLE001 - whatever it is, the other side must hear of it.
        name = kind(error, connected=connection is not None)
        failure = [name, f"limit {request['deadline']:g} s" if name == "TIMEOUT" else str(error) or repr(error)]
    say({"end": time.perf_counter() - started, "failure": failure})
    if connection is not None:
        connection.close()


def listen(requests: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Take requests until nobody can send any more; then nobody waits for an answer either."""
    try:
        for line in sys.stdin:
            requests.put(json.loads(line))
    finally:
        os._exit(0)


def write(said: queue.SimpleQueue[dict[str, Any]]) -> None:
    """Write what is said: apart from the reading, which a slow way out would hold up."""
    try:
        while True:
            event = said.get()
            if "data" in event:
                event = {**event, "data": base64.b64encode(event["data"]).decode()}
            sys.stdout.write(json.dumps(event) + "\n")
            sys.stdout.flush()
    finally:
        os._exit(0)


def main() -> None:
    """Carry requests one after the other."""
    requests: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    said: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=listen, args=(requests,), daemon=True).start()
    threading.Thread(target=write, args=(said,), daemon=True).start()
    said.put({"ready": platform.python_version()})
    while True:
        request = requests.get()
        if "bodies" in request:
            ClosedLoop(request, said.put).run()
        else:
            exchange(request, said.put)
