"""How the simulated engine's answers look from outside: media types, text completions, wrong forms. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

DISFIGURED = {
    "": (b"", b""),
    "bare-error": (b'"error":{', b'"detail":{'),
    "no-null": (b'"finish_reason":null', b'"reason":null'),
    "renamed": (b'"total_tokens":', b'"tokens":'),
}
"""By the value of ``SHAPE``: what is written otherwise."""
EVENTS, JSON, TEXT = "text/event-stream; charset=utf-8", "application/json", "text/plain; version=0.0.4; charset=utf-8"


def disfigured(pieces: Iterable[bytes], how: str) -> Iterator[bytes]:
    """The pieces of an answer with what went wrong in them."""
    right, wrong = DISFIGURED[how]
    for piece in pieces:
        yield piece.replace(right, wrong) if right else piece


def as_text(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces of a chat completion as those of a text completion, which has no roles."""
    for piece in pieces:
        head, body = (b"data: ", piece.removeprefix(b"data: ")) if piece.startswith(b"data: ") else (b"", piece)
        try:
            answer = json.loads(body)
        except ValueError:
            yield piece
            continue
        if "error" in answer:
            yield piece
        elif not any("role" in choice.get("delta", {}) for choice in answer["choices"]):
            answer |= {"object": "text_completion", "choices": [_choice(choice) for choice in answer["choices"]]}
            yield head + json.dumps(answer, separators=(",", ":")).encode() + (b"\n\n" if head else b"")


def _choice(choice: dict[str, Any]) -> dict[str, Any]:
    said = choice.pop("message", None) or choice.pop("delta", {})
    return choice | {"text": said.get("content") or ""}
