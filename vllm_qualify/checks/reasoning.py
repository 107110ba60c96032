"""Judges of the reasoning mode: a chain, then the right number; then back as before. For suite r1_mode. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from vllm_qualify.checks.answers import Answer, AnswerShape
from vllm_qualify.client.exchanges import ChatReply, StreamSample, quote
from vllm_qualify.core.records import Judgement, Observation, Outcome

_OPEN, _CLOSE = "<think>", "</think>"
# A whole number, thousands grouped or not; no part of a decimal, and a minus only where it is no subtraction.
_INTEGER = re.compile(r"(?<![\d.,])(?:(?<![\w)])-)?(?:\d{1,3}(?:,\d{3})+|\d+)(?![\d]|[.,]\d)")


def last_integer(text: str) -> int | None:
    """The last whole number of a text, ``None`` without one; ``1,234`` is one number, ``12.5`` is none."""
    found = _INTEGER.findall(text.replace("−", "-"))  # noqa: RUF001 - models write the typographic minus.
    return int(found[-1].replace(",", "")) if found else None


def answer(reply: ChatReply, *, expected: int, parser: bool) -> Judgement:
    """A sum must come back with a chain of thought apart from the content and the right number in the content.

    Args:
        reply: what was answered; of a stream, its ``reply``.
        expected: the right number.
        parser: a reasoning parser is configured. Without one the chain stands in the content up to ``</think>``; the
            manifest asks for that, so it is told and held against nobody.
    """
    reasoning, content, inline = _parts(reply, parser=parser)
    number = last_integer(content)
    seen = (
        Observation(name="reasoning", value=len(reasoning), unit="characters"),
        Observation(name="content", value=len(content), unit="characters"),
        Observation(name="number", value="none" if number is None else str(number)),
    )
    problems = reply.problems or _problems(reply, reasoning, content, expected=expected)
    if problems:
        outcome, said = Outcome.FAILED, "; ".join(problems)
    elif inline:
        outcome = Outcome.PASSED
        said = f"the answer {expected} is right; the chain is in the content, because no reasoning parser is configured"
    else:
        outcome = Outcome.PASSED
        said = f"the answer {expected} is right, after {len(reasoning)} characters of reasoning"
    return Judgement(outcome=outcome, message=said, observations=seen)


def streamed(sample: StreamSample, *, expected: int, parser: bool) -> Judgement:
    """As ``answer`` of what a stream came to; the stream itself must have ended as streams do, without an error.

    Args:
        sample: as it came.
        expected: the right number.
        parser: a reasoning parser is configured.
    """
    judgement = answer(sample.reply, expected=expected, parser=parser)
    if not sample.problems:
        return judgement
    return replace(judgement, outcome=Outcome.FAILED, message=f"the stream: {'; '.join(sample.problems)}")


def _parts(reply: ChatReply, *, parser: bool) -> tuple[str, str, bool]:
    """Chain, content, and whether the chain had to be taken out of the content."""
    if parser or reply.reasoning.strip() or _CLOSE not in reply.content:
        return reply.reasoning.strip(), reply.content.strip(), False
    # Chat templates of R1 open the chain themselves, so the opening tag may be missing.
    chain, _, content = reply.content.partition(_CLOSE)
    return chain.strip().removeprefix(_OPEN).strip(), content.strip(), True


def _problems(reply: ChatReply, reasoning: str, content: str, *, expected: int) -> tuple[str, ...]:
    found = []
    if not reasoning:
        found.append("no chain of reasoning")
    if _OPEN in content or _CLOSE in content:
        found.append(f"a think tag remains in the content: {quote(content)}")
    if reply.finish_reason == "length":
        found.append(f"cut off at the token limit, the content is {quote(content)}")
    elif not content:
        found.append("the content is empty")
    elif last_integer(content) != expected:
        found.append(f"expected {expected}, the content says {quote(content)}")
    return tuple(found)


def back_again(before: Sequence[Answer], after: Sequence[Answer]) -> Judgement:
    """The same documents must turn out the same before the switch and after it, in shape and labels, not in wording.

    Greedy text differs between batches (vLLM #5898, #21096), so equal text would ask too much.
    """
    changed = [
        f"document {place}: {old.shape.value} before, {new.shape.value} after{new.detail and ': ' + new.detail}"
        for place, (old, new) in enumerate(zip(before, after, strict=False), start=1)
        if _essence(old) != _essence(new)
    ]
    seen = (Observation(name="documents", value=len(after)), Observation(name="changed", value=len(changed)))
    if changed:
        outcome = Outcome.FAILED
        said = f"{len(changed)} of {len(after)} documents had other results after the switch; {changed[0]}"
    elif len(before) != len(after) or not before:
        outcome = Outcome.INCONCLUSIVE
        said = f"{len(before)} documents before the switch, {len(after)} after it: nothing to compare"
    else:
        outcome, said = (
            Outcome.PASSED,
            f"{len(after)} of {len(after)} documents had the same results as before the switch",
        )
    return Judgement(outcome=outcome, message=said, observations=seen)


def _essence(answer: Answer) -> tuple[AnswerShape, str]:
    # The detail of a wrong label is the label; of any other shape it is wording.
    return answer.shape, answer.detail if answer.shape is AnswerShape.WRONG_LABEL else ""
