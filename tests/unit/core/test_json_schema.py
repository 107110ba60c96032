"""Schemas say what the types say."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from vllm_qualify.core import json_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """A part.

    Attributes:
        word: as in ``x``;
            ``""`` where there is none, ``None`` where nobody knows.
    """

    word: str | None = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outer:
    """A whole.

    More of it.
    """

    part: Inner
    number: int = 1


def made(mode: Literal["validation", "serialization"], *added: str) -> dict[str, Any]:
    """The schema of the whole."""
    text = json_schema.document(TypeAdapter(Outer), "whole", mode=mode, identity="urn:x", added=added)
    content: dict[str, Any] = json.loads(text)
    return content


def test_docstrings_describe_types_and_fields_in_the_words_of_json() -> None:
    """The first line is the type's; an attribute's lines are joined, without what only Python calls so."""
    schema = made("validation")

    assert (schema["title"], schema["$id"], schema["description"]) == ("whole", "urn:x", "A whole.")
    assert schema["$defs"]["Inner"]["properties"]["word"]["description"] == (
        "as in `x`; empty where there is none, null where nobody knows."
    )


def test_no_other_field_is_taken() -> None:
    """A slip in a key is seen, in every part."""
    schema = made("validation")

    assert (schema["additionalProperties"], schema["$defs"]["Inner"]["additionalProperties"]) == (False, False)


def test_what_is_read_may_lack_what_has_a_default() -> None:
    """And the reader is told the default."""
    schema = made("validation")

    assert schema["required"] == ["part"]
    assert schema["properties"]["number"]["default"] == 1


def test_what_is_written_lacks_nothing_but_what_came_later() -> None:
    """A reader may rely on every field that the first documents had."""
    assert made("serialization")["required"] == ["part", "number"]
    assert "default" not in made("serialization")["properties"]["number"]

    schema = made("serialization", "Outer.number", "Inner.word")

    assert (schema["required"], schema["$defs"]["Inner"]["required"]) == (["part"], [])
