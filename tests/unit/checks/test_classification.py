"""The classification is judged by what its numbers can show, and every failure shape is counted by name."""

from __future__ import annotations

import pytest

from vllm_qualify.checks import classification
from vllm_qualify.checks.answers import Answer, AnswerShape
from vllm_qualify.client.exchanges import ChatReply
from vllm_qualify.client.failures import Failure, FailureKind
from vllm_qualify.core.records import Judgement, Outcome

VALID = Answer(shape=AnswerShape.VALID)
WRONG = Answer(shape=AnswerShape.WRONG_LABEL, detail="title: expected 'a', seen 'b'")
BROKEN = Answer(shape=AnswerShape.VIOLATES_SCHEMA, detail="$: 'title' is a required property")
GARBAGE = Answer(shape=AnswerShape.NOT_JSON, detail="'ööö…'")
IGNORED = Answer(shape=AnswerShape.UNCONSTRAINED, detail="'Sure!'")
FENCED = Answer(shape=AnswerShape.FENCED, detail="'```'")
REFUSED = Answer(shape=AnswerShape.HTTP_4XX, detail="HTTP 400: 'no'")
BLANKS = Answer(shape=AnswerShape.WHITESPACE_UNTIL_LIMIT, detail="99 blanks and nothing else")


def counts(judgement: Judgement) -> dict[str, object]:
    """The observations by name."""
    return {seen.name: seen.value for seen in judgement.observations}


def test_garbage_fails_in_plain_words() -> None:
    """The message of a model that answers garbage holds the numbers, the need, the shape and an example."""
    judgement = classification.labels([GARBAGE] * 72, floor=0.95)

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message == (
        "0 of 72 documents answered right (needs at least 95 %): 72 answers are not JSON; the first: 'ööö…'"
    )


@pytest.mark.parametrize(
    ("right", "wrong", "outcome"),
    [
        (59, 0, Outcome.PASSED),
        (58, 0, Outcome.INCONCLUSIVE),
        (40, 0, Outcome.INCONCLUSIVE),
        (0, 40, Outcome.FAILED),
        (71, 1, Outcome.INCONCLUSIVE),
        (66, 6, Outcome.INCONCLUSIVE),
        (60, 12, Outcome.FAILED),
        (0, 0, Outcome.INCONCLUSIVE),
    ],
)
def test_labels_against_a_floor_of_95_percent(right: int, wrong: int, outcome: Outcome) -> None:
    """Passed needs 59 documents and a lower bound at the floor; failed needs proof too; the rest is undecided."""
    answers = [VALID] * right + [WRONG] * wrong

    assert classification.labels(answers, floor=0.95).outcome is outcome


def test_few_errors_pass_a_lower_floor_and_are_named() -> None:
    """71 of 72 shows 90 %, and the one that was wrong is still told."""
    judgement = classification.labels([*[VALID] * 71, WRONG], floor=0.90)

    assert judgement.outcome is Outcome.PASSED
    assert "1 answer has a wrong label; the first: title: expected 'a', seen 'b'" in judgement.message


@pytest.mark.parametrize(("wrong", "outcome"), [(0, Outcome.PASSED), (1, Outcome.FAILED)])
def test_floor_of_100_percent_forgives_nothing(wrong: int, outcome: Outcome) -> None:
    """No sample proves 100 %, so that floor means: none of these documents wrong."""
    assert classification.labels([*[VALID] * 60, *[WRONG] * wrong], floor=1.0).outcome is outcome


def test_interval_is_observed() -> None:
    """The accuracy stands beside its two-sided interval and the bound that decides."""
    seen = counts(classification.labels([*[VALID] * 71, WRONG], floor=0.9))

    assert seen["accuracy"] == 71 / 72
    assert seen["interval-low"] == pytest.approx(0.9254, abs=5e-4)
    assert seen["interval-high"] == pytest.approx(0.9975, abs=5e-4)
    assert float(str(seen["interval-low"])) < float(str(seen["lower-bound"])) < 71 / 72


@pytest.mark.parametrize("shape", [shape for shape in AnswerShape if shape is not AnswerShape.VALID])
def test_every_failure_shape_is_counted_and_worded(shape: AnswerShape) -> None:
    """No two shapes share their count or their words."""
    answers = [*[VALID] * 59, Answer(shape=shape, detail="seen"), Answer(shape=shape, detail="seen")]

    judgement = classification.labels(answers, floor=0.5)
    words = {classification._WORDS[other][1] for other in AnswerShape if other is not shape}

    assert counts(judgement)[shape.value] == 2
    assert not any(f"2 answers {others};" in judgement.message for others in words)
    assert f"2 answers {classification._WORDS[shape][1]}; the first: seen" in judgement.message


def test_with_schema_every_answer_must_satisfy_it() -> None:
    """One violation among many is a failure of the constraint; a wrong label is not."""
    assert classification.with_schema([VALID, WRONG]).outcome is Outcome.PASSED
    judgement = classification.with_schema([*[VALID] * 99, BROKEN])

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message.startswith("99 of 100 answers satisfy the schema (needs all): 1 answer breaks the schema")


def test_commonest_fault_comes_first() -> None:
    """Among several shapes the commonest is named first, the example is the first that happened."""
    message = classification.with_schema([FENCED, BLANKS, BLANKS]).message

    assert "2 answers ran into blanks until the limit, 1 answer is in a code fence; the first: '```'" in message


def test_nothing_asked_shows_nothing() -> None:
    """An empty run is never a pass."""
    assert classification.with_schema([]).outcome is Outcome.INCONCLUSIVE
    assert classification.without_schema([], floor=0.9).outcome is Outcome.INCONCLUSIVE


def test_without_schema_labels_do_not_matter() -> None:
    """Free answers are held against the schema only, as they are."""
    assert classification.without_schema([WRONG] * 60, floor=0.9).outcome is Outcome.PASSED
    assert classification.without_schema([FENCED] * 60, floor=0.9).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("unconstrained", "constrained", "outcome", "reason"),
    [
        (GARBAGE, VALID, Outcome.PASSED, "the constraint acts: without it, the answer is not JSON"),
        (GARBAGE, IGNORED, Outcome.FAILED, "the constraint is ignored (HTTP 200): answered 'Sure!'"),
        (GARBAGE, BROKEN, Outcome.FAILED, "the constraint is ignored (HTTP 200)"),
        (FENCED, FENCED, Outcome.FAILED, "the constraint is ignored (HTTP 200)"),
        (GARBAGE, REFUSED, Outcome.FAILED, "with the schema, the answer was refused with HTTP 4xx: HTTP 400"),
        (GARBAGE, BLANKS, Outcome.FAILED, "with the schema, the answer ran into blanks"),
        (VALID, VALID, Outcome.INCONCLUSIVE, "so the control proves nothing"),
        (REFUSED, VALID, Outcome.INCONCLUSIVE, "without the schema, no answer came"),
    ],
)
def test_negative_control(unconstrained: Answer, constrained: Answer, outcome: Outcome, reason: str) -> None:
    """The constraint must make the difference; where the prompt makes none, nothing is shown."""
    judgement = classification.control(unconstrained, constrained)

    assert judgement.outcome is outcome
    assert reason in judgement.message


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (ChatReply(status=400), Outcome.PASSED),
        (ChatReply(status=422), Outcome.PASSED),
        (ChatReply(status=200, content="{}"), Outcome.FAILED),
        (ChatReply(status=500), Outcome.FAILED),
        (ChatReply(failure=Failure(kind=FailureKind.RESET)), Outcome.FAILED),
    ],
)
def test_invalid_schema_must_be_refused(reply: ChatReply, outcome: Outcome) -> None:
    """Anything but a client error hides the mistake or costs the engine."""
    assert classification.invalid_schema(reply).outcome is outcome
