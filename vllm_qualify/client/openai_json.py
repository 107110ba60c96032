"""The OpenAI protocol as JSON on the wire: records to bodies, bodies to records; used by the client. Pure.

Reading tolerates missing keys, because servers differ and change; what is missing shows in ``problems``.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from vllm_qualify.client.exchanges import HTTP_OK, ChatReply, ChatRequest, HttpReply, ModelsReply, Usage
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.core import foreign

BODY_LIMIT = 2000
DONE = "[DONE]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """What one event of a stream says; ``error`` stands alone."""

    content: str = ""
    reasoning: str = ""
    finish_reason: str = ""
    model: str = ""
    usage: Usage | None = None
    has_choice: bool = False
    error: str = ""


def chat_body(request: ChatRequest, *, stream: bool) -> dict[str, Any]:
    """The JSON body of a chat completion.

    A schema travels as ``response_format``, the one spelling that all releases of vLLM share with OpenAI. A stream asks
    for usage in every piece, so that tokens are counted by the server and not guessed from pieces.
    """
    messages = [{"role": "system", "content": request.system}] if request.system else []
    messages.append({"role": "user", "content": request.prompt})
    body: dict[str, Any] = {
        "model": request.model,
        "messages": messages,
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "stream": stream,
    }
    if request.seed is not None:
        body["seed"] = request.seed
    if request.schema is not None:
        shape = {"name": "answer", "schema": request.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": shape}
    if request.ignore_eos:
        body["ignore_eos"] = True
    if stream:
        body["stream_options"] = {"include_usage": True, "continuous_usage_stats": True}
    return {**body, **request.extra}


def chat_reply(reply: HttpReply) -> ChatReply:
    """Read the whole answer; an HTTP error or a broken transport is passed on with the head of its body."""
    blank = ChatReply(
        status=reply.status,
        body=reply.body[:BODY_LIMIT],
        seconds=reply.seconds,
        failure=reply.failure,
        resent=reply.resent,
    )
    if reply.problems:
        return blank
    body = _object(reply.body)
    choice = _first(body.get("choices")) if body is not None else None
    if body is None or choice is None:
        failure = Failure(kind=FailureKind.UNREADABLE, detail="not a JSON object with a choice")
        return replace(blank, failure=failure)
    message = foreign.mapping(choice.get("message"))
    return replace(
        blank,
        content=foreign.text(message.get("content")),
        reasoning=_reasoning(message),
        finish_reason=foreign.text(choice.get("finish_reason")),
        usage=_usage(body.get("usage")),
        model=foreign.text(body.get("model")),
    )


def models_reply(reply: HttpReply) -> ModelsReply:
    """Read ``/v1/models``; a 200 that lists no models in the protocol's form is not readable."""
    body = _object(reply.body) if reply.status == HTTP_OK else None
    listed = body.get("data") if body is not None else None
    failure = reply.failure
    if not reply.problems and not isinstance(listed, list):
        failure = Failure(kind=FailureKind.UNREADABLE, detail="not a JSON object with a list named data")
    ids = tuple(foreign.text(foreign.mapping(entry).get("id")) for entry in listed) if isinstance(listed, list) else ()
    body_head = reply.body[:BODY_LIMIT]
    return ModelsReply(status=reply.status, ids=ids, body=body_head, failure=failure, resent=reply.resent)


def piece(data: str) -> Piece:
    """Read one event of a stream that is not ``[DONE]``."""
    body = _object(data)
    if body is None:
        return Piece(error=f"not a JSON object: {data[:BODY_LIMIT]}")
    if body.get("error"):
        return Piece(error=_error(body["error"]))
    choice = _first(body.get("choices"))
    delta = foreign.mapping(choice.get("delta")) if choice is not None else {}
    return Piece(
        content=foreign.text(delta.get("content")),
        reasoning=_reasoning(delta),
        finish_reason=foreign.text(choice.get("finish_reason")) if choice is not None else "",
        model=foreign.text(body.get("model")),
        usage=_usage(body.get("usage")),
        has_choice=choice is not None,
    )


def metrics(text: str) -> dict[str, float]:
    """Sum every sample of the Prometheus text format over its labels, by the name of the sample.

    Buckets are left out: their sum means nothing. Lines that are no samples are skipped. A label value may hold any
    character, so the value is what stands behind the last brace; a time stamp may follow it.
    """
    sums: dict[str, float] = {}
    for line in text.splitlines():
        labelled, brace, behind = line.rpartition("}")
        name, _, values = (labelled.partition("{")[0], "", behind) if brace else line.partition(" ")
        number = _number(values)
        if not line.startswith("#") and not name.endswith("_bucket") and number is not None:
            sums[name.strip()] = sums.get(name.strip(), 0.0) + number
    return sums


def _number(values: str) -> float | None:
    try:
        number = float(values.split(maxsplit=1)[0])
    except (IndexError, ValueError):
        return None
    return None if math.isnan(number) else number


def _object(text: str) -> dict[str, Any] | None:
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None


def _first(choices: object) -> Mapping[str, Any] | None:
    return choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else None


def _reasoning(message: Mapping[str, Any]) -> str:
    # vLLM renamed reasoning_content to reasoning; releases in between send both, with the same text.
    return foreign.text(message.get("reasoning")) or foreign.text(message.get("reasoning_content"))


def _usage(value: object) -> Usage | None:
    counts = foreign.mapping(value)
    completion = counts.get("completion_tokens")
    if not isinstance(completion, int):
        return None
    prompt = counts.get("prompt_tokens")
    cached = foreign.mapping(counts.get("prompt_tokens_details")).get("cached_tokens")
    return Usage(
        prompt=prompt if isinstance(prompt, int) else 0,
        completion=completion,
        cached=cached if isinstance(cached, int) else None,
    )


def _error(value: object) -> str:
    message = foreign.mapping(value).get("message")
    return (message if isinstance(message, str) else json.dumps(value))[:BODY_LIMIT]
