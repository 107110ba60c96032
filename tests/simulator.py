"""A tiny OpenAI-compatible server of our own, whose tokens, pieces and send times are known exactly.

It sends a piece only after the client has stamped the one before, and moves a virtual clock in between: times are
exact over a real socket, and nothing ever sleeps.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.simulated_engine import Answer, Engine
from tests.simulated_script import Body, Script
from vllm_qualify.client.failures import FailureKind

PATIENCE_SECONDS = 10


class Clock:
    """Virtual seconds; the simulator moves them on once the client has looked.

    Args:
        lockstep: wait for the client's look; a client with a clock of its own never looks at this one.
    """

    def __init__(self, *, lockstep: bool = True) -> None:
        self.now = 1000.0
        self._lockstep = lockstep
        self._looks = 0
        self._stopped = False
        self._looked = threading.Condition()

    def __call__(self) -> float:
        """Look at the clock."""
        with self._looked:
            self._looks += 1
            self._looked.notify_all()
            return self.now

    def looks(self) -> int:
        """How often the client has looked."""
        with self._looked:
            return self._looks

    def advance(self, seconds: float, *, after_looks: int) -> None:
        """Move on once the client has looked so often."""
        with self._looked:
            if self._lockstep:
                self._looked.wait_for(lambda: self._stopped or self._looks >= after_looks, PATIENCE_SECONDS)
                if self._looks < after_looks:
                    raise TimeoutError(f"the client looked {self._looks} times, expected {after_looks}")
            self.now += seconds

    def stop(self) -> None:
        """Let nobody wait any more for the look of a client that is gone."""
        with self._looked:
            self._stopped = True
            self._looked.notify_all()


@dataclass(slots=True)
class Simulator:
    """A running simulator; mutable because its address is known only once it runs."""

    engine: Engine
    clock: Clock
    released: threading.Event
    url: str = ""

    @property
    def requests(self) -> list[Body]:
        """The completions that it was asked for."""
        return self.engine.requests

    @property
    def generated(self) -> int:
        """All tokens that it made."""
        return self.engine.generated


@contextmanager
def simulate(script: Script | None = None, clock: Clock | None = None) -> Iterator[Simulator]:
    """Run a simulator on a free port; nothing of it is left behind."""
    connections: list[socket.socket] = []

    class Server(ThreadingHTTPServer):
        daemon_threads = False

        def get_request(self) -> tuple[socket.socket, Any]:
            connection, address = super().get_request()
            connections.append(connection)
            return connection, address

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is no event here."""

    simulator = Simulator(Engine(script or Script()), clock or Clock(), threading.Event())
    with Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"simulator": simulator})) as server:
        simulator.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield simulator
        finally:
            simulator.released.set()
            simulator.clock.stop()
            server.shutdown()
            thread.join()
            for connection in connections:
                _hang_up(connection)


def _hang_up(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    simulator: Simulator

    def log_message(self, *_: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        """Serve health, models and metrics."""
        self._send(self.simulator.engine.get(self.path))

    def do_POST(self) -> None:
        """Serve chat completions."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._send(self.simulator.engine.post(asked, path=self.path))

    def _send(self, answer: Answer) -> None:
        if answer.streamed:
            self._stream(answer)
        elif answer.status:
            self._whole(answer, b"".join(answer.pieces))
        self._end(answer)

    def _whole(self, answer: Answer, raw: bytes) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _stream(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        looks = self.simulator.clock.looks()
        for place, piece in enumerate(answer.pieces):
            self.simulator.clock.advance(self.simulator.engine.script.gap_seconds, after_looks=looks + place)
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        if answer.failure is None:
            self.wfile.write(b"0\r\n\r\n")

    def _end(self, answer: Answer) -> None:
        if answer.failure is FailureKind.TIMEOUT:
            self.simulator.released.wait(PATIENCE_SECONDS)
        if answer.failure is FailureKind.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()
        self.close_connection = self.close_connection or answer.failure is not None
