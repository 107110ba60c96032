"""What a case keeps of the answers to its documents for comparisons, and what is read back from a journal. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from vllm_qualify.checks.answers import UNANSWERED, Answer, AnswerShape
from vllm_qualify.core.records import CaseRecord

_HEAD = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """One answer, as far as comparisons need it.

    Attributes:
        right: it is what the case asked for.
        answered: the server answered at all.
        meaning: a digest of what it says: of its JSON whatever its order and spaces, else of its text.
        text: its beginning.
        tokens: how many it has; ``None`` where the server did not say.
    """

    right: bool
    answered: bool
    meaning: str
    text: str
    tokens: int | None


def material(answers: Sequence[Answer], good: Collection[AnswerShape]) -> dict[str, Any]:
    """What a case keeps of its answers, by document.

    Args:
        answers: as they were read; those that belong to no document are not kept.
        good: the shapes of those that are right.
    """
    kept = {
        answer.document: {
            "right": answer.shape in good,
            "answered": answer.shape not in UNANSWERED,
            "meaning": _meaning(answer),
            "text": (answer.text or answer.detail)[:_HEAD],
            "tokens": answer.tokens,
        }
        for answer in answers
        if answer.document
    }
    return {"documents": kept} if kept else {}


def answers(case: CaseRecord) -> dict[str, KeptAnswer]:
    """The answers that a case kept, by document; none where it kept none that can be read."""
    kept = case.material.get("documents")
    if not isinstance(kept, dict):
        return {}
    return {str(document): found for document, one in kept.items() if (found := _answer(one)) is not None}


def _answer(one: object) -> KeptAnswer | None:
    if not isinstance(one, dict) or not isinstance(one.get("right"), bool) or not isinstance(one.get("meaning"), str):
        return None
    tokens = one.get("tokens")
    return KeptAnswer(
        right=one["right"],
        answered=one.get("answered") is not False,
        meaning=one["meaning"],
        text=str(one.get("text", "")),
        tokens=tokens if isinstance(tokens, int) and not isinstance(tokens, bool) else None,
    )


def _meaning(answer: Answer) -> str:
    said = answer.text if answer.value is None else json.dumps(answer.value, sort_keys=True)
    return hashlib.sha256(f"{answer.shape.value} {said}".encode(errors="replace")).hexdigest()[:16]
