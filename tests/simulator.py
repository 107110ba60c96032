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
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_SECONDS = 10


class Fault(Enum):
    """How a stream can go wrong behind an HTTP 200."""

    NONE = "none"
    CUT = "cut"
    ERROR_EVENT = "error-event"
    HANG = "hang"
    NO_DONE = "no-done"
    NO_FINISH = "no-finish"
    NO_TOKENS = "no-tokens"
    NO_USAGE = "no-usage"
    RESET = "reset"


class Clock:
    """Virtual seconds; the simulator moves them on once the client has looked.

    Args:
        lockstep: wait for the client's look; a client with a clock of its own never looks at this one.
    """

    def __init__(self, *, lockstep: bool = True) -> None:
        self.now = 1000.0
        self._lockstep = lockstep
        self._looks = 0
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
            if self._lockstep and not self._looked.wait_for(lambda: self._looks >= after_looks, PATIENCE_SECONDS):
                raise TimeoutError(f"the client looked {self._looks} times, expected {after_looks}")
            self.now += seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What the simulator answers.

    Attributes:
        chunks: the tokens of each piece, as text.
        reasoning: how many of the first pieces are reasoning, and under which key.
        gap_seconds: virtual time before each piece.
        counted: each piece carries the usage so far.
    """

    chunks: tuple[tuple[str, ...], ...] = (("Hel", "lo"), (" wörld",), ("!",))
    reasoning: int = 0
    reasoning_key: str = "reasoning"
    finish_reason: str = "stop"
    gap_seconds: float = 0.25
    counted: bool = True
    fault: Fault = Fault.NONE
    status: int = 200
    model: str = "canary"

    @property
    def tokens(self) -> int:
        """All tokens of the answer."""
        return sum(len(chunk) for chunk in self.chunks)


@dataclass(slots=True)
class Simulator:
    """A running simulator; mutable because it counts what it served and keeps what it was asked."""

    script: Script
    clock: Clock
    url: str
    requests: list[dict[str, Any]]
    released: threading.Event
    generated: int = 0


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

    simulator = Simulator(script or Script(), clock or Clock(), "", [], threading.Event())
    with Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"simulator": simulator})) as server:
        simulator.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield simulator
        finally:
            simulator.released.set()
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
        script = self.simulator.script
        if self.path == "/health":
            self._whole(200, "")
        elif self.path == "/v1/models":
            self._whole(200, json.dumps({"object": "list", "data": [{"id": script.model, "object": "model"}]}))
        elif self.path == "/metrics":
            self._whole(200, metrics_text(self.simulator.generated))
        else:
            self._whole(404, '{"detail": "Not Found"}')

    def do_POST(self) -> None:
        """Serve chat completions."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        script = self.simulator.script
        self.simulator.requests.append(asked)
        if asked["model"] != script.model:
            self._whole(404, json.dumps({"error": {"message": f"The model `{asked['model']}` does not exist."}}))
        elif script.status != 200:
            self._whole(script.status, json.dumps({"error": {"message": "EngineDeadError"}}))
        else:
            self._answer(streamed=bool(asked.get("stream")))

    def _answer(self, *, streamed: bool) -> None:
        # Counted before it is sent: who has read the answer may look at the counter at once.
        self.simulator.generated += self.simulator.script.tokens
        if streamed:
            self._stream()
        else:
            self._whole(200, json.dumps(self._completion()))

    def _whole(self, status: int, body: str) -> None:
        raw = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _completion(self) -> dict[str, Any]:
        script = self.simulator.script
        thought, said = script.chunks[: script.reasoning], script.chunks[script.reasoning :]
        message = {"role": "assistant", "content": "".join("".join(chunk) for chunk in said)}
        if thought:
            message[script.reasoning_key] = "".join("".join(chunk) for chunk in thought)
        choice = {"index": 0, "message": message, "finish_reason": script.finish_reason}
        return _envelope(script, "chat.completion") | {"choices": [choice], "usage": _usage(script.tokens)}

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        looks = self.simulator.clock.looks()
        for place, piece in enumerate(stream_pieces(self.simulator.script)):
            self.simulator.clock.advance(self.simulator.script.gap_seconds, after_looks=looks + place)
            self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
        self._end()

    def _end(self) -> None:
        fault = self.simulator.script.fault
        if fault is Fault.HANG:
            self.simulator.released.wait(PATIENCE_SECONDS)
        if fault is Fault.RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.rfile.close()
            self.connection.close()
        self.close_connection = fault in {Fault.CUT, Fault.HANG, Fault.RESET}
        if not self.close_connection:
            self.wfile.write(b"0\r\n\r\n")


def stream_pieces(script: Script) -> Iterator[bytes]:
    """The pieces of a stream as vLLM sends them: a role, the tokens, the usage, ``[DONE]``."""
    yield _event(_delta(script, {"role": "assistant", "content": ""}, tokens=0))
    tokens = 0
    for place, chunk in enumerate(() if script.fault is Fault.NO_TOKENS else script.chunks):
        tokens += len(chunk)
        key = script.reasoning_key if place < script.reasoning else "content"
        last = place == len(script.chunks) - 1 and script.fault is not Fault.NO_FINISH
        yield _event(_delta(script, {key: "".join(chunk)}, tokens=tokens, last=last))
        if script.fault in {Fault.CUT, Fault.HANG, Fault.RESET}:
            return
    if script.fault is Fault.ERROR_EVENT:
        yield _event({"error": {"message": "EngineCore encountered an issue", "code": 500}})
    if script.fault is not Fault.NO_USAGE:
        yield _event(_envelope(script, "chat.completion.chunk") | {"choices": [], "usage": _usage(tokens)})
    if script.fault is not Fault.NO_DONE:
        yield b"data: [DONE]\n\n"


def metrics_text(generated: int) -> str:
    """What ``/metrics`` says after so many generated tokens."""
    return (
        "# HELP vllm:generation_tokens_total Number of generation tokens processed.\n"
        "# TYPE vllm:generation_tokens_total counter\n"
        f'vllm:generation_tokens_total{{engine="0",model_name="a}} b"}} {generated}.0\n'
        'vllm:prefix_cache_queries_total{engine="0"} 100.0\n'
        'vllm:prefix_cache_queries_total{engine="1"} 20.0 1700000000\n'
        'vllm:e2e_request_latency_seconds_bucket{le="+Inf"} 3\n'
        "process_open_fds 12\n"
        "empty_gauge NaN\n"
        "\n"
    )


def _envelope(script: Script, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1700000000, "model": script.model}


def _usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 7, "completion_tokens": tokens, "total_tokens": 7 + tokens}


def _delta(script: Script, delta: dict[str, str], *, tokens: int, last: bool = False) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": script.finish_reason if last else None}
    counted = script.counted and script.fault is not Fault.NO_USAGE
    usage = {"usage": _usage(tokens)} if counted else {}
    return _envelope(script, "chat.completion.chunk") | {"choices": [choice]} | usage


def _event(body: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n".encode()
