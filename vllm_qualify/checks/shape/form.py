"""Judge of the form of answers: what OpenAI's protocol requires, and every client therefore reads. Pure.

From OpenAI's API reference: the objects ``chat.completion``, ``chat.completion.chunk``, ``text_completion``, ``model``.
Of errors vLLM has had two forms: the protocol's, under ``error``, and before 0.10 the same fields at the top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vllm_qualify.checks.shape import paths
from vllm_qualify.checks.shape.answers import Answers, ended
from vllm_qualify.client.event_stream import EventStream
from vllm_qualify.client.exchanges import HTTP_OK, HttpReply, quote
from vllm_qualify.core import foreign
from vllm_qualify.core.records import Judgement, Observation, Outcome

_BAD_REQUEST, _NOT_FOUND, _UNPROCESSABLE = 400, 404, 422
_JSON, _EVENTS = "application/json", "text/event-stream"
_MOST_TOLD = 8

Problems = Iterator[str]


def judged(answers: Answers) -> Judgement:
    """Every answer must have the form that the protocol requires; what is kept of it is for the comparison."""
    whole, model = answers.whole, answers.model
    problems = {
        "chat": list(_answer(whole["chat"], "chat.completion", model)),
        "completion": list(_answer(whole["completion"], "text_completion", model)),
        "models": list(_models(whole["models"])),
        "unknown model": list(_error(whole["unknown model"], _NOT_FOUND)),
        "bad parameter": list(_error(whole["bad parameter"], _BAD_REQUEST, _UNPROCESSABLE)),
        "chat stream": list(_stream(answers.streams["chat stream"], "chat.completion.chunk", model)),
        "completion stream": list(_stream(answers.streams["completion stream"], "text_completion", model)),
    }
    told = [f"{name}: {'; '.join(found)}" for name, found in problems.items() if found]
    field = whole["unknown field"]
    seen = (
        Observation(name="unknown-field", value="ignored" if field.status == HTTP_OK else f"HTTP {field.status}"),
        Observation(name="kinds-of-answers", value=len(problems)),
    )
    kept = paths.material(answers)
    if told:
        return Judgement(outcome=Outcome.FAILED, message="; ".join(told), observations=seen, material=kept)
    message = f"{len(problems)} kinds of answers have the form of the protocol"
    return Judgement(outcome=Outcome.PASSED, message=message, observations=seen, material=kept)


def _answer(reply: HttpReply, kind: str, model: str) -> Problems:
    yield from _head(reply, _JSON)
    if reply.status != HTTP_OK:
        return
    body = foreign.json_mapping(reply.body)
    yield from _envelope(body, kind, model)
    choices = foreign.mappings(body.get("choices"))
    if not choices:
        yield "has no choices"
    for choice in choices:
        yield from _wrong(choice, "choices[]", index=_whole_number, finish_reason=_text)
        if kind == "text_completion":
            yield from _wrong(choice, "choices[]", text=_said)
        else:
            message = foreign.mapping(choice.get("message"))
            yield from _wrong(message, "choices[].message", role=_assistant, content=_said)
    yield from _usage(body)


def _stream(stream: EventStream, kind: str, model: str) -> Problems:
    yield from _head(stream, _EVENTS)
    if stream.status != HTTP_OK:
        return
    events = paths.documents(stream)
    chunks = [event for event in events if event and "error" not in event]
    yield from (f"an event in it is not an answer: {quote(str(event))}" for event in events if event not in chunks)
    found = [problem for chunk in chunks for problem in _chunk(chunk, kind, model)]
    yield from list(dict.fromkeys(found))[:_MOST_TOLD]
    parts = paths.parts(chunks)
    if len({chunk.get("id") for chunk in chunks}) > 1:
        yield "its chunks have different ids"
    if len(parts["last chunk"]) != 1:
        yield f"{len(parts['last chunk'])} chunks have a finish_reason; expected 1"
    if len(parts["usage chunk"]) != 1:
        yield f"{len(parts['usage chunk'])} chunks have no choices; expected 1, with the usage"
    for chunk in parts["usage chunk"]:
        yield from _usage(chunk)
    first = next(iter(chunks), {})
    roles = [foreign.mapping(one.get("delta")).get("role") for one in foreign.mappings(first.get("choices"))]
    if kind != "text_completion" and roles != ["assistant"]:
        yield "its first chunk does not name the role assistant"
    if not ended(stream):
        yield "it does not end with [DONE]"


def _chunk(chunk: Mapping[str, Any], kind: str, model: str) -> Problems:
    yield from _envelope(chunk, kind, model)
    for choice in foreign.mappings(chunk.get("choices")):
        yield from _wrong(choice, "choices[]", index=_whole_number)
        if "finish_reason" not in choice:
            yield "choices[].finish_reason is missing where it must be null"
        if kind == "text_completion":
            yield from _wrong(choice, "choices[]", text=_said)
        else:
            yield from _wrong(choice, "choices[]", delta=lambda value: isinstance(value, dict))


def _models(reply: HttpReply) -> Problems:
    yield from _head(reply, _JSON)
    body = foreign.json_mapping(reply.body)
    yield from _wrong(body, "", object="list".__eq__, data=lambda value: isinstance(value, list))
    for model in foreign.mappings(body.get("data")):
        yield from _wrong(model, "data[]", id=_text, object="model".__eq__, created=_whole_number, owned_by=_text)


def _error(reply: HttpReply, *statuses: int) -> Problems:
    if reply.failure is not None:
        yield from reply.problems
        return
    if reply.status not in statuses:
        yield f"is answered with HTTP {reply.status}; expected {' or '.join(map(str, statuses))}"
    if paths.media_type(reply) != _JSON:
        yield f"is answered as {paths.media_type(reply) or 'nothing known'}; expected {_JSON}"
    body = foreign.json_mapping(reply.body)
    told = foreign.mapping(body.get("error")) or (body if body.get("object") == "error" else {})
    if not told:
        yield f"has no error in its body: {quote(reply.body)}"
    elif not _text(told.get("message")):
        yield "its error has no message"


def _head(reply: HttpReply | EventStream, media_type: str) -> Problems:
    yield from reply.problems
    if not reply.problems and paths.media_type(reply) != media_type:
        yield f"is sent as {paths.media_type(reply) or 'nothing known'}; expected {media_type}"


def _envelope(body: Mapping[str, Any], kind: str, model: str) -> Problems:
    yield from _wrong(body, "", id=_text, object=kind.__eq__, created=_whole_number, model=model.__eq__)


def _usage(body: Mapping[str, Any]) -> Problems:
    usage = foreign.mapping(body.get("usage"))
    counts = dict.fromkeys(("prompt_tokens", "completion_tokens", "total_tokens"), _whole_number)
    wrong = list(_wrong(usage, "usage", **counts))
    yield from wrong
    if not wrong and usage["total_tokens"] != usage["prompt_tokens"] + usage["completion_tokens"]:
        yield "usage.total_tokens is not the sum of the others"


def _wrong(body: Mapping[str, Any], path: str, **rules: Callable[[Any], object]) -> Problems:
    """The fields that are missing or are not what a rule allows."""
    for name, right in rules.items():
        place = f"{path}.{name}" if path else name
        if name not in body:
            yield f"{place} is missing"
        elif right(body[name]) is not True:
            yield f"{place} is {quote(str(body[name]))}"


def _whole_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _said(value: object) -> bool:
    return value is None or isinstance(value, str)


def _assistant(value: object) -> bool:
    return value == "assistant"
