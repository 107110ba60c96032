"""What a rule answers: findings that also say what would remove them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vllm_qualify.core.records import Certainty, Finding, Severity


class ChangeKind(Enum):
    """Where something would have to change."""

    DRIVER = "driver"
    ENVIRONMENT = "environment"
    FLAG = "flag"
    NODE = "node"
    PROBE = "probe"
    RELEASE = "release"
    TAG = "tag"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that would have to change.

    Attributes:
        kind: where.
        text: the change in the imperative, such as ``set LD_LIBRARY_PATH=...``.
        name: what is changed: a variable, an option, ``""`` where there is no name.
        value: what it becomes; ``""`` for an option that is to go, or that has none.
    """

    kind: ChangeKind
    text: str
    name: str = ""
    value: str = ""

    @property
    def in_manifest(self) -> bool:
        """The operator's manifest can carry it, so that the image itself may stay."""
        return self.kind in {ChangeKind.ENVIRONMENT, ChangeKind.FLAG, ChangeKind.PROBE}

    def __str__(self) -> str:
        return self.text


Way = tuple[Change, ...]
"""Changes that help only together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one rule says of one question; `vllm_qualify.preflight.table` makes a finding of it.

    Attributes:
        severity: whether it stands in the way; a note says that the rule holds, or what cannot matter.
        actual: the evidence, in numbers.
        certainty: how far it may be trusted. What would stand in the way and is only possible cannot be verified from
            the facts that are known; then ``remedy`` is how to find out.
        expected: what should be there.
        path: the field, the option or the variable.
        remedy: what to do next; empty: what ``remedies`` say.
        source: where the facts come from.
        ways: what would remove it, one way as good as the other.
        unknown: what is not known, so that the rule cannot tell; told in full once, then in short.
    """

    severity: Severity
    actual: str
    certainty: Certainty = Certainty.CERTAIN
    expected: str = ""
    path: str = ""
    remedy: str = ""
    source: str = ""
    ways: tuple[Way, ...] = ()
    unknown: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling(Finding):
    """A finding about an image, with where its facts come from and what would remove it.

    Attributes:
        source: the files or threads that the facts were read from.
        ways: what would remove it, one way as good as the other; the changes of one way help only together.
        unknown: what is not known, so that the rule cannot tell; ``""`` where it can.
    """

    source: str = ""
    ways: tuple[Way, ...] = ()
    unknown: str = ""

    @property
    def unverified(self) -> bool:
        """It may stand in the way, and the facts at hand cannot tell."""
        return self.blocks and self.certainty is Certainty.POSSIBLE


def not_known(name: str, found: str, *, unknown: str, remedy: str) -> Answer:
    """Say that a rule cannot tell, because it needs what nobody knows.

    Args:
        name: the option or the variable that it asks for.
        found: what is not known, in one sentence.
        unknown: the same for all rules that need it.
        remedy: how it can be told.
    """
    return Answer(
        severity=Severity.BLOCK,
        certainty=Certainty.POSSIBLE,
        actual=found,
        path=name,
        remedy=remedy,
        unknown=unknown,
    )


def told(ways: tuple[Way, ...]) -> str:
    """Ways in words: ``A and B, or C``."""
    return ", or ".join(" and ".join(map(str, way)) for way in ways)


def weakest(*certainties: Certainty) -> Certainty:
    """The certainty of a conclusion from facts of these certainties."""
    order = tuple(Certainty)
    return max(certainties, key=order.index, default=Certainty.CERTAIN)
