"""What is kept of answers, and what is read back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from vllm_qualify.checks.answers import SCHEMA_VALID, Answer, AnswerShape
from vllm_qualify.checks.comparison import documents
from vllm_qualify.checks.comparison.documents import KeptAnswer
from vllm_qualify.core.records import CaseRecord, Outcome


def case(material: dict[str, Any]) -> CaseRecord:
    """A case that kept this."""
    return CaseRecord(
        image="an-image",
        requirement="CLASSIFY",
        id="CLASSIFY/labels",
        sentence="",
        outcome=Outcome.PASSED,
        material=material,
        started=datetime(2026, 1, 1, tzinfo=UTC),
    )


def answer(text: str = "", value: Any = None, shape: AnswerShape = AnswerShape.VALID, **more: Any) -> Answer:
    """One answer to a document."""
    return Answer(shape=shape, value=value, text=text, document=more.pop("document", "d1"), **more)


def kept(*answers: Answer) -> dict[str, KeptAnswer]:
    """Answers as they come back from a journal."""
    return documents.answers(case(documents.material(answers, SCHEMA_VALID)))


def test_an_answer_comes_back_as_it_was_judged() -> None:
    """Right or wrong, how long, and how it begins."""
    found = kept(answer("x" * 500, tokens=7), answer("y", document="d2", shape=AnswerShape.NOT_JSON))

    assert (found["d1"].right, found["d1"].tokens, found["d1"].text) == (True, 7, "x" * 160)
    assert (found["d2"].right, found["d2"].tokens) == (False, None)


def test_the_order_of_json_and_its_spaces_mean_nothing() -> None:
    """What is parsed alike means the same; what is not JSON means its text, and another shape is another answer."""
    assert kept(answer('{"a": 1}', {"a": 1, "b": 2})) != kept(answer('{"a":1}', {"b": 2, "a": 1}))
    same = [
        kept(answer(text, value))["d1"].meaning
        for text, value in (("one", {"a": 1, "b": 2}), ("two", {"b": 2, "a": 1}))
    ]
    other = [
        kept(one)["d1"].meaning
        for one in (answer("one", {"a": 2}), answer("one"), answer("two"), answer("one", shape=AnswerShape.FENCED))
    ]

    assert same[0] == same[1]
    assert len({same[0], *other}) == 5


def test_what_was_never_answered_is_kept_with_its_reason() -> None:
    """There is no text, so the detail stands in its place."""
    lost = answer(shape=AnswerShape.NO_ANSWER, detail="connection refused")

    found = kept(lost)["d1"]
    assert (found.right, found.answered, found.text, found.tokens) == (False, False, "connection refused", None)


def test_an_answer_to_no_document_is_not_kept() -> None:
    """The control asks about none."""
    assert documents.material([answer(document="")], SCHEMA_VALID) == {}


@pytest.mark.parametrize(
    "material",
    [{}, {"documents": []}, {"documents": {"d1": 1}}, {"documents": {"d1": {"right": "yes", "meaning": "m"}}}],
)
def test_what_another_release_wrote_is_no_answer(material: dict[str, Any]) -> None:
    """Nothing, or what is of another type, is left out."""
    assert documents.answers(case(material)) == {}
