"""A server with known send times, for ``bench.client``: 25 ms a token for each stream, each token with its own name.

A process of its own, standard library only. It writes its port to standard output; when its standard input ends, it
writes when it sent each token, by the clock that all processes of a Linux machine share, and ends.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

TOKEN_SECONDS = 0.025
MODEL = "ml"
_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_sends: list[list[float]] = []


async def _serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.decode().lower().split("\r\n")
            length = next((int(line.split(":")[1]) for line in lines if line.startswith("content-length")), 0)
            body = json.loads(await reader.readexactly(length)) if length else {}
            if lines[0].startswith("post") and body.get("stream"):
                await _stream(writer, int(body.get("max_completion_tokens") or body.get("max_tokens") or 16))
            else:
                _whole(writer, {"object": "list", "data": [{"id": MODEL, "object": "model"}]} | _answer(lines[0]))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


def _answer(first: str) -> dict[str, Any]:
    """What a request that is not streamed is told."""
    if not first.startswith("post"):
        return {}
    choice = {"index": 0, "message": {"role": "assistant", "content": "ok"}, "text": "ok", "finish_reason": "stop"}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {"id": "1", "object": "chat.completion", "created": 1, "model": MODEL, "choices": [choice], "usage": usage}


def _whole(writer: asyncio.StreamWriter, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(raw) + raw)


async def _stream(writer: asyncio.StreamWriter, tokens: int) -> None:
    began, number, sends = time.perf_counter(), len(_sends), list[float]()
    _sends.append(sends)
    writer.write(_CHUNKED)
    for place in range(tokens):
        await asyncio.sleep(began + TOKEN_SECONDS * (place + 1) - time.perf_counter())
        last = place == tokens - 1
        delta = {"content": f"{number:05d} "} | ({} if place else {"role": "assistant"})
        piece = _piece([{"index": 0, "delta": delta, "finish_reason": "length" if last else None}], place + 1)
        sends.append(time.perf_counter())
        writer.write(piece)
    writer.write(_piece([], tokens) + _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n")


def _piece(choices: list[dict[str, Any]], tokens: int) -> bytes:
    usage = {"prompt_tokens": 100, "completion_tokens": tokens, "total_tokens": 100 + tokens}
    body = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": MODEL, "choices": choices}
    return _framed(b"data: " + json.dumps(body | {"usage": usage}).encode() + b"\n\n")


def _framed(data: bytes) -> bytes:
    return b"%x\r\n" % len(data) + data + b"\r\n"


async def main() -> None:
    """Serve until standard input ends."""
    server = await asyncio.start_server(_serve, "127.0.0.1", 0, backlog=256)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    print(json.dumps(_sends), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
