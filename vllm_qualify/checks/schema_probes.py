"""Asks one short request for each feature of a schema, and for each spelling of a constraint. Works on any client.

The prompt asks for prose, which fits none of the schemas: what comes back valid was forced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from packaging.version import Version

from vllm_qualify.checks import answers, prompts
from vllm_qualify.checks.answers import Answer, AnswerShape
from vllm_qualify.checks.prompts import PromptClient, Sum, Workload
from vllm_qualify.checks.schema_features import FEATURES, SchemaFeature
from vllm_qualify.client.exchanges import HTTP_OK, ChatReply, ChatRequest, quote

EFFECTS = {
    AnswerShape.VALID: "works",
    AnswerShape.VIOLATES_SCHEMA: "violates",
    AnswerShape.FENCED: "ignored",
    AnswerShape.NOT_JSON: "ignored",
    AnswerShape.UNCONSTRAINED: "ignored",
    AnswerShape.JSON_IN_REASONING: "in the reasoning",
    AnswerShape.EMPTY: "empty",
    AnswerShape.TRUNCATED: "truncated",
    AnswerShape.WHITESPACE_UNTIL_LIMIT: "whitespace to the limit",
    AnswerShape.HTTP_4XX: "refused",
    AnswerShape.HTTP_5XX: "HTTP 5xx",
    AnswerShape.NO_ANSWER: "no answer",
}
"""What a constraint did to an answer, in words that stay: runs are compared by them."""
WORKS, REFUSED, IGNORED = "works", "refused", "ignored"

_GONE = frozenset({AnswerShape.HTTP_5XX, AnswerShape.NO_ANSWER})
_NOT_ASKED = Answer(shape=AnswerShape.NO_ANSWER, detail="not sent: the request before it got no answer")
_VERDICT = prompts.CONTROL_SCHEMA
# A model that would rather write prose fills a schema up with blanks, which JSON allows; a penalty on repeats ends it.
# Blanks without end in the operator's own work are for CLASSIFY to find.
_NO_BLANKS: Mapping[str, Any] = {"frequency_penalty": 2.0}
_CHOICES = ["zebra-7", "zebra-9"]
_REGEX = re.compile("zebra-[0-9]{3}")
_SPELLING_TOKENS = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureAnswer:
    """One feature and what came of it."""

    feature: SchemaFeature
    answer: Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelling:
    """One way to ask for a constraint.

    Attributes:
        name: as the field of the request is called.
        fields: of the body.
        held: whether a content keeps the constraint.
        known: what releases of vLLM make of it, from the release that the entry names; docs/explanation/behaviour.md.
    """

    name: str
    fields: Mapping[str, Any]
    held: Callable[[str], bool]
    known: tuple[tuple[Version, str], ...]

    def expected(self, release: Version | None) -> str:
        """What a release is known to make of it; ``""`` where no release is named."""
        return next((state for since, state in reversed(self.known) if release is not None and release >= since), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class SpellingAnswer:
    """One spelling, what became of it (a word of ``EFFECTS``), and what was seen where it does not work."""

    spelling: Spelling
    effect: str
    detail: str = ""


def features(client: PromptClient, work: Workload, *, model: str) -> tuple[FeatureAnswer, ...]:
    """Ask for each feature; after a request without an answer nobody waits for those that are left."""
    found: list[FeatureAnswer] = []
    for feature in FEATURES:
        lost = bool(found) and found[-1].answer.shape in _GONE
        answer = _NOT_ASKED if lost else _asked(client, work, feature, model=model)
        found.append(FeatureAnswer(feature=feature, answer=answer))
    return tuple(found)


def spellings(client: PromptClient, work: Workload, *, model: str) -> tuple[SpellingAnswer, ...]:
    """Ask in each spelling."""
    plain = ChatRequest(model=model, prompt=_prose(work), max_tokens=_SPELLING_TOKENS)
    return tuple(
        _spelled(spelling, client.chat(replace(plain, extra={**_NO_BLANKS, **spelling.fields})))
        for spelling in SPELLINGS
    )


def reasoned(client: PromptClient, question: Sum, *, model: str) -> tuple[Answer, ChatReply]:
    """Ask a sum, whose answer must be JSON behind the chain of thought."""
    request = ChatRequest(
        model=model, prompt=question.question, max_tokens=prompts.REASONING_TOKENS, schema=REASONED_SCHEMA
    )
    reply = client.chat(request)
    return answers.read(reply, validator=answers.compile_schema(REASONED_SCHEMA), constrained=True), reply


REASONED_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"zebra": {"type": "integer", "minimum": 0, "maximum": 9999}},
    "required": ["zebra"],
    "additionalProperties": False,
}
"""A number whose name no model gives it by itself."""


def _asked(client: PromptClient, work: Workload, feature: SchemaFeature, *, model: str) -> Answer:
    request = ChatRequest(
        model=model, prompt=_prose(work), max_tokens=feature.tokens, schema=feature.schema, extra=_NO_BLANKS
    )
    return answers.read(client.chat(request), validator=answers.compile_schema(feature.schema), constrained=True)


def _prose(work: Workload) -> str:
    return work.describe.replace("{document}", work.documents[0].text)


def _spelled(spelling: Spelling, reply: ChatReply) -> SpellingAnswer:
    if reply.status == HTTP_OK and reply.failure is None:
        if spelling.held(reply.content):
            return SpellingAnswer(spelling=spelling, effect=WORKS)
        return SpellingAnswer(spelling=spelling, effect=IGNORED, detail=quote(reply.content))
    unanswered = answers.read(reply, validator=_VALIDATOR)
    return SpellingAnswer(spelling=spelling, effect=EFFECTS[unanswered.shape], detail=unanswered.detail)


_VALIDATOR = answers.compile_schema(_VERDICT)


def _is_verdict(content: str) -> bool:
    try:
        return bool(_VALIDATOR.is_valid(answers.parse(content)))
    except ValueError:
        return False


def _is_choice(content: str) -> bool:
    return content in _CHOICES


def _is_match(content: str) -> bool:
    return _REGEX.fullmatch(content) is not None


def _opens_object(content: str) -> bool:
    """An object without a schema may go on for ever, so its beginning must do."""
    return content.lstrip().startswith("{")


_ALWAYS = ((Version("0"), WORKS),)
# Removed in 0.12 and from then on a field like any other that nobody knows (vLLM #29326).
_OLD = ((Version("0"), WORKS), (Version("0.12.0"), IGNORED))
# vllm: sampling_params.py, entrypoints/openai/protocol.py of 0.11.0.
_NEW = ((Version("0"), IGNORED), (Version("0.11.0"), WORKS))

SPELLINGS: Sequence[Spelling] = (
    Spelling(
        name="response_format json_schema",
        fields={"response_format": {"type": "json_schema", "json_schema": {"name": "answer", "schema": _VERDICT}}},
        held=_is_verdict,
        known=_ALWAYS,
    ),
    Spelling(
        name="response_format json_object",
        fields={"response_format": {"type": "json_object"}},
        held=_opens_object,
        known=_ALWAYS,
    ),
    Spelling(
        name="structured_outputs json", fields={"structured_outputs": {"json": _VERDICT}}, held=_is_verdict, known=_NEW
    ),
    Spelling(
        name="structured_outputs choice",
        fields={"structured_outputs": {"choice": _CHOICES}},
        held=_is_choice,
        known=_NEW,
    ),
    Spelling(
        name="structured_outputs regex",
        fields={"structured_outputs": {"regex": _REGEX.pattern}},
        held=_is_match,
        known=_NEW,
    ),
    Spelling(name="guided_json", fields={"guided_json": _VERDICT}, held=_is_verdict, known=_OLD),
    Spelling(name="guided_choice", fields={"guided_choice": _CHOICES}, held=_is_choice, known=_OLD),
    Spelling(name="guided_regex", fields={"guided_regex": _REGEX.pattern}, held=_is_match, known=_OLD),
)
"""The OpenAI spelling first, then vLLM's own, new before old."""
