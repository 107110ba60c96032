"""Asks with long prompts: documents among other mail, of a length that is measured out. For the judges beside it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from vllm_qualify.checks import prompts, token_counters
from vllm_qualify.checks.integrity import probes
from vllm_qualify.checks.integrity.long_context import LongAnswer, LongAnswers
from vllm_qualify.checks.integrity.marks import Marked
from vllm_qualify.checks.integrity.prefix_cache import AbaAnswers
from vllm_qualify.checks.integrity.probes import IntegrityClient
from vllm_qualify.checks.padding import Padding
from vllm_qualify.checks.prompts import Workload
from vllm_qualify.client.exchanges import ChatRequest

_HEAD_MAILS = 20
_TRIES = 3
_PAIR = 2
_USUAL_BARE, _USUAL_MAIL = 200, 40
"""Tokens, where the server does not count those of a prompt."""


class Lengths(Protocol):
    """Chooses the lengths of prompts."""

    def __call__(self, model_length: int | None, *, answer_tokens: int) -> tuple[int, ...]:
        """By the model's own length, with room for an answer."""


def aba(client: IntegrityClient, work: Workload, right: Sequence[Marked], *, model: str) -> AbaAnswers | None:
    """The A-B-A probe: two documents behind the same long head, which no request had before.

    Args:
        client: asks.
        work: what is asked.
        right: documents that are answered right alone; the first two are A and B. Without two there is no probe.
        model: the served model name.
    """
    if len(right) < _PAIR or work.padding is None:
        return None
    head = _head()
    a, b = (_long(work, one, work.padding, model=model, head=head, before=_HEAD_MAILS) for one in right[:_PAIR])
    before = client.chat(a)
    counted = client.metrics()
    other, after = client.chat(b), client.chat(a)
    hits = token_counters.growth(counted, client.metrics()).hits
    changed = before.content != after.content
    fresh = client.chat(replace(a, extra={"cache_salt": uuid.uuid4().hex})) if changed else None
    return AbaAnswers(a=right[0], b=right[1], before=before, other=other, after=after, fresh=fresh, hits=hits)


def long_answers(
    client: IntegrityClient, work: Workload, right: Sequence[Marked], *, model: str, lengths: Lengths
) -> LongAnswers:
    """Documents in the middle of prompts of each length; the next one only where the one before was not right.

    Args:
        client: asks.
        work: what is asked.
        right: documents that are answered right alone.
        model: the served model name.
        lengths: which are tried, by the model's own.
    """
    if not right or work.padding is None:
        return LongAnswers(obstacle="no document has a mark that the model names even when it is asked alone")
    known = probes.model_length(client)
    wanted = lengths(known, answer_tokens=prompts.ANSWER_TOKENS)
    if not wanted:
        return LongAnswers(obstacle=f"the model's length of {known} tokens holds nothing beyond the usual prompts")
    bare, each = _measured_out(client, work, work.padding, right[0], model=model)
    found: list[LongAnswer] = []
    for length in wanted:
        mails = max(0, int((length - bare) / each))
        places = {"before": mails - mails // 2, "after": mails // 2}
        for one in right[:_TRIES]:
            asked = _long(work, one, work.padding, model=model, head=_head(), **places)
            found.append(LongAnswer(wanted=length, mark=one.mark, reply=client.chat(asked)))
            if found[-1].right:
                break
    return LongAnswers(answers=tuple(found))


def _measured_out(
    client: IntegrityClient, work: Workload, padding: Padding, one: Marked, *, model: str
) -> tuple[float, float]:
    """Tokens of a prompt without padding, and of each mail, as the server counts them."""
    some = len(padding.mails)
    used = []
    for mails in (0, some):
        asked = _long(work, one, padding, model=model, head=_head(), before=mails)
        reply = client.chat(replace(asked, max_tokens=1))
        used.append(reply.usage.prompt if reply.usage else 0)
    each = (used[1] - used[0]) / some
    return (used[0], each) if each > 1 else (_USUAL_BARE, _USUAL_MAIL)


def _long(
    work: Workload, one: Marked, padding: Padding, *, model: str, head: str, before: int, after: int = 0
) -> ChatRequest:
    text = head + padding.around(one.document.text, before=before, after=after)
    return prompts.classification(work, one.document, model=model, constrained=True, text=text)


def _head() -> str:
    """What no request had before, so that nothing of a prompt is in the prefix cache."""
    return f"Ref: {uuid.uuid4().hex[:8]}\n"
