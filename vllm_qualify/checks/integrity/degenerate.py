"""Degenerate text: loops, replacement characters and empty answers, among all that a candidate said. Pure.

What a broken kernel says is fluent nonsense or one sign without end (vLLM #2714, #9769, #35718); a schema or a label
does not see it where the answer is prose.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vllm_qualify.checks import percent
from vllm_qualify.client.exchanges import quote
from vllm_qualify.core.limits import Limit
from vllm_qualify.core.records import Judgement, Observation, Outcome

MAX_SHARE = 0.05
"""Of the answers; a small model loops now and then, a broken kernel more often."""
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LOOP = re.compile(r"(.{1,80}?)\1{7,}", re.DOTALL)
_LOOP_LENGTH = 48
"""Signs in all; rules and blanks of a table are shorter, or are no words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One whole answer.

    Attributes:
        text: of the content and the reasoning.
        cut: it ended at the limit of tokens, in the middle of a sign perhaps.
    """

    text: str
    cut: bool = False


def judge(said: Sequence[Said]) -> Judgement:
    """Hardly any answer may be degenerate.

    Args:
        said: all answers to questions in words; those that were made to go on for a measurement are not among them.
    """
    faults = [(fault, one.text) for one in said if (fault := _fault(one))]
    counts = [sum(fault == name for fault, _ in faults) for name in _NAMES]
    seen = (
        Observation(name="answers", value=len(said)),
        *(Observation(name=name, value=n) for name, n in zip(_NAMES, counts, strict=True)),
        Observation(name="degenerate", value=len(faults) / len(said) if said else 0.0, limit=Limit(high=MAX_SHARE)),
    )
    if not said:
        return Judgement(outcome=Outcome.INCONCLUSIVE, message="no answer was given, so none was looked at")
    if not faults:
        message = f"{len(said)} answers: no loop, no replacement character, none empty"
        return Judgement(outcome=Outcome.PASSED, message=message, observations=seen)
    parts = ", ".join(f"{n} {_NAMES[name]}" for name, n in zip(_NAMES, counts, strict=True) if n)
    message = f"{len(faults)} of {len(said)} answers are degenerate ({parts}); the first: {quote(faults[0][1][-60:])}"
    many = len(faults) > max(1, MAX_SHARE * len(said))
    suffix = f"; more than {percent(MAX_SHARE)}" if many else ""
    outcome = Outcome.FAILED if many else Outcome.WARNED
    return Judgement(outcome=outcome, message=message + suffix, observations=seen)


_NAMES = {"empty": "empty", "replacement-characters": "with replacement characters", "loops": "in a loop"}


def _fault(one: Said) -> str:
    text = one.text.rstrip(_REPLACEMENT) if one.cut else one.text
    if not text.strip() and not one.cut:
        return "empty"
    if _REPLACEMENT in text:
        return "replacement-characters"
    return "loops" if loops(text) else ""


def loops(text: str) -> bool:
    """Whether a text says the same again and again: a piece of up to 80 signs, eight times in a row or more."""
    return any(len(found[0]) >= _LOOP_LENGTH and found[1].strip(" \t\r\n-=_*.|+#") for found in _LOOP.finditer(text))
