"""What a symptom is: a pattern that a log shows, what it means, and what to do about it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vllm_qualify.records import Certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One known way to die.

    Attributes:
        id: stable, ``E01`` and on.
        pattern: what a line of the log shows; searched, case-sensitive unless it says otherwise itself.
        title: what it means, in a few words; ``{0}`` and on are the pattern's groups.
        remedy: what to do next; the same groups.
        certainty: how surely the pattern means this.
        wrapper: the line only repeats that something died; the cause stands elsewhere.
    """

    id: str
    pattern: re.Pattern[str]
    title: str
    remedy: str
    certainty: Certainty = Certainty.CERTAIN
    wrapper: bool = False


def symptom(
    id: str,  # noqa: A002  # The word of the table; the built-in is not needed here.
    pattern: str,
    title: str,
    remedy: str,
    *,
    certainty: Certainty = Certainty.CERTAIN,
    wrapper: bool = False,
) -> Symptom:
    """Build a row of a symptom table."""
    return Symptom(id=id, pattern=re.compile(pattern), title=title, remedy=remedy, certainty=certainty, wrapper=wrapper)
