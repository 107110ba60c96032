"""What was published about the security of each release: identifiers, ranges and severities. No network.

``data/advisories.json`` is written by ``script/catalogue --advisories`` from records of the form of OSV
(https://ossf.github.io/osv-schema); it names their source and licence. That a release has none on record says that none
was recorded by then, and never that it is safe.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from packaging.version import Version

from vllm_qualify.catalogue import reading
from vllm_qualify.core.advisories import Rating

FILE = "advisories.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advisory:
    """One advisory.

    Attributes:
        id: its identifier in the database that it was read from.
        aliases: its identifiers elsewhere, ``CVE-...`` and ``GHSA-...``.
        introduced: the first release that is affected.
        fixed: the first that is not any more; ``None`` where only ``last`` is known, or none is.
        last: the last release that is affected; ``None`` where ``fixed`` is known, or none is.
        score: its CVSS base score, 0 to 10; ``None`` where it has none.
        needs: the use without which it cannot be reached, a key of ``preflight.advisory_needs``; ``""``: not known.
    """

    id: str
    aliases: tuple[str, ...]
    introduced: Version
    fixed: Version | None
    last: Version | None
    score: float | None
    needs: str

    @property
    def name(self) -> str:
        """The identifier that most people know it by."""
        return next((alias for alias in self.aliases if alias.startswith("CVE-")), next(iter(self.aliases), self.id))

    @property
    def rating(self) -> Rating:
        """How grave it is."""
        return Rating.of(self.score)

    def affects(self, release: Version) -> bool:
        """Whether it is recorded as open in a release."""
        ended = (self.fixed is not None and release >= self.fixed) or (self.last is not None and release > self.last)
        return release >= self.introduced and not ended


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoryDelta:
    """What an upgrade changes; each the gravest first."""

    closes: tuple[Advisory, ...]
    opens: tuple[Advisory, ...]
    keeps: tuple[Advisory, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoryRecords:
    """All that was read, and from where.

    Attributes:
        source: the database and its licence.
        until: the day of its newest record; what was published later is not known.
        advisories: those that were not withdrawn.
    """

    source: str
    until: str
    advisories: tuple[Advisory, ...]
    _ranked: tuple[Advisory, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Once for all releases that are asked about.
        ranked = sorted(self.advisories, key=lambda one: (-(one.score or 0.0), one.name))
        object.__setattr__(self, "_ranked", tuple(ranked))

    def open_in(self, release: Version) -> tuple[Advisory, ...]:
        """What is recorded as open in a release, the gravest first."""
        return tuple(one for one in self._ranked if one.affects(release))

    def between(self, old: Version, new: Version) -> AdvisoryDelta:
        """What an upgrade from one release to another changes."""
        before, after = self.open_in(old), self.open_in(new)
        was, will = {one.id for one in before}, {one.id for one in after}
        return AdvisoryDelta(
            closes=tuple(one for one in before if one.id not in will),
            opens=tuple(one for one in after if one.id not in was),
            keeps=tuple(one for one in after if one.id in was),
        )


@cache
def records() -> AdvisoryRecords:
    """The records that this version of the harness carries."""
    return read(reading.file(FILE))


def read(document: Mapping[str, Any]) -> AdvisoryRecords:
    """Read the file.

    Raises:
        KeyError, ValueError: it is not what the maker writes.
    """
    return AdvisoryRecords(
        source=document["source"],
        until=document["until"],
        advisories=tuple(_advisory(entry) for entry in document["advisories"]),
    )


def _advisory(entry: Mapping[str, Any]) -> Advisory:
    return Advisory(
        id=entry["id"],
        aliases=tuple(entry["aliases"]),
        introduced=Version(entry["introduced"]),
        fixed=Version(entry["fixed"]) if "fixed" in entry else None,
        last=Version(entry["last"]) if "last" in entry else None,
        score=entry["score"],
        needs=entry.get("needs", ""),
    )
