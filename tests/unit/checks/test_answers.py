"""Every shape of an answer is told from every other."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks import answers
from vllm_qualify.checks.answers import AnswerShape
from vllm_qualify.client.exchanges import ChatReply
from vllm_qualify.client.failures import Failure, FailureKind

SCHEMA = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "minLength": 1},
        "tags": {"type": "array", "items": {"type": "string"}},
        "correspondent": {"type": "string"},
        "date": {"type": "string", "format": "date"},
    },
    "required": ["title", "tags", "correspondent"],
    "additionalProperties": False,
}
EXPECTED = {"title": "Invoice 7", "tags": ["invoice", "power"], "correspondent": "Stadtwerke"}
RIGHT = json.dumps(EXPECTED)
VALIDATOR = answers.compile_schema(SCHEMA)


def said(content: str, *, finish_reason: str = "stop", reasoning: str = "") -> ChatReply:
    """A reply with HTTP 200."""
    return ChatReply(status=200, content=content, finish_reason=finish_reason, reasoning=reasoning)


def shape(reply: ChatReply, *, constrained: bool = False) -> AnswerShape:
    """The shape of a reply under the schema and expectation of this module."""
    return answers.read(reply, validator=VALIDATOR, expected=EXPECTED, constrained=constrained).shape


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (RIGHT, AnswerShape.VALID),
        (f" \n{RIGHT}\n", AnswerShape.VALID),
        (RIGHT.replace("Stadtwerke", "Telekom"), AnswerShape.WRONG_LABEL),
        (RIGHT.replace('"title"', '"name"'), AnswerShape.VIOLATES_SCHEMA),
        (RIGHT[:-1] + ', "date": "2024-02-30"}', AnswerShape.VIOLATES_SCHEMA),
        ("[]", AnswerShape.VIOLATES_SCHEMA),
        (f"```json\n{RIGHT}\n```", AnswerShape.FENCED),
        (f"Here it is: {RIGHT}", AnswerShape.NOT_JSON),
        (f"{RIGHT} Anything else?", AnswerShape.NOT_JSON),
        (RIGHT[:-1], AnswerShape.NOT_JSON),
        ("öööö", AnswerShape.NOT_JSON),
        ("", AnswerShape.EMPTY),
        ("\n \t", AnswerShape.EMPTY),
    ],
)
def test_shapes_of_finished_answers(content: str, wanted: AnswerShape) -> None:
    """An answer that ended by itself is taken as it is."""
    assert shape(said(content)) is wanted


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (RIGHT, AnswerShape.VALID),
        (RIGHT[:20], AnswerShape.TRUNCATED),
        ("```json\n{", AnswerShape.FENCED),
        ("\n" * 200, AnswerShape.WHITESPACE_UNTIL_LIMIT),
        ('{"title": "x",' + " \n" * 100, AnswerShape.WHITESPACE_UNTIL_LIMIT),
        (RIGHT + "\n" * 100, AnswerShape.WHITESPACE_UNTIL_LIMIT),
        (RIGHT[:20] + " ", AnswerShape.TRUNCATED),
    ],
)
def test_shapes_of_answers_that_met_the_limit(content: str, wanted: AnswerShape) -> None:
    """At the token limit a cut answer is told from one that ran away in blanks."""
    assert shape(said(content, finish_reason="length")) is wanted


@pytest.mark.parametrize("content", ["Sure, I can help!", f"Here: {RIGHT}"])
def test_free_text_under_a_constraint_shows_it_was_ignored(content: str) -> None:
    """With the schema sent along, finished text that is no JSON cannot have been constrained."""
    assert shape(said(content), constrained=True) is AnswerShape.UNCONSTRAINED


def test_answer_inside_the_reasoning() -> None:
    """The right JSON in the reasoning with an empty content is its own fault, not an empty answer."""
    assert shape(said("", reasoning=RIGHT)) is AnswerShape.JSON_IN_REASONING


def test_reasoning_that_never_ended() -> None:
    """A chain of thought that used all tokens leaves a truncated answer."""
    assert shape(said("", reasoning="Hmm, let me", finish_reason="length")) is AnswerShape.TRUNCATED


@pytest.mark.parametrize(
    ("reply", "wanted"),
    [
        (ChatReply(status=400, body="bad schema"), AnswerShape.HTTP_4XX),
        (ChatReply(status=499), AnswerShape.HTTP_4XX),
        (ChatReply(status=500), AnswerShape.HTTP_5XX),
        (ChatReply(status=503), AnswerShape.HTTP_5XX),
        (ChatReply(status=302), AnswerShape.NO_ANSWER),
        (ChatReply(failure=Failure(kind=FailureKind.RESET)), AnswerShape.NO_ANSWER),
        (ChatReply(status=500, failure=Failure(kind=FailureKind.CLOSED)), AnswerShape.NO_ANSWER),
    ],
)
def test_shapes_without_an_answer(reply: ChatReply, wanted: AnswerShape) -> None:
    """A refusal, an error of the server and silence are told apart; a transport that broke outranks the status."""
    assert shape(reply) is wanted


def test_cut_transport_is_no_answer_though_text_came() -> None:
    """A transport that broke after HTTP 200 gave no answer, whatever text it brought."""
    cut = ChatReply(status=200, content=RIGHT, failure=Failure(kind=FailureKind.CLOSED))

    assert shape(cut) is AnswerShape.NO_ANSWER


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1, "a": 2}', "key 'a' occurs twice"),
        ('{"a": NaN}', "NaN is not a JSON number"),
        ('{"a": -Infinity}', "-Infinity is not a JSON number"),
        ('{"a": 1e999}', "too large"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, "integer string conversion"),
    ],
)
def test_parse_refuses_what_the_standard_library_lets_pass(text: str, reason: str) -> None:
    """Repeated keys, NaN, infinities and bombs are no JSON, and the reason says which."""
    with pytest.raises(ValueError, match=reason):
        answers.parse(text)


def test_repeated_key_is_named_in_the_detail() -> None:
    """The reader sees why text that looks like JSON is none."""
    answer = answers.read(said('{"a": 1, "a": 2}'), validator=VALIDATOR)

    assert (answer.shape, answer.detail[:22]) == (AnswerShape.NOT_JSON, "key 'a' occurs twice: ")


def test_tags_have_no_order() -> None:
    """The same tags in another order are the same label; a tag more is not."""
    other = json.dumps(EXPECTED | {"tags": ["power", "invoice"]})
    more = json.dumps(EXPECTED | {"tags": ["power", "invoice", "invoice"]})

    assert (shape(said(other)), shape(said(more))) == (AnswerShape.VALID, AnswerShape.WRONG_LABEL)


def test_every_wrong_label_is_named() -> None:
    """The detail gives field, expectation and what was seen."""
    wrong = json.dumps(EXPECTED | {"title": "Bill", "tags": []})

    detail = answers.read(said(wrong), validator=VALIDATOR, expected=EXPECTED).detail

    assert detail.startswith("title: expected 'Invoice 7', seen 'Bill'; tags: expected")


@pytest.mark.parametrize(("seen", "wanted"), [(1, True), (0, False), (None, "null"), ("1", 1)])
def test_labels_of_unlike_types_differ(seen: object, wanted: object) -> None:
    """True is not 1 and null is not its word, though Python or a printout might say so."""
    answer = answers.read(said(json.dumps({"x": seen})), validator=answers.compile_schema({}), expected={"x": wanted})

    assert answer.shape is AnswerShape.WRONG_LABEL


def test_violation_says_where() -> None:
    """The detail of a violation names the place in the answer."""
    wrong = json.dumps(EXPECTED | {"tags": ["a", 5]})

    assert answers.read(said(wrong), validator=VALIDATOR).detail.startswith("$.tags[1]: ")


def test_bad_schema_is_refused_before_any_answer() -> None:
    """A schema that is none is a mistake of its author, not of the model."""
    with pytest.raises(answers.BadSchema, match=r"\$\.type: 'objekt' is not"):
        answers.compile_schema({"type": "objekt"})


# With half surrogate pairs, which JSON escapes can smuggle in and no file takes.
ANY_TEXT = st.text(st.characters(exclude_categories=()))


@given(content=ANY_TEXT, finish=st.sampled_from(["stop", "length", ""]), reasoning=ANY_TEXT)
def test_any_text_has_a_shape(content: str, finish: str, reasoning: str) -> None:
    """No text breaks the reader, and only the right answer is valid."""
    answer = answers.read(
        said(content, finish_reason=finish, reasoning=reasoning), validator=VALIDATOR, expected=EXPECTED
    )

    assert answer.shape is not AnswerShape.VALID
    assert answer.detail.encode()


@given(value=st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=20))
def test_parse_is_the_inverse_of_dumps(value: object) -> None:
    """Ordinary JSON comes back as it was."""
    assert answers.parse(json.dumps(value)) == value
