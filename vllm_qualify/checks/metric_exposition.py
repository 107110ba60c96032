"""Which metrics a server shows: names, types and labels, out of the text of ``/metrics``. For suite metrics. Pure.

The text format of Prometheus, version 0.0.4; a line that is none of it is passed over, as Prometheus' readers do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_QUOTED = r"\"(?:[^\"\\]|\\.)*+\""
_SAMPLE = re.compile(rf"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?P<labels>\{{(?:[^\"}}]|{_QUOTED})*+\}})?\s+\S", re.ASCII)
_LABEL = re.compile(rf"(?<![a-zA-Z0-9_])([a-zA-Z_][a-zA-Z0-9_]*+)\s*+=\s*+{_QUOTED}", re.ASCII)
_TYPE = re.compile(r"#\s*TYPE\s+(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)\s+(?P<type>[a-z]+)\s*", re.ASCII)
_PARTS = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}
_OF_A_PART = {"_bucket": "le"}
_CREATED = "_created"


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricFamily:
    """One metric.

    Attributes:
        name: as ``# TYPE`` has it.
        type: ``counter``, ``gauge``, ``histogram``, ``summary``; ``untyped`` where nothing says.
        labels: names of the labels that its samples carry, apart from those that Prometheus makes of a histogram; none
            for one that has no sample yet.
    """

    name: str
    type: str = "untyped"
    labels: tuple[str, ...] = ()

    @property
    def samples(self) -> tuple[str, ...]:
        """The names that an expression may read."""
        return tuple(f"{self.name}{part}" for part in _PARTS.get(self.type, ("",)))


@dataclass(slots=True)
class _Found:
    """Families as they are read; mutable because samples add labels to what ``# TYPE`` announced."""

    types: dict[str, str] = field(default_factory=dict)
    labels: dict[str, set[str]] = field(default_factory=dict)

    def owner(self, sample: str) -> str:
        """The family that a sample belongs to."""
        for family, kind in ((sample[: -len(part)], kind) for kind, part in _ENDINGS if sample.endswith(part)):
            if self.types.get(family) == kind:
                return family
        return sample


_ENDINGS = tuple((kind, part) for kind, parts in _PARTS.items() for part in parts if part)


def families(text: str) -> tuple[MetricFamily, ...]:
    """Every metric of the text, by name; the times of creation, which are metrics of their own, are left out."""
    found = _Found(types=dict(_types(text)))
    for line in text.splitlines():
        match = None if line.startswith("#") else _SAMPLE.match(line)
        if match:
            owner = found.owner(match["name"])
            made = {_OF_A_PART.get(match["name"].removeprefix(owner), "")}
            found.labels.setdefault(owner, set()).update(set(_LABEL.findall(match["labels"] or "")) - made)
    names = sorted({name for name in (*found.types, *found.labels) if not name.endswith(_CREATED)})
    return tuple(
        MetricFamily(name=name, type=found.types.get(name, "untyped"), labels=tuple(sorted(found.labels.get(name, ()))))
        for name in names
    )


def _types(text: str) -> Iterator[tuple[str, str]]:
    for match in map(_TYPE.fullmatch, text.splitlines()):
        if match:
            yield match["name"], match["type"]
