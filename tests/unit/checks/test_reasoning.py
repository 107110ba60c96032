"""Reasoning is a chain apart from the content and the right number at its end; and back again is as before."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks import reasoning
from vllm_qualify.checks.answers import Answer, AnswerShape
from vllm_qualify.client.exchanges import ChatReply, Chunk, StreamSample, Usage
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.core.records import Outcome

VALID = Answer(shape=AnswerShape.VALID)
FENCED = Answer(shape=AnswerShape.FENCED, detail="'```'")
WRONG = Answer(shape=AnswerShape.WRONG_LABEL, detail="title: expected 'a', seen 'b'")
WORSE = Answer(shape=AnswerShape.WRONG_LABEL, detail="title: expected 'a', seen 'c'")


def said(content: str, *, chain: str = "", finish_reason: str = "stop") -> ChatReply:
    """A complete reply with HTTP 200."""
    usage = Usage(prompt=1, completion=1)
    return ChatReply(status=200, content=content, reasoning=chain, finish_reason=finish_reason, usage=usage)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("17 + 25 = 42", 42),
        ("The answer is **42**.", 42),
        (r"\boxed{42}", 42),
        ("It is 1,234.", 1234),
        ("first 3, then 4", 4),
        ("5-3", 3),
        ("(2)-1", 1),
        ("= -3", -3),
        ("= −3", -3),  # noqa: RUF001 - models write the typographic minus.
        ("x is 7 or 12.50", 7),
        ("1.5", None),
        ("none", None),
    ],
)
def test_last_integer(text: str, number: int | None) -> None:
    """The last whole number is found in the ways that models write one; a decimal is none."""
    assert reasoning.last_integer(text) == number


@given(number=st.integers(-(10**9), 10**9))
def test_last_integer_reads_what_is_written(number: int) -> None:
    """Any whole number is read back, plain or with its thousands grouped."""
    assert reasoning.last_integer(f"so 7 gives {number}.") == number
    assert reasoning.last_integer(f"so 7 gives {number:,}.") == number


def test_chain_and_right_number_pass() -> None:
    """With a parser the chain stands apart, and the number in the content decides."""
    judgement = reasoning.answer(said("17 + 25 = 42", chain="add 43"), expected=42, parser=True)

    assert judgement.outcome is Outcome.PASSED
    assert judgement.message == "the answer 42 is right, after 6 characters of reasoning"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (said("41", chain="42"), "expected 42, the content says '41'"),
        (said("42"), "no chain of reasoning"),
        (said("42", chain=" \n"), "no chain of reasoning"),
        (said("", chain="42"), "the content is empty"),
        (said("hm</think>42", chain="x"), "a think tag remains in the content"),
        (said("<think>42", chain="x"), "a think tag remains in the content"),
        (said("", chain="42 or", finish_reason="length"), "cut off at the token limit"),
        (ChatReply(failure=Failure(kind=FailureKind.RESET)), "connection reset"),
        (ChatReply(status=500), "HTTP 500"),
    ],
)
def test_faults_of_an_answer(reply: ChatReply, reason: str) -> None:
    """Each way to miss is a failure with its own words."""
    judgement = reasoning.answer(reply, expected=42, parser=True)

    assert judgement.outcome is Outcome.FAILED
    assert reason in judgement.message


@pytest.mark.parametrize("content", ["<think>17 and 25</think>\n42", "17 and 25</think>42"])
def test_chain_in_the_content_warns_without_a_parser(content: str) -> None:
    """Without a parser the chain may come up to the closing tag, opened by the template or not; that is said."""
    judgement = reasoning.answer(said(content), expected=42, parser=False)

    assert judgement.outcome is Outcome.PASSED
    assert "no reasoning parser is configured" in judgement.message


@pytest.mark.parametrize("content", ["<think>17 and 25</think>\n42", "17 and 25</think>42"])
def test_chain_in_the_content_fails_with_a_parser(content: str) -> None:
    """With a parser configured the same content shows that it did not work."""
    assert reasoning.answer(said(content), expected=42, parser=True).outcome is Outcome.FAILED


@pytest.mark.parametrize("content", ["42", "</think>42", "<think>42", "<think>17</think>41"])
def test_without_a_parser_there_must_still_be_a_chain_and_the_number(content: str) -> None:
    """No chain, an unclosed one, or a wrong number fails without a parser too."""
    assert reasoning.answer(said(content), expected=42, parser=False).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        ((VALID, WRONG), (VALID, WRONG), Outcome.PASSED),
        ((VALID, VALID), (VALID, FENCED), Outcome.FAILED),
        ((VALID, FENCED), (VALID, VALID), Outcome.FAILED),
        ((WRONG,), (WORSE,), Outcome.FAILED),
        ((), (), Outcome.INCONCLUSIVE),
        ((VALID, VALID), (VALID,), Outcome.INCONCLUSIVE),
    ],
)
def test_back_again(before: tuple[Answer, ...], after: tuple[Answer, ...], outcome: Outcome) -> None:
    """Shape and label must be as before; nothing compared shows nothing."""
    assert reasoning.back_again(before, after).outcome is outcome


def test_back_again_forgives_wording() -> None:
    """Two answers that fail alike in other words turned out alike."""
    other = Answer(shape=AnswerShape.FENCED, detail="'```json'")

    assert reasoning.back_again((FENCED,), (other,)).outcome is Outcome.PASSED


def test_back_again_names_the_first_change() -> None:
    """The reader learns how many changed and what the first became."""
    message = reasoning.back_again((VALID, VALID), (VALID, FENCED)).message

    assert message == (
        "1 of 2 documents had other results after the switch; document 2: valid before, fenced after: '```'"
    )


STREAM = StreamSample(
    status=200,
    chunks=(Chunk(at=0.5, tokens=1, reasoning="add 43"), Chunk(at=0.6, tokens=1, content="17 + 25 = 42")),
    finish_reason="stop",
    usage=Usage(prompt=1, completion=2),
    done=True,
)


def test_a_streamed_chain_and_the_right_number_pass() -> None:
    """As an answer that comes whole."""
    assert reasoning.streamed(STREAM, expected=42, parser=True).outcome is Outcome.PASSED


@pytest.mark.parametrize(
    "broken",
    [replace(STREAM, done=False), replace(STREAM, finish_reason=""), replace(STREAM, usage=None)],
    ids=["no [DONE]", "no finish reason", "no usage"],
)
def test_a_stream_that_does_not_end_as_streams_do_fails(broken: StreamSample) -> None:
    """Whatever it said by then: callers wait for its end."""
    judgement = reasoning.streamed(broken, expected=42, parser=True)

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message.startswith("the stream: ")
