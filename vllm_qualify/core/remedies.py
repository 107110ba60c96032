"""What would remove a finding, as data: changes that a program can make or try on paper. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Changes that help only together."""

    changes: tuple[Change, ...]

    @property
    def in_manifest(self) -> bool:
        """The operator's manifest can carry all of it."""
        return all(change.in_manifest for change in self.changes)

    def __str__(self) -> str:
        return " and ".join(map(str, self.changes))


def one_change(kind: ChangeKind, text: str, *, name: str = "", value: str = "") -> Remedy:
    """The remedy that is a single change, see ``Change``."""
    return Remedy(changes=(Change(kind=kind, text=text, name=name, value=value),))


def drop_flag(name: str) -> Remedy:
    """Start without an option."""
    return one_change(ChangeKind.FLAG, f"drop {name}", name=name)


def write_flag(name: str, value: object) -> Remedy:
    """Start with an option, and this value of it."""
    return one_change(ChangeKind.FLAG, f"write {name} {value}", name=name, value=str(value))


def told(remedies: Iterable[Remedy]) -> str:
    """Remedies in words, one as good as the other: ``A and B, or C``."""
    return ", or ".join(map(str, remedies))
