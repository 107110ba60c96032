"""What the simulated engine says, as vLLM puts it on the wire: completions, streams and metrics. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from tests.simulated_script import Body, Fault, Reply, Script, Silent
from vllm_qualify.client.failures import FailureKind

ENDS = {Fault.CUT: FailureKind.CLOSED, Fault.HANG: FailureKind.TIMEOUT, Fault.RESET: FailureKind.RESET}
"""Streams that end in the middle, and how the client calls that."""
_ERROR = {"error": {"message": "EngineCore encountered an issue", "code": 500}}


def stream_pieces(script: Script, reply: Reply, options: Body) -> Iterator[bytes]:
    """The pieces of a stream as vLLM sends them: a role, the tokens, the usage if it is asked for, ``[DONE]``."""
    fault, used = script.fault, bool(options.get("include_usage")) and script.fault is not Fault.NO_USAGE
    counted = used and script.counted and bool(options.get("continuous_usage_stats"))
    yield _event(_delta(script, {"role": "assistant", "content": ""}) | (_usage(reply, 0) if counted else {}))
    tokens = 0
    for place, chunk in enumerate(() if fault is Fault.NO_TOKENS else reply.chunks):
        tokens += len(chunk)
        last = place == len(reply.chunks) - 1 and fault is not Fault.NO_FINISH
        delta = _delta(script, _said(script, reply, place), finish=reply.finish if last else None)
        yield _event(delta | (_usage(reply, tokens) if counted else {}))
        if fault in ENDS:
            return
        if fault in {Fault.ERROR, Fault.MALFORMED}:
            yield _event(_ERROR) if fault is Fault.ERROR else b'data: {"id": "chatcmpl-1", "choices": [{\n\n'
            return
    if fault is Fault.ERROR_EVENT:
        yield _event(_ERROR)
    if used:
        tokens += tokens // 2 if script.silent is Silent.USAGE_STREAMED else 0
        yield _event(_envelope(script, "chat.completion.chunk") | {"choices": []} | _usage(reply, tokens))
    if fault is not Fault.NO_DONE:
        yield b"data: [DONE]\n\n"


def metrics_text(generated: int, *, renamed: bool = False) -> str:
    """What ``/metrics`` says after so many generated tokens."""
    types = _METRICS | {"num_requests_queued" if renamed else "num_requests_waiting": "gauge"}
    return (
        "# HELP vllm:generation_tokens_total Number of generation tokens processed.\n"
        "# TYPE vllm:generation_tokens_total counter\n"
        f'vllm:generation_tokens_total{{engine="0",model_name="a}} b"}} {generated}.0\n'
        + "".join(f"# TYPE vllm:{name} {kind}\n" for name, kind in types.items())
        + 'vllm:num_requests_running{engine="0"} 0.0\n'
        'vllm:prefix_cache_queries_total{engine="0"} 100.0\n'
        'vllm:prefix_cache_queries_total{engine="1"} 20.0 1700000000\n'
        'vllm:e2e_request_latency_seconds_bucket{le="+Inf"} 3\n'
        "process_open_fds 12\n"
        "empty_gauge NaN\n"
        "\n"
    )


_METRICS = {
    "cache_config_info": "gauge",
    "e2e_request_latency_seconds": "histogram",
    "num_preemptions_total": "counter",
    "num_requests_running": "gauge",
    "prompt_tokens_total": "counter",
    "request_generation_tokens": "histogram",
    "request_params_n": "histogram",
    "request_prompt_tokens": "histogram",
    "request_success_total": "counter",
    "time_to_first_token_seconds": "histogram",
}
"""Without samples: nobody reads their values here."""


def completion(script: Script, reply: Reply) -> dict[str, Any]:
    """An answer that comes whole."""
    texts = ["".join(chunk) for chunk in reply.chunks]
    message: dict[str, Any] = {"role": "assistant", "content": "".join(texts[reply.thoughts :])}
    if reply.calls:
        message["tool_calls"] = [_call(call.id, call.name, "".join(call.pieces)) for call in reply.calls]
        message["content"] = "<tool_call>" if script.tools == "token-left" else None
    if reply.thoughts:
        message[script.reasoning_key] = "".join(texts[: reply.thoughts])
    choice = {"index": 0, "message": message, "finish_reason": reply.finish}
    tokens = reply.tokens + (reply.tokens // 2 if script.silent is Silent.USAGE else 0)
    return _envelope(script, "chat.completion") | {"choices": [choice]} | _usage(reply, tokens)


def _said(script: Script, reply: Reply, place: int) -> dict[str, Any]:
    """What a piece brings; the first of a call also brings its id and name."""
    if not reply.calls:
        key = script.reasoning_key if place < reply.thoughts else "content"
        return {key: "".join(reply.chunks[place])}
    pieces = [
        (index, call if first == 0 else None, piece)
        for index, call in enumerate(reply.calls)
        for first, piece in enumerate(call.pieces)
    ]
    index, begun, piece = pieces[place]
    function = {"arguments": piece} if begun is None else _call(begun.id, begun.name, piece)
    return {"tool_calls": [{"index": index} | (function if begun else {"function": function})]}


def _call(call_id: str, name: str, arguments: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def _envelope(script: Script, kind: str) -> dict[str, Any]:
    return {"id": "chatcmpl-1", "object": kind, "created": 1700000000, "model": script.model}


def _usage(reply: Reply, tokens: int) -> dict[str, Any]:
    prompt = reply.prompt
    return {"usage": {"prompt_tokens": prompt, "completion_tokens": tokens, "total_tokens": prompt + tokens}}


def _delta(script: Script, delta: dict[str, Any], *, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _envelope(script, "chat.completion.chunk") | {"choices": [choice]}


def _event(body: Body) -> bytes:
    return f"data: {as_json(body)}\n\n".encode()


def as_json(body: object) -> str:
    """JSON as vLLM writes it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
