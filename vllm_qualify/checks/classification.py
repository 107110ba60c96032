"""Judges of the classification: valid by schema, right by label, and a constraint that acts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace

from vllm_qualify.checks import percent
from vllm_qualify.checks.answers import SCHEMA_VALID, UNANSWERED, Answer, AnswerShape
from vllm_qualify.checks.comparison import documents
from vllm_qualify.client.exchanges import ChatReply, quote
from vllm_qualify.core import stats
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome

# With no failure among them, so many trials show 95 % at a confidence of 95 %.
ENOUGH = stats.trials_needed(0.95)

# What one answer is, and what several are.
_WORDS = {
    AnswerShape.VALID: ("is right", "are right"),
    AnswerShape.WRONG_LABEL: ("has a wrong label", "have a wrong label"),
    AnswerShape.VIOLATES_SCHEMA: ("breaks the schema", "break the schema"),
    AnswerShape.FENCED: ("is in a code fence", "are in a code fence"),
    AnswerShape.NOT_JSON: ("is not JSON", "are not JSON"),
    AnswerShape.UNCONSTRAINED: ("ignores the schema", "ignore the schema"),
    AnswerShape.JSON_IN_REASONING: ("is in the reasoning", "are in the reasoning"),
    AnswerShape.EMPTY: ("is empty", "are empty"),
    AnswerShape.TRUNCATED: ("was cut off at the token limit", "were cut off at the token limit"),
    AnswerShape.WHITESPACE_UNTIL_LIMIT: ("ran into blanks until the limit", "ran into blanks until the limit"),
    AnswerShape.HTTP_4XX: ("was refused with HTTP 4xx", "were refused with HTTP 4xx"),
    AnswerShape.HTTP_5XX: ("ended in HTTP 5xx", "ended in HTTP 5xx"),
    AnswerShape.NO_ANSWER: ("never came", "never came"),
}


def with_schema(answers: Sequence[Answer]) -> Judgement:
    """With ``response_format`` every single answer must satisfy the schema: the constraint promises it."""
    good = sum(answer.shape in SCHEMA_VALID for answer in answers)
    said = f"{good} of {len(answers)} answers satisfy the schema"
    seen = (_rate("schema-valid", good, len(answers), floor=1.0), *_counts(answers))
    if not answers:
        return _nothing(seen)
    if good < len(answers):
        message = f"{said} (needs all){_faults(answers, SCHEMA_VALID)}"
        return Judgement(outcome=Outcome.FAILED, message=message, observations=seen)
    return Judgement(outcome=Outcome.PASSED, message=said, observations=seen)


def without_schema(answers: Sequence[Answer], *, floor: float) -> Judgement:
    """Without ``response_format`` the answers must satisfy the schema as they are, at the rate of the floor."""
    judged = _against_floor(answers, SCHEMA_VALID, floor=floor, what="answers valid as they are")
    return replace(judged, material=documents.material(answers, SCHEMA_VALID))


def labels(answers: Sequence[Answer], *, floor: float) -> Judgement:
    """The labels must be right at the rate of the floor, by exact match.

    Passed where the one-sided 95 % lower bound (Wilson) reaches the floor and there were at least 59 documents; failed
    where the upper bound does not reach it; inconclusive in between.

    Args:
        answers: one a document, read with its expectation.
        floor: share of right answers that is needed, 0 to 1.
    """
    judged = _against_floor(answers, {AnswerShape.VALID}, floor=floor, what="documents answered right")
    return replace(judged, material=documents.material(answers, {AnswerShape.VALID}))


def control(unconstrained: Answer, constrained: Answer) -> Judgement:
    """The negative control: one prompt that breaks the schema by itself, asked without and with the schema.

    Args:
        unconstrained: read without ``response_format``; it must break the schema, or the control shows nothing.
        constrained: read with it; it must satisfy the schema.
    """
    seen = (
        Observation(name="unconstrained", value=unconstrained.shape.value),
        Observation(name="constrained", value=constrained.shape.value),
    )
    outcome, message = _control(unconstrained, constrained)
    return Judgement(outcome=outcome, message=message, observations=seen)


def _control(unconstrained: Answer, constrained: Answer) -> tuple[Outcome, str]:
    ignored = {
        AnswerShape.UNCONSTRAINED,
        AnswerShape.NOT_JSON,
        AnswerShape.FENCED,
        AnswerShape.VIOLATES_SCHEMA,
    }
    if constrained.shape in ignored:
        return Outcome.FAILED, f"the constraint is ignored (HTTP 200): answered {constrained.detail}"
    if constrained.shape not in SCHEMA_VALID:
        return Outcome.FAILED, f"with the schema, the answer {_WORDS[constrained.shape][0]}: {constrained.detail}"
    if unconstrained.shape in UNANSWERED:
        return Outcome.INCONCLUSIVE, f"without the schema, no answer came: {unconstrained.detail}"
    if unconstrained.shape in SCHEMA_VALID:
        return Outcome.INCONCLUSIVE, "the prompt alone satisfies the schema, so the control proves nothing"
    return Outcome.PASSED, f"the constraint acts: without it, the answer {_WORDS[unconstrained.shape][0]}"


def invalid_schema(reply: ChatReply) -> Judgement:
    """A schema that is none must be refused with HTTP 4xx; anything else hides a mistake or costs the engine."""
    seen = (Observation(name="status", value=reply.status, limit=Limit(low=400, high=499)),)
    if reply.failure is not None:
        outcome, message = Outcome.FAILED, f"an invalid schema got no answer: {reply.failure}; expected HTTP 4xx"
    elif 400 <= reply.status < 500:  # noqa: PLR2004 - the client errors of HTTP.
        outcome, message = Outcome.PASSED, f"an invalid schema is rejected with HTTP {reply.status}"
    else:
        said = quote(reply.content or reply.body)
        outcome, message = Outcome.FAILED, f"an invalid schema got HTTP {reply.status}: {said}; expected HTTP 4xx"
    return Judgement(outcome=outcome, message=message, observations=seen)


def _against_floor(answers: Sequence[Answer], good: Collection[AnswerShape], *, floor: float, what: str) -> Judgement:
    hits, total = sum(answer.shape in good for answer in answers), len(answers)
    bounds = stats.proportion(hits, total, one_sided=True)
    both = stats.proportion(hits, total)
    seen = (
        _rate("accuracy", hits, total, floor=floor),
        Observation(name="interval-low", value=both.low),
        Observation(name="interval-high", value=both.high),
        Observation(name="lower-bound", value=bounds.low, limit=Limit(low=floor)),
        *_counts(answers),
    )
    said = f"{hits} of {total} {what} (needs at least {percent(floor)})"
    faults = _faults(answers, good)
    if not answers:
        return _nothing(seen)
    if bounds.high < floor:
        return Judgement(outcome=Outcome.FAILED, message=said + faults, observations=seen)
    if total < ENOUGH:
        message = f"{said}, but {total} are too few; {ENOUGH} are needed{faults}"
        return Judgement(outcome=Outcome.INCONCLUSIVE, message=message, observations=seen)
    # No sample shows 100 % for sure; a floor of 100 % asks that none of these documents is wrong.
    if bounds.low < floor and not (hits == total and floor == 1):
        message = f"{said}, which shows only {percent(bounds.low)} for sure{faults}"
        return Judgement(outcome=Outcome.INCONCLUSIVE, message=message, observations=seen)
    return Judgement(outcome=Outcome.PASSED, message=said + faults, observations=seen)


def _rate(name: str, hits: int, total: int, *, floor: float) -> Observation:
    return Observation(name=name, value=hits / total if total else 0.0, limit=Limit(low=floor))


def _nothing(seen: tuple[Observation, ...]) -> Judgement:
    return Judgement(
        outcome=Outcome.INCONCLUSIVE, message="no document was sent, so nothing is shown", observations=seen
    )


def _counts(answers: Sequence[Answer]) -> tuple[Observation, ...]:
    counts = Counter(answer.shape for answer in answers)
    return tuple(Observation(name=shape.value, value=counts[shape]) for shape in AnswerShape if counts[shape])


def _faults(answers: Sequence[Answer], good: Collection[AnswerShape]) -> str:
    """How the bad ones turned out, the commonest first, and the first of them in its own words."""
    bad = [answer for answer in answers if answer.shape not in good]
    if not bad:
        return ""
    counts = Counter(answer.shape for answer in bad).most_common()
    parts = [f"{n} answer{'s' * (n > 1)} {_WORDS[shape][n > 1]}" for shape, n in counts]
    return f": {', '.join(parts)}; the first: {bad[0].detail}"
