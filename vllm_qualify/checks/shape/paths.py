"""What is kept of an answer to compare its form: paths with types, by kind of answer, and headers. Pure.

Values are left out, and so is what two answers of one server need not share: how long a list is, which number is whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from vllm_qualify.checks.shape.answers import Answers
from vllm_qualify.client.event_stream import EventStream
from vllm_qualify.client.exchanges import HttpReply
from vllm_qualify.client.openai_json import DONE
from vllm_qualify.core import foreign

KEY = "shape"
"""Of what is kept for the comparison with production."""

_DEEPEST = 12
_LONGEST = 120
_MOST_PATHS = 150
_TYPES = {bool: "boolean", dict: "object", float: "number", int: "number", list: "array", str: "string"}
# Of the connection or the clock; nobody's program reads them for the answer's sake.
_NOT_FORM = frozenset(
    {"connection", "content-length", "content-type", "date", "keep-alive", "server", "transfer-encoding"}
)

Paths = dict[str, list[str]]
"""Types by path, as in ``{"choices[].index": ["number"]}``."""


def of(documents: Iterable[object]) -> Paths:
    """The paths of documents of one kind, with every type that each has."""
    found: dict[str, set[str]] = {}
    for document in documents:
        for path, kind in _walk(document, "", 0):
            if len(found) < _MOST_PATHS or path in found:
                found.setdefault(path, set()).add(kind)
    return {path: sorted(found[path]) for path in sorted(found)}


def _walk(value: object, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if path:
        yield path[:_LONGEST], _TYPES.get(type(value), "null")
    if depth < _DEEPEST:
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from _walk(inner, f"{path}.{name}" if path else str(name), depth + 1)
        elif isinstance(value, list):
            for inner in value:
                yield from _walk(inner, f"{path}[]", depth + 1)


def documents(stream: EventStream) -> list[dict[str, Any]]:
    """The events of a stream that are JSON objects, in their order."""
    return [foreign.json_mapping(event.data) for event in stream.events if event.data != DONE]


def parts(chunks: Sequence[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """The chunks of a stream by their part in it: the first, those in the middle, the last, the one of the usage."""
    with_choice = [chunk for chunk in chunks if foreign.items(chunk.get("choices"))]
    ends = [chunk for chunk in with_choice if finish(chunk)]
    first = [chunk for chunk in with_choice[:1] if chunk not in ends]
    return {
        "first chunk": first,
        "middle chunk": [chunk for chunk in with_choice[1:] if chunk not in ends],
        "last chunk": ends,
        "usage chunk": [chunk for chunk in chunks if chunk not in with_choice],
    }


def finish(chunk: Mapping[str, Any]) -> str:
    """The reason for the end that a chunk gives; ``""`` for none."""
    return next(
        (text for one in foreign.mappings(chunk.get("choices")) if (text := foreign.text(one.get("finish_reason")))), ""
    )


def material(answers: Answers) -> dict[str, Any]:
    """The form of every answer, as the journal keeps it."""
    kept: dict[str, Any] = {name: _whole(reply) for name, reply in answers.whole.items()}
    for name, stream in answers.streams.items():
        kept[name] = _head(stream)
        for part, chunks in parts(documents(stream)).items():
            kept[f"{name}, {part}"] = {"paths": of(chunks)}
    return {KEY: kept}


def _whole(reply: HttpReply) -> dict[str, Any]:
    return {**_head(reply), "paths": of([foreign.json_mapping(reply.body)])}


def _head(reply: HttpReply | EventStream) -> dict[str, Any]:
    names = sorted(name for name in reply.headers if name not in _NOT_FORM)
    return {"status": reply.status, "type": media_type(reply), "headers": names[:_MOST_PATHS]}


def media_type(reply: HttpReply | EventStream) -> str:
    """Of the body, without its parameters."""
    return reply.headers.get("content-type", "").partition(";")[0].strip().lower()[:_LONGEST]
