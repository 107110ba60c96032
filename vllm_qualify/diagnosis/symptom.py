"""What a symptom is: a pattern that a log shows, what it means, and what to do about it."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from functools import cache

from vllm_qualify.core.records import Certainty
from vllm_qualify.core.remedies import Remedy
from vllm_qualify.diagnosis import literals as plain_words


class Weight(enum.Enum):
    """What a symptom is worth beside others."""

    CAUSE = "cause"
    """Names what went wrong."""
    EFFECT = "effect"
    """Names what went wrong, but something more telling may stand behind it."""
    EARLY = "early"
    """Keeps a container from its first line; it is over as soon as the container logs anything."""
    ENDED = "ended"
    """Somebody ended the process, who may have had a reason."""
    NOTE = "note"
    """Ends nothing: the answers are wrong or refused while the server lives."""
    WRAPPER = "wrapper"
    """Only repeats that something died; the cause stands elsewhere."""


@cache
def _compiled(expression: str) -> re.Pattern[str]:
    return re.compile(expression)


@dataclass(frozen=True, slots=True, kw_only=True)
class SymptomVariant:
    """What a symptom means where more is known: the same words call for different remedies.

    Attributes:
        expression: what is searched for, in the whole message, the lines of other events, and the engine's arguments.
        remedy: in place of the symptom's; ``{0}`` and on are the symptom's groups, then those of
            ``expression``.
        title: in place of the symptom's, where it is not empty; the same groups.
        certainty: in place of the symptom's, where it is not ``None``.
    """

    expression: str
    remedy: str
    title: str = ""
    certainty: Certainty | None = None

    @property
    def shows(self) -> re.Pattern[str]:
        """The pattern, compiled where it is first asked for: few logs need any of them."""
        return _compiled(self.expression)


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """One known way to die.

    Attributes:
        id: stable, ``E01`` and on.
        expression: what a line of the log shows, as a regular expression; searched, case-sensitive.
        literals: plain words; every line that the pattern matches holds one of them.
        title: what it means, in a few words; ``{0}`` and on are the pattern's groups.
        remedy: what to do next; the same groups.
        certainty: how surely the pattern means this.
        weight: what it is worth beside others.
        warns: it counts in a warning as well, as the reason for a death that another line only names.
        reference: where it was seen: issues as ``owner/repository#number``, files as ``vllm: path``.
        readings: what it means where more is known; the first one that fits counts.
        until: words of a later line that say that it is over; ``""`` where none do.
        remedies: what of ``remedy`` a program can make.
    """

    id: str
    expression: str
    literals: tuple[str, ...]
    title: str
    remedy: str
    certainty: Certainty = Certainty.CERTAIN
    weight: Weight = Weight.CAUSE
    warns: bool = False
    reference: str = ""
    readings: tuple[SymptomVariant, ...] = ()
    until: str = ""
    remedies: tuple[Remedy, ...] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        """The expression, compiled where it is first asked for: a log needs few of them."""
        return _compiled(self.expression)

    @property
    def wrapper(self) -> bool:
        """The line only repeats that something died; the cause stands elsewhere."""
        return self.weight is Weight.WRAPPER


def symptom(
    id: str,  # noqa: A002  # The word of the table; the built-in is not needed here.
    pattern: str,
    title: str,
    remedy: str,
    *,
    certainty: Certainty = Certainty.CERTAIN,
    weight: Weight = Weight.CAUSE,
    warns: bool = False,
    reference: str = "",
    readings: tuple[SymptomVariant, ...] = (),
    until: str = "",
    remedies: tuple[Remedy, ...] = (),
) -> Symptom:
    """Build a row of a symptom table.

    Raises:
        NoAnchor: the pattern matches lines that have no plain word in common.
    """
    return Symptom(
        id=id,
        expression=pattern,
        literals=plain_words.of(pattern),
        title=title,
        remedy=remedy,
        certainty=certainty,
        weight=weight,
        warns=warns,
        reference=reference,
        readings=readings,
        until=until,
        remedies=remedies,
    )


def reading(shows: str, remedy: str, *, title: str = "", certainty: Certainty | None = None) -> SymptomVariant:
    """Build a reading of a symptom."""
    return SymptomVariant(expression=shows, remedy=remedy, title=title, certainty=certainty)
