"""Labelled documents, one JSON object a line. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from vllm_qualify.core.errors import BadConfig, Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document with its labels.

    Attributes:
        id: its name in messages and reports, unique in its file.
        language: language of the text as a BCP 47 tag, such as ``de``.
        text: what is classified.
        expected: the right answer: title, tags, correspondent.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    id: Annotated[str, Field(min_length=1)]
    language: Annotated[str, Field(min_length=2)]
    text: Annotated[str, Field(min_length=1)]
    expected: Annotated[dict[str, Any], Field(min_length=1)]


_DOCUMENT: TypeAdapter[Document] = TypeAdapter(Document)


def parse(text: str, *, source: str) -> tuple[Document, ...]:
    """Read labelled documents; blank lines are skipped.

    Args:
        text: content of the file.
        source: its name, for the messages.

    Raises:
        BadConfig: lines are no documents, ids occur twice, or there is no document at all. All bad lines at once.
    """
    documents: dict[str, Document] = {}
    problems: list[Problem] = []
    for number, line in _numbered(text):
        try:
            document = _DOCUMENT.validate_json(line)
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
        yield Problem(line=number, key=key, message=each["msg"])
