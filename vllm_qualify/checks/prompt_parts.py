"""The parts of a workload, each from the text of its file: schema, prompts, sums. Pure.

Everything that a case would stumble over is told here, all of a file at once, before anything is touched for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from vllm_qualify.checks import answers
from vllm_qualify.checks.answers import BadSchema
from vllm_qualify.checks.prompts import Sum
from vllm_qualify.config.documents import Document
from vllm_qualify.core.errors import BadConfig, Problem

PLACE = "{document}"
"""Where a prompt has the text of a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompts:
    """What a candidate is told; see ``Workload`` for what each is for."""

    system: str
    user: str
    describe: str


# What each prompt is called in its file, and whether it must have a place for the document.
_PROMPTS = {
    "system": (("ml", "classify_system"), False),
    "user": (("ml", "classify_user"), True),
    "describe": (("ml", "describe_user", "en"), True),
}


def schema(text: str, *, source: str) -> dict[str, Any]:
    """Read the JSON Schema of an answer.

    Raises:
        BadConfig: it is no JSON, no schema of Draft 2020-12, or refers to what is not in it.
    """
    found = _json(text, source)
    if not isinstance(found, dict):
        raise _bad(source, "must be an object with the schema of an answer; see canary/schema.json")
    try:
        answers.compile_schema(found)
    except BadSchema as error:
        raise _bad(source, f"is {error}") from error
    if lost := tuple(_unresolved(found)):
        raise BadConfig(source, [Problem(message=f"refers to {each}, which is not in this file") for each in lost])
    return found


def unanswerable(documents: Iterable[Document], schema: Mapping[str, Any]) -> Iterator[Problem]:
    """Labels that no valid answer can have, as the schema has it: every candidate would be wrong about them."""
    validator = answers.compile_schema(schema)
    known: Mapping[str, Any] = schema.get("properties") or {}
    for document in documents:
        for name, value in document.expected.items():
            if name in known and (wrong := next(validator.descend(value, known[name]), None)) is not None:
                yield Problem(
                    key=f"{document.id}.expected.{name}", message=f"does not match the schema: {wrong.message}"
                )


def prompts(text: str, *, source: str) -> Prompts:
    """Read the prompts.

    Raises:
        BadConfig: it is no JSON, or prompts are missing, are no texts, or have no place for the document.
    """
    found = _json(text, source)
    read: dict[str, str] = {}
    problems = []
    for name, (keys, with_document) in _PROMPTS.items():
        value = _at(found, keys)
        if problem := _wrong_prompt(value, with_document=with_document):
            problems.append(Problem(key=".".join(keys), message=problem))
        read[name] = str(value)
    if problems:
        raise BadConfig(source, problems)
    return Prompts(**read)


def sums(text: str, *, source: str) -> tuple[Sum, ...]:
    """Read the sums, one JSON object a line; blank lines are skipped.

    Raises:
        BadConfig: lines are no sums, or there is none. All bad lines at once.
    """
    found: list[Sum] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            found.append(_sum(json.loads(line)))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            problems.append(Problem(line=number, message=f"is not a sum; {_SUM}"))
    if not (found or problems):
        problems.append(Problem(message=f"holds no sum; {_SUM}"))
    if problems:
        raise BadConfig(source, problems)
    return tuple(found)


_SUM = 'expected one JSON object per line, such as {"id": "s1", "question": "What is 2 + 2?", "answer": "2 + 2 = 4"}'


def _sum(row: Any) -> Sum:
    """One sum; its answer is the number behind the last equals sign, as in ``2 + 2 = 4``."""
    if not (isinstance(row["question"], str) and row["question"].strip()):
        raise ValueError("no question")
    return Sum(id=str(row["id"]), question=row["question"], answer=int(str(row["answer"]).rpartition("=")[2]))


def _wrong_prompt(value: object, *, with_document: bool) -> str:
    if value is None:
        return "is missing; canary/prompts.json shows what is expected"
    if not isinstance(value, str) or (with_document and not value.strip()):
        return "must be a string in quotes"
    if with_document and PLACE not in value:
        return f"has no {PLACE}, so every document would get the same question; put it where the text belongs"
    return ""


def _at(value: object, keys: tuple[str, ...]) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _unresolved(found: dict[str, Any]) -> Iterator[str]:
    """References that lead nowhere; a validator would come upon them in the middle of an answer."""
    resource = Resource.from_contents(found, default_specification=DRAFT202012)
    resolver = Registry().resolver_with_root(resource)
    for reference in dict.fromkeys(_references(found)):
        try:
            resolver.lookup(reference)
        except Unresolvable:
            yield reference


def _references(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key in {"$ref", "$dynamicRef"} and isinstance(inner, str):
                yield inner
            yield from _references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner)


def _json(text: str, source: str) -> Any:
    try:
        return answers.parse(text.removeprefix("\ufeff"))
    except json.JSONDecodeError as error:
        raise BadConfig(source, [Problem(line=error.lineno, message=f"is not JSON: {error.msg}")]) from error
    except ValueError as error:
        raise _bad(source, f"is not JSON: {error}") from error


def _bad(source: str, message: str) -> BadConfig:
    return BadConfig(source, [Problem(message=message)])
