"""What one answer is worth: parsed as it came, held against its schema and its label. Read by the judges. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, NoReturn

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, best_match

from vllm_qualify.client.exchanges import HTTP_OK, ChatReply, quote

# So much white space at the end is no formatting any more.
_RUNAWAY = 32


class AnswerShape(Enum):
    """The ways an answer can turn out, worst last."""

    VALID = "valid"
    WRONG_LABEL = "wrong-label"
    VIOLATES_SCHEMA = "violates-schema"
    FENCED = "fenced"
    NOT_JSON = "not-json"
    UNCONSTRAINED = "unconstrained"
    JSON_IN_REASONING = "json-in-reasoning"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    WHITESPACE_UNTIL_LIMIT = "whitespace-until-limit"
    HTTP_4XX = "http-4xx"
    HTTP_5XX = "http-5xx"
    NO_ANSWER = "no-answer"


SCHEMA_VALID = frozenset({AnswerShape.VALID, AnswerShape.WRONG_LABEL})
UNANSWERED = frozenset({AnswerShape.HTTP_4XX, AnswerShape.HTTP_5XX, AnswerShape.NO_ANSWER})


class BadSchema(ValueError):
    """A schema that is none by Draft 2020-12; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, judged.

    Attributes:
        shape: how it turned out.
        detail: what was seen, for a message; ``""`` for a valid one.
        value: the parsed JSON, ``None`` where there is none.
        text: what came, as it came; ``""`` where nothing did.
        tokens: how many it has, by the server's count; ``None`` where it does not say.
        document: id of the document that was asked about; ``""`` for none.
    """

    shape: AnswerShape
    detail: str = ""
    value: Any = None
    text: str = ""
    tokens: int | None = None
    document: str = ""


def compile_schema(schema: Mapping[str, Any]) -> Draft202012Validator:
    """Make a validator that checks formats too; by default jsonschema leaves them out.

    Raises:
        BadSchema: the schema itself is wrong.
    """
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise BadSchema(f"not a JSON Schema of Draft 2020-12: {error.json_path}: {error.message}; fix it") from error
    return Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)


def parse(text: str) -> Any:
    """Read JSON as it stands: no fences stripped, no text around it excused, nothing that RFC 8259 leaves open.

    Raises:
        ValueError: the text is no JSON, repeats a key, or holds NaN or a number beyond all bounds.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def read(
    reply: ChatReply,
    *,
    validator: Draft202012Validator,
    expected: Mapping[str, Any] | None = None,
    constrained: bool = False,
) -> Answer:
    """Judge one reply.

    Args:
        reply: what came back; of a stream, its ``reply``.
        validator: from ``compile_schema``.
        expected: the fields that must have these values; lists are compared without their order.
        constrained: the schema was sent along, so text that is no JSON shows that it was ignored.
    """
    lost = _unanswered(reply)
    if lost is not None:
        return lost
    found = _read(reply, validator=validator, expected=expected, constrained=constrained)
    return replace(found, text=reply.content, tokens=reply.usage.completion if reply.usage else None)


def _read(
    reply: ChatReply, *, validator: Draft202012Validator, expected: Mapping[str, Any] | None, constrained: bool
) -> Answer:
    runaway = _runaway(reply, validator)
    if runaway is not None:
        return runaway
    try:
        value = parse(reply.content)
    except ValueError as error:
        return _unparsed(reply, error, constrained=constrained)
    violation = best_match(validator.iter_errors(value))
    if violation is not None:
        detail = f"{violation.json_path}: {quote(violation.message, limit=120)}"
        return Answer(shape=AnswerShape.VIOLATES_SCHEMA, detail=detail, value=value)
    wrong = _wrong_labels(value, expected or {})
    shape = AnswerShape.WRONG_LABEL if wrong else AnswerShape.VALID
    return Answer(shape=shape, detail="; ".join(wrong), value=value)


def _unanswered(reply: ChatReply) -> Answer | None:
    if reply.failure is not None:
        return Answer(shape=AnswerShape.NO_ANSWER, detail=str(reply.failure))
    if reply.status == HTTP_OK:
        return None
    shape = {4: AnswerShape.HTTP_4XX, 5: AnswerShape.HTTP_5XX}.get(reply.status // 100, AnswerShape.NO_ANSWER)
    return Answer(shape=shape, detail=f"HTTP {reply.status}: {quote(reply.body, limit=120)}")


def _runaway(reply: ChatReply, validator: Draft202012Validator) -> Answer | None:
    """Answers without an end or without a body, which no parser needs to see."""
    text = reply.content.rstrip()
    blanks = len(reply.content) - len(text)
    if reply.finish_reason == "length" and blanks and (not text or blanks >= _RUNAWAY):
        detail = f"{blanks} blanks after {quote(text)}" if text else f"{blanks} blanks and nothing else"
        return Answer(shape=AnswerShape.WHITESPACE_UNTIL_LIMIT, detail=detail)
    if text:
        return None
    if _holds_answer(reply.reasoning, validator):
        return Answer(shape=AnswerShape.JSON_IN_REASONING, detail=quote(reply.reasoning))
    if reply.finish_reason == "length":
        return Answer(shape=AnswerShape.TRUNCATED, detail=f"no content, only reasoning: {quote(reply.reasoning)}")
    return Answer(shape=AnswerShape.EMPTY, detail=f"finish_reason {reply.finish_reason!r}")


def _holds_answer(reasoning: str, validator: Draft202012Validator) -> bool:
    try:
        return bool(validator.is_valid(parse(reasoning)))
    except ValueError:
        return False


def _unparsed(reply: ChatReply, error: ValueError, *, constrained: bool) -> Answer:
    detail = quote(reply.content)
    if reply.content.lstrip().startswith("```"):
        return Answer(shape=AnswerShape.FENCED, detail=detail)
    if reply.finish_reason == "length":
        return Answer(shape=AnswerShape.TRUNCATED, detail=detail)
    if not isinstance(error, json.JSONDecodeError):
        detail = f"{error}: {detail}"
    return Answer(shape=AnswerShape.UNCONSTRAINED if constrained else AnswerShape.NOT_JSON, detail=detail)


def _wrong_labels(value: Any, expected: Mapping[str, Any]) -> tuple[str, ...]:
    seen = value if isinstance(value, Mapping) else {}
    return tuple(
        f"{key}: expected {quote(_plain(wanted))}, seen {quote(_plain(seen.get(key)))}"
        for key, wanted in expected.items()
        if key not in seen or _comparable(seen[key]) != _comparable(wanted)
    )


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _comparable(value: Any) -> Any:
    # JSON text tells true from 1 and keeps a list of unlike things sortable; Python's own comparison does neither.
    if isinstance(value, Sequence) and not isinstance(value, str):
        return sorted(json.dumps(item, sort_keys=True) for item in value)
    return json.dumps(value, sort_keys=True)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"key {quote(key)} occurs twice")
        found[key] = value
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"{quote(text)} is too large")
    return number
