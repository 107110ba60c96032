"""Structured output is judged by what callers are left with: a refusal is honest, free text with HTTP 200 is not."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from packaging.version import Version

from vllm_qualify.checks import structured_output
from vllm_qualify.checks.answers import Answer, AnswerShape
from vllm_qualify.checks.schema_features import FEATURES
from vllm_qualify.checks.schema_probes import SPELLINGS, FeatureAnswer, SpellingAnswer
from vllm_qualify.client.exchanges import ChatReply
from vllm_qualify.core.records import Judgement, Outcome

VALID = Answer(shape=AnswerShape.VALID)
VIOLATES = Answer(shape=AnswerShape.VIOLATES_SCHEMA, detail="$.verdict: 'lion' does not match")
REFUSED = Answer(shape=AnswerShape.HTTP_4XX, detail="HTTP 400: 'no such keyword'")
BLANKS = Answer(shape=AnswerShape.WHITESPACE_UNTIL_LIMIT, detail="99 blanks after '{'")
IGNORED = Answer(shape=AnswerShape.UNCONSTRAINED, detail="'It is a letter.'")
CUT = Answer(shape=AnswerShape.TRUNCATED, detail="no content, only reasoning: 'hm'")


def features(answers: Mapping[str, Answer], *, used: frozenset[str] = frozenset()) -> Judgement:
    """The judgement where the named features turned out so, and all others are kept."""
    asked = [FeatureAnswer(feature=one, answer=answers.get(one.name, VALID)) for one in FEATURES]
    return structured_output.features(asked, used=used)


def spellings(effects: Mapping[str, str], *, release: str | None = None) -> Judgement:
    """The judgement where the named spellings came to this, and all others work."""
    asked = [SpellingAnswer(spelling=one, effect=effects.get(one.name, "works")) for one in SPELLINGS]
    return structured_output.spellings(asked, release=Version(release) if release else None)


def test_all_features_kept_passes_and_each_is_shown() -> None:
    """One observation a feature, and the same for comparisons."""
    judgement = features({})

    assert judgement.outcome is Outcome.PASSED
    assert judgement.message == f"{len(FEATURES)} of {len(FEATURES)} features of JSON Schema are kept"
    assert {seen.value for seen in judgement.observations} == {"works"}
    assert judgement.material["effects"]["pattern"] == "works"


@pytest.mark.parametrize("answer", [VIOLATES, IGNORED, BLANKS, CUT], ids=lambda answer: answer.shape.value)
def test_what_every_release_keeps_must_be_kept(answer: Answer) -> None:
    """However it is broken; the first is shown in the server's words."""
    judgement = features({"pattern": answer})

    assert judgement.outcome is Outcome.FAILED
    assert judgement.message.endswith(f"pattern; the first: {answer.detail}")


def test_a_refusal_is_honest() -> None:
    """The caller hears of it, so it is a warning with what to do."""
    judgement = features({"pattern": REFUSED, "uniqueItems": REFUSED, "multipleOf": VIOLATES})

    assert judgement.outcome is Outcome.WARNED
    assert judgement.message == (
        f"{len(FEATURES) - 3} of {len(FEATURES)} features of JSON Schema are kept; "
        "violates: multipleOf; refused: pattern, uniqueItems; leave these out of your schemas"
    )


@pytest.mark.parametrize("answer", [REFUSED, VIOLATES], ids=lambda answer: answer.shape.value)
def test_what_the_operator_uses_must_be_kept(answer: Answer) -> None:
    """Also where other releases do not keep it, and a refusal is no help to callers that send it."""
    judgement = features({"multipleOf": answer}, used=frozenset({"multipleOf"}))

    assert judgement.outcome is Outcome.FAILED
    assert "multipleOf (your schema uses it)" in judgement.message


def test_spellings_that_all_work_pass() -> None:
    """And are named."""
    judgement = spellings({}, release="0.11.0")

    assert judgement.outcome is Outcome.PASSED
    assert judgement.message == "works: " + ", ".join(one.name for one in SPELLINGS)


def test_an_ignored_spelling_is_a_warning_even_where_it_is_known() -> None:
    """It fails open: whoever sends it gets free text."""
    old = dict.fromkeys(("guided_choice", "guided_json", "guided_regex"), "ignored")

    judgement = spellings(old, release="0.12.0")

    assert judgement.outcome is Outcome.WARNED
    assert "ignored: guided_json, guided_choice, guided_regex" in judgement.message
    assert "unlike" not in judgement.message
    assert judgement.message.endswith("so move callers to a spelling that works")


def test_a_refused_spelling_is_a_fact() -> None:
    """Nothing of it is hidden from the caller."""
    assert spellings({"guided_json": "refused"}).outcome is Outcome.PASSED


def test_a_spelling_unlike_its_release_is_told() -> None:
    """The image is not what its tag says, or the table is out of date."""
    judgement = spellings({"guided_json": "ignored"}, release="0.8.5")

    assert "unlike what is known of vLLM 0.8.5: structured_outputs json ignored" in judgement.message
    assert "guided_json works" in judgement.message


@pytest.mark.parametrize(
    ("answer", "reasoning", "parser", "outcome"),
    [
        (VALID, "997 + 4", True, Outcome.PASSED),
        (VALID, " ", True, Outcome.WARNED),
        (VALID, "", False, Outcome.PASSED),
        (IGNORED, "997 + 4", True, Outcome.FAILED),
        (Answer(shape=AnswerShape.JSON_IN_REASONING, detail="'{}'"), "{}", True, Outcome.FAILED),
        (CUT, "hm", True, Outcome.INCONCLUSIVE),
        (Answer(shape=AnswerShape.TRUNCATED, detail="'{'"), "hm", True, Outcome.FAILED),
    ],
)
def test_a_schema_beside_reasoning(answer: Answer, reasoning: str, *, parser: bool, outcome: Outcome) -> None:
    """A chain apart and one JSON document; a chain that never ends shows nothing of the schema."""
    content = "{" if answer.detail == "'{'" else ""

    judgement = structured_output.with_reasoning(
        answer, ChatReply(status=200, content=content, reasoning=reasoning), parser=parser
    )

    assert judgement.outcome is outcome
    assert [seen.name for seen in judgement.observations] == ["answer", "reasoning"]
