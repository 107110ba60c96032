from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.config import documents, settings
from vllm_qualify.core.errors import BadConfig

GOOD: dict[str, Any] = {"id": "en-00", "language": "en", "text": "Invoice 7", "expected": {"title": "Invoice 7"}}


def line(**changes: object) -> str:
    """A good line, but for the changes."""
    return json.dumps(GOOD | changes, ensure_ascii=False)


def test_documents_are_read_in_their_order() -> None:
    """Blank lines are passed over, and labels come as they are written."""
    found = documents.parse(f"{line()}\n\n{line(id='de-01', language='de')}\n", source="d")

    assert [document.id for document in found] == ["en-00", "de-01"]
    assert found[0].expected == {"title": "Invoice 7"}


def test_every_bad_line_is_listed() -> None:
    """One reading tells all of them, with line and key."""
    text = "\n".join([line(), "no json", line(), line(id="a", text=""), line(id="b", extra=1), line(id=3)])

    with pytest.raises(BadConfig) as caught:
        documents.parse(text, source="documents.jsonl")

    found = [(problem.line, problem.key) for problem in caught.value.problems]
    assert found == [(2, ""), (3, "id"), (4, "text"), (5, "extra"), (6, "id")]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("no json", "is not JSON: "),
        ("[1]", "must be a JSON object with the keys id, language, text, expected"),
        (line(id=3), "must be a string in quotes"),
        (line(id=""), "is too short"),
        (line(extra=1), "is not a known key; a document has the keys id, language, text, expected"),
        (line(expected=[]), "must be an object of labels, such as "),
        (line(expected={}), "must not be empty"),
        ("{}", "is missing; a document has the keys id, language, text, expected"),
    ],
)
def test_what_is_wrong_with_a_line_is_said_in_words_of_json(written: str, said: str) -> None:
    """Not in those of the library that found it."""
    with pytest.raises(BadConfig) as caught:
        documents.parse(written, source="d")

    assert all(problem.message.startswith(said) for problem in caught.value.problems)


@pytest.mark.parametrize("text", ["", "\n \n", "\ufeff"])
def test_a_file_without_a_document_is_refused(text: str) -> None:
    """An empty set would pass every share of right answers."""
    with pytest.raises(BadConfig, match="holds no document"):
        documents.parse(text, source="documents.jsonl")


@given(st.text(min_size=1))
def test_any_text_survives(text: str) -> None:
    """Line separators other than LF inside a text do not cut its line."""
    [document] = documents.parse(json.dumps(GOOD | {"text": text}, ensure_ascii=False), source="d")

    assert document.text == text


def test_the_canary_documents_are_enough() -> None:
    """The built-in set reads without a problem, in two languages, and has the sixty documents that are needed."""
    found = documents.parse((settings.CANARY / "documents.jsonl").read_text(encoding="utf-8"), source="canary")

    assert len(found) >= 60
    assert {document.language for document in found} >= {"de", "en"}
