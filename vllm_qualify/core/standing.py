"""Whether a verdict still holds: what it was reached with beside what is now; for ``vllm-qualify status``. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from vllm_qualify.core import verdict_facts
from vllm_qualify.core.fact_names import TOOLKIT

NOT_RECORDED = "the run did not record it"
_NOT_KNOWN = "it is not known now"
# Only the operator can tell it on a cluster, and many do not.
_OPTIONAL = frozenset({TOOLKIT})


class StandingState(Enum):
    """What has become of a verdict."""

    HOLDS = "holds"
    EXPIRED = "expired"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentFacts:
    """What is known now of the facts that verdicts hold for.

    Attributes:
        known: their values by name.
        unknown: why the others are not known, by name.
    """

    known: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)

    def __or__(self, other: PresentFacts) -> PresentFacts:
        """Both; the other one's word counts where both have one."""
        known = {**self.known, **other.known}
        unknown = {name: why for name, why in {**self.unknown, **other.unknown}.items() if name not in known}
        return PresentFacts(known=known, unknown=unknown)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactChange:
    """A fact that is no longer as it was.

    Attributes:
        fact: its name.
        was: its value when the verdict was reached.
        now: its value now.
    """

    fact: str
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownFact:
    """A fact of which nobody can say whether it changed.

    Attributes:
        fact: its name.
        why: nobody can; either now, or because the run did not record it.
    """

    fact: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What has become of a verdict.

    Attributes:
        changed: what is not as it was; one is enough for the verdict to have expired.
        unknown: what may or may not have changed.
    """

    changed: tuple[FactChange, ...] = ()
    unknown: tuple[UnknownFact, ...] = ()

    @property
    def state(self) -> StandingState:
        """All of it in one word: what changed outranks what is not known."""
        if self.changed:
            return StandingState.EXPIRED
        return StandingState.CANNOT_TELL if self.unknown else StandingState.HOLDS


def standing(was: Mapping[str, str], now: PresentFacts, *, needed: Iterable[str] = ()) -> Standing:
    """Hold the facts of a verdict against those of now.

    Facts of another place are not compared: what is known of one says nothing about the other.

    Args:
        was: what the verdict holds for, by name.
        now: what is known now.
        needed: what a verdict of this kind holds for, whether or not the run recorded it.
    """
    wanted = frozenset(needed) | was.keys()
    compared = [_compared(name, was, now) for name in verdict_facts.NAMES if name in wanted]
    return Standing(
        changed=tuple(one for one in compared if isinstance(one, FactChange)),
        unknown=tuple(one for one in compared if isinstance(one, UnknownFact)),
    )


def _compared(name: str, was: Mapping[str, str], now: PresentFacts) -> FactChange | UnknownFact | None:
    then, today = was.get(name, ""), now.known.get(name, "")
    if not then:
        return None if name in _OPTIONAL else UnknownFact(fact=name, why=NOT_RECORDED)
    if elsewhere := next(_elsewhere(name, was, now), ""):
        return UnknownFact(fact=name, why=elsewhere)
    if not today:
        return UnknownFact(fact=name, why=now.unknown.get(name, _NOT_KNOWN))
    return None if verdict_facts.same(name, then, today) else FactChange(fact=name, was=then, now=today)


def _elsewhere(name: str, was: Mapping[str, str], now: PresentFacts) -> Iterator[str]:
    if name not in verdict_facts.OF_THE_NODE and name not in verdict_facts.PLACE:
        return
    for each in verdict_facts.PLACE:
        then, here = was.get(each, ""), now.known.get(each, "")
        if then and here and then != here:
            yield f"it was judged on {then}, and this is {here}"
