"""Schema, prompts and sums: what a case would stumble over is told when they are read."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks import prompt_parts
from vllm_qualify.config.documents import Document
from vllm_qualify.core.errors import BadConfig
from vllm_qualify.core.shipped import CANARY

PROMPTS: dict[str, Any] = json.loads((CANARY / "prompts.json").read_text())["ml"]


def refused(read: Any, text: str) -> list[str]:
    """What is told of a text."""
    with pytest.raises(BadConfig) as caught:
        read(text, source="mine")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "mine:1: is not JSON: Expecting property name enclosed in double quotes"),
        ('{"a": 1, "a": 2}', "mine: is not JSON: "),
        ("[" * 5000, "mine: is not JSON: it is nested too deeply"),
        ("[]", "mine: must be an object with the schema of an answer"),
        ("true", "mine: must be an object with the schema of an answer"),
        ('{"type": 5}', "mine: is not a JSON Schema of Draft 2020-12: $.type: "),
        ('{"$ref": "#/$defs/tag"}', "mine: refers to #/$defs/tag, which is not in this file"),
        ('{"items": [{"$ref": "other.json"}]}', "mine: "),
    ],
    ids=["cut", "twice", "deep", "list", "boolean", "type", "reference", "elsewhere"],
)
def test_a_schema_that_cannot_be_used(text: str, said: str) -> None:
    """It is told in one line, whatever is wrong with it."""
    [line] = refused(prompt_parts.schema, text)

    assert line.startswith(said)


def test_a_schema_that_refers_to_itself_is_fine() -> None:
    """By a pointer, an anchor, or the whole."""
    found = {"$defs": {"a": {"$anchor": "b"}}, "anyOf": [{"$ref": each} for each in ("#", "#/$defs/a", "#b")]}

    assert prompt_parts.schema(json.dumps(found), source="mine") == found


@pytest.mark.parametrize("text", ["[]", "{}", '{"ml": []}', "null", '"ml"'])
def test_prompts_that_are_missing_are_all_told(text: str) -> None:
    """With their keys, in words that are not Python's."""
    assert refused(prompt_parts.prompts, text) == [
        f"mine: {key}: is missing; canary/prompts.json shows what is expected"
        for key in ("ml.classify_system", "ml.classify_user", "ml.describe_user.en")
    ]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"classify_user": "What is it?"}, "ml.classify_user: has no {document}, so every document would get the same"),
        ({"classify_user": 7}, "ml.classify_user: must be a string in quotes"),
        ({"describe_user": {"en": ["{document}"]}}, "ml.describe_user.en: must be a string in quotes"),
        ({"classify_system": {}}, "ml.classify_system: must be a string in quotes"),
    ],
    ids=["no-place", "number", "list", "table"],
)
def test_a_prompt_that_no_candidate_can_answer(changed: dict[str, Any], said: str) -> None:
    """It would make every answer wrong, or end the first case."""
    [line] = refused(prompt_parts.prompts, json.dumps({"ml": PROMPTS | changed}))

    assert line.startswith(f"mine: {said}")


@pytest.mark.parametrize("line", ["3", "[]", "null", '{"id": 1}', '{"id": 1, "question": "", "answer": 2}', "{", '"x"'])
def test_every_line_that_is_no_sum_is_told(line: str) -> None:
    """By its number, and what it should look like."""
    good = '{"id": "a", "question": "1 + 1?", "answer": "1 + 1 = 2"}'

    first, second = refused(prompt_parts.sums, f"{line}\n{good}\n\n{line}\n")

    assert first.startswith("mine:1: is not a sum; expected one JSON object per line")
    assert second.startswith("mine:4: is not a sum; ")


def test_no_sum_at_all_is_told() -> None:
    """The reasoning mode would have nothing to be asked."""
    assert refused(prompt_parts.sums, "\n\n")[0].startswith("mine: holds no sum; ")


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_whatever_a_file_holds_it_is_read_or_refused(text: str) -> None:
    """No text at all ends in another exception."""
    for read in (prompt_parts.schema, prompt_parts.prompts, prompt_parts.sums):
        with contextlib.suppress(BadConfig):
            assert read(text, source="mine")


SCHEMA = {
    "properties": {"title": {"type": "string"}, "tags": {"items": {"$ref": "#/$defs/tag"}}},
    "$defs": {"tag": {"enum": ["bill", "letter"]}},
}


def labelled(**expected: Any) -> Document:
    """A document with these labels."""
    return Document(id="d1", language="en", text="t", expected=expected)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ({"title": "A", "tags": ["bill"]}, []),
        ({"title": 7}, ["d1.expected.title: does not match the schema: 7 is not of type 'string'"]),
        ({"tags": ["bil"]}, ["d1.expected.tags: does not match the schema: 'bil' is not one of ['bill', 'letter']"]),
        ({"elsewhere": 1}, []),
    ],
    ids=["right", "type", "reference", "not-in-it"],
)
def test_labels_that_no_valid_answer_can_have(expected: dict[str, Any], said: list[str]) -> None:
    """They would be held against every candidate."""
    found = prompt_parts.unanswerable([labelled(**expected)], SCHEMA)

    assert [problem.located("").removeprefix(": ") for problem in found] == said
