"""Judges of structured output: each feature of a schema, each spelling, and a schema beside reasoning. Pure.

For suites structured_output and r1_mode. A refusal is an honest answer: whoever sends such a schema hears of it. What
counts is an HTTP 200 whose answer does not keep what was asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from packaging.version import Version

from vllm_qualify.checks.answers import Answer, AnswerShape
from vllm_qualify.checks.schema_probes import EFFECTS, IGNORED, REFUSED, WORKS, FeatureAnswer, SpellingAnswer
from vllm_qualify.client.exchanges import ChatReply
from vllm_qualify.core.records import Judgement, Observation, Outcome


def features(asked: Sequence[FeatureAnswer], *, used: Collection[str]) -> Judgement:
    """Each feature must be kept, or be refused.

    Failed where one is not kept that the operator's own schema uses or that every release keeps, or where one is
    refused that the operator's schema uses. What only some releases keep is a warning, and so is any other refusal.

    Args:
        asked: what came of each.
        used: names of the features that the operator's schema uses.
    """
    seen, kept = _told({one.feature.name: _effect(one) for one in asked})
    works = sum(_effect(one) == WORKS for one in asked)
    lost = [one for one in asked if _lost(one, used)]
    unkept = [one for one in asked if one not in lost and _effect(one) != WORKS]
    message = f"{works} of {len(asked)} features of JSON Schema are kept"
    if lost:
        first = lost[0]
        message += f"; {_listed(lost, used)}; the first: {first.answer.detail}"
        return Judgement(outcome=Outcome.FAILED, message=message, observations=seen, material=kept)
    if unkept:
        message += f"; {_listed(unkept, used)}; leave these out of your schemas"
        return Judgement(outcome=Outcome.WARNED, message=message, observations=seen, material=kept)
    return Judgement(outcome=Outcome.PASSED, message=message, observations=seen, material=kept)


def spellings(asked: Sequence[SpellingAnswer], *, release: Version | None) -> Judgement:
    """Told apart is whether a spelling works, is refused, or is ignored with HTTP 200; nothing of it is a failure.

    What is ignored is a warning all the same: the caller gets free text and hears nothing.

    Args:
        asked: what came of each.
        release: the one that the image's tag names; ``None`` where it names none.
    """
    seen, kept = _told({one.spelling.name: one.effect for one in asked})
    unlike = [one for one in asked if one.spelling.expected(release) not in {"", one.effect}]
    odd = [one for one in asked if one.effect not in {WORKS, REFUSED}]
    told = "; ".join(
        f"{effect}: {', '.join(one.spelling.name for one in asked if one.effect == effect)}"
        for effect in dict.fromkeys(one.effect for one in asked)
    )
    if unlike:
        told += f"; unlike what is known of vLLM {release}: " + ", ".join(
            f"{one.spelling.name} {one.spelling.expected(release)}" for one in unlike
        )
    if odd and any(one.effect == IGNORED for one in odd):
        told += "; what is ignored gets HTTP 200 and free text, so move callers to a spelling that works"
    return Judgement(outcome=Outcome.WARNED if odd else Outcome.PASSED, message=told, observations=seen, material=kept)


def with_reasoning(answer: Answer, reply: ChatReply, *, parser: bool) -> Judgement:
    """A schema beside a reasoning parser: the chain of thought apart, and one JSON document as the content.

    Args:
        answer: the content, read with the schema.
        reply: what came back.
        parser: a reasoning parser is configured; without one the schema holds from the first token on.
    """
    reasoning = len(reply.reasoning.strip())
    seen = (
        Observation(name="answer", value=EFFECTS[answer.shape]),
        Observation(name="reasoning", value=reasoning, unit="characters"),
    )
    outcome, message = _with_reasoning(answer, reply, parser=parser)
    return Judgement(outcome=outcome, message=message, observations=seen)


def _with_reasoning(answer: Answer, reply: ChatReply, *, parser: bool) -> tuple[Outcome, str]:
    reasoning = reply.reasoning.strip()
    if answer.shape is AnswerShape.TRUNCATED and reasoning and not reply.content.strip():
        return (
            Outcome.INCONCLUSIVE,
            "the chain of thought ran to the token limit, so no answer came to hold to the schema",
        )
    if answer.shape is not AnswerShape.VALID:
        return Outcome.FAILED, f"with a schema, the content is not one JSON document by it: {answer.detail}"
    if reasoning:
        return Outcome.PASSED, f"one JSON document by the schema, after {len(reasoning)} characters of reasoning"
    if parser:
        return Outcome.WARNED, "one JSON document by the schema, but the schema switched the reasoning off"
    return (
        Outcome.PASSED,
        "one JSON document by the schema; no reasoning was expected, because no reasoning parser is configured",
    )


def _told(effects: dict[str, str]) -> tuple[tuple[Observation, ...], dict[str, Any]]:
    """What became of each, for people and for comparisons."""
    return tuple(Observation(name=name, value=effect) for name, effect in effects.items()), {"effects": effects}


def _effect(one: FeatureAnswer) -> str:
    return EFFECTS[one.answer.shape]


def _lost(one: FeatureAnswer, used: Collection[str]) -> bool:
    effect = _effect(one)
    if effect == REFUSED:
        return one.feature.name in used
    return effect != WORKS and (one.feature.everywhere or one.feature.name in used)


def _listed(those: Iterable[FeatureAnswer], used: Collection[str]) -> str:
    """By what became of them, in the order in which that was first seen; those that the operator uses are marked."""
    groups: dict[str, list[str]] = {}
    for one in those:
        name = one.feature.name
        groups.setdefault(_effect(one), []).append(f"{name} (your schema uses it)" if name in used else name)
    return "; ".join(f"{effect}: {', '.join(names)}" for effect, names in groups.items())
