"""Labelled documents, one JSON object a line. Pure."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Any

from vllm_qualify.config.values import NO_OTHER_KEYS, Words, within
from vllm_qualify.core import foreign
from vllm_qualify.core.errors import BadConfig, Problem

if TYPE_CHECKING:
    from pydantic import TypeAdapter, ValidationError


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document with its labels.

    Attributes:
        id: its name in messages and reports, unique in its file.
        language: language of the text as a BCP 47 tag, such as ``de``.
        text: what is classified.
        expected: the right answer: title, tags, correspondent.
    """

    __pydantic_config__ = NO_OTHER_KEYS | {"strict": True}

    id: Words
    language: Annotated[str, within(min_length=2)]
    text: Words
    expected: Annotated[dict[str, Any], within(min_length=1)]


_KEYS = ", ".join(each.name for each in fields(Document))
_WORDS = {
    "dataclass_type": f"must be a JSON object with the keys {_KEYS}",
    "dict_type": 'must be an object of labels, such as {"title": "Invoice 7"}',
    "json_invalid": "is not JSON",
    "missing": f"is missing; a document has the keys {_KEYS}",
    "string_too_short": "is too short",
    "string_type": "must be a string in quotes",
    "too_short": "must not be empty",
    "unexpected_keyword_argument": f"is not a known key; a document has the keys {_KEYS}",
}


@functools.cache
def _reader() -> TypeAdapter[Document]:
    from pydantic import TypeAdapter  # noqa: PLC0415 - as the package says.

    return TypeAdapter(Document)


def parse(text: str, *, source: str) -> tuple[Document, ...]:
    """Read labelled documents; blank lines are skipped.

    Args:
        text: content of the file.
        source: its name, for the messages.

    Raises:
        BadConfig: lines are no documents, ids occur twice, or there is no document at all. All bad lines at once.
    """
    from pydantic import ValidationError  # noqa: PLC0415 - as the package says.

    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    for number, line in _numbered(text):
        try:
            document = _reader().validate_json(line)
        except ValidationError as error:
            problems += _problems(error, number)
            continue
        if document.id in documents:
            problems.append(
                Problem(line=number, key="id", message=f"{document.id!r} was already used on an earlier line")
            )
        documents[document.id] = document
    if not (documents or problems):
        problems.append(Problem(message="holds no document; expected one JSON object per line"))
    if problems:
        raise BadConfig(source, problems)
    return tuple(documents.values())


def _numbered(text: str) -> Iterator[tuple[int, str]]:
    # Only LF ends a line of JSONL: U+2028 and others that splitlines() cuts at may stand unescaped inside a string.
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if line.strip():
            yield number, line


def _problems(error: ValidationError, number: int) -> Iterator[Problem]:
    for each in error.errors():
        key = ".".join(str(part) for part in each["loc"])
        message = _WORDS.get(each["type"]) or each["msg"].replace("Input should", "must")
        why = foreign.complaint(each["ctx"]["error"]) if each["type"] == "json_invalid" else ""
        yield Problem(line=number, key=key, message=f"{message}: {why}" if why else message)
