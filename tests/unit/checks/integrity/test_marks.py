"""A mark tells the answer to one document from the answers to all others."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks import prompt_files
from vllm_qualify.checks.answers import Answer, AnswerShape
from vllm_qualify.checks.integrity import marks
from vllm_qualify.checks.integrity.marks import Marked
from vllm_qualify.config import Settings
from vllm_qualify.config.documents import Document


def document(name: str, text: str, **expected: str) -> Document:
    """A document with these labels."""
    return Document(id=name, language="en", text=text, expected=expected)


ACME = document("a", "Acme Limited writes to you.", title="A letter", correspondent="Acme Limited")
BOLT = document("b", "Bolt & Sons write to you.", title="A letter", correspondent="Bolt & Sons")


def test_a_label_in_the_text_is_the_mark_though_another_is_longer() -> None:
    """What a model only has to copy marks best."""
    one = document("a", "Acme writes.", title="A very long title of its own", correspondent="Acme writes")

    assert marks.marked([one]) == (Marked(document=one, mark="Acme writes"),)


def test_a_label_that_stands_in_another_document_marks_nothing() -> None:
    """Two documents of one sender cannot be told apart, so only the first is asked; so is one that names the first."""
    again = document("c", "Once more Acme Limited.", correspondent="Acme Limited")
    names = document("d", "Ours is called Acme Limited as well.", correspondent="Someone Else")

    assert [one.document.id for one in marks.marked([ACME, BOLT, again, names])] == ["a", "b"]


def test_the_canary_has_as_many_marks_as_are_asked_at_once() -> None:
    """The documents that everybody has by default fill the crowd."""
    assert len(marks.marked(prompt_files.load(Settings()).documents)) == marks.MOST


@pytest.mark.parametrize(
    "said", ['{"correspondent": "M\\u00fcller"}', '{"correspondent": "MÜLLER"}', "of Müller, I think"]
)
def test_a_mark_is_found_in_any_spelling(said: str) -> None:
    """Escapes of JSON and capitals are no difference."""
    assert marks.holds(said, "Müller")


def test_a_foreign_mark_is_named() -> None:
    """The answer to one that names another one is told with whose name it has."""
    both = marks.marked([ACME, BOLT])

    assert marks.foreign("It is of Bolt & Sons.", both[0], both) == "Bolt & Sons"
    assert not marks.foreign("It is of Bolt & Sons.", both[1], both)


def test_alone_is_looked_up_by_document() -> None:
    """Marked documents are a part of all; each has the answer that was read of it."""
    read = [Answer(shape=AnswerShape.VALID, value=one.expected) for one in (BOLT, ACME)]
    read[1] = Answer(shape=AnswerShape.NOT_JSON)

    assert marks.alone([BOLT, ACME], read, marks.marked([BOLT, ACME])) == (True, False)


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=8))
def test_no_mark_stands_in_another_marked_document(names: list[str]) -> None:
    """Whatever documents there are, a mark of one is in no other that is asked with it."""
    documents = [document(str(place), name, correspondent=name) for place, name in enumerate(names)]

    found = marks.marked(documents)

    for one in found:
        others = (other.document for other in found if other is not one)
        assert not any(
            one.mark.casefold() in json.dumps(other.expected, ensure_ascii=False).casefold() for other in others
        )
