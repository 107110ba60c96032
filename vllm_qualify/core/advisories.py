"""What is recorded about the security of a release, against the one that runs now; written by a run, told by reports.

No I/O. Made in ``preflight.outlook``. Nothing in here says that a release is safe: only what was recorded, by when.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from urllib.parse import quote

_NAMED = 3
"""So many are named in a sentence; the rest are counted."""


class Rating(Enum):
    """The qualitative severity of a CVSS base score, by table 14 of the CVSS 3.1 specification; the gravest last."""

    UNRATED = "unrated"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @classmethod
    def of(cls, score: float | None) -> Rating:
        """The rating of a base score, 0 to 10; of none: unrated."""
        floors = ((9.0, cls.CRITICAL), (7.0, cls.HIGH), (4.0, cls.MEDIUM))
        if score is None:
            return cls.UNRATED
        return next((rating for floor, rating in floors if score >= floor), cls.LOW)

    def reaches(self, floor: Rating) -> bool:
        """Whether it is as grave as another, or graver."""
        order = tuple(Rating)
        return order.index(self) >= order.index(floor)


LEVELS = ("none", *(rating.value for rating in Rating if rating is not Rating.UNRATED))
"""What an operator may set as the severity from which on an advisory rules an image out."""


def floor(level: str) -> Rating | None:
    """The severity that one of ``LEVELS`` means; ``None``: no advisory rules an image out."""
    return None if level == LEVELS[0] else Rating(level)


class Applicability(Enum):
    """Whether an advisory can be reached with the operator's own arguments and model; what counts most comes first."""

    APPLIES = "applies"
    UNKNOWN = "cannot be told"
    DOES_NOT = "does not apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedAdvisory:
    """One advisory in the light of the operator's own arguments and model.

    Attributes:
        name: the identifier that most people know it by, CVE-... where it has one.
        id: its identifier in the database that it was read from.
        score: its CVSS base score, 0 to 10; null where none is recorded.
        rating: how grave that score is.
        applies: whether it can be reached with the operator's own arguments and model.
        why: what it needs, and whether that is in use.
    """

    name: str
    id: str
    score: float | None
    rating: Rating
    applies: Applicability
    why: str

    @property
    def url(self) -> str:
        """Where people read what it says."""
        return f"https://osv.dev/vulnerability/{quote(self.id, safe='')}"

    def __str__(self) -> str:
        return self.name if self.score is None else f"{self.name}, {self.rating.value} {self.score:.1f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisoryOutlook:
    """What is recorded of a release, against the release that runs now.

    Attributes:
        release: what it is about, such as v0.19.1.
        released: the day of that release, such as 2026-06-01.
        against: the release that runs now; empty where it is not known, and then all that is open is in stays.
        closes: what the upgrade leaves behind, the gravest first.
        opens: what it brings, the gravest first.
        stays: what is open before and after it, the gravest first.
        until: the day of the newest record; what was published later is not known.
        source: the database and its licence.
    """

    release: str
    released: str
    against: str
    closes: tuple[JudgedAdvisory, ...]
    opens: tuple[JudgedAdvisory, ...]
    stays: tuple[JudgedAdvisory, ...]
    until: str
    source: str

    @property
    def open(self) -> tuple[JudgedAdvisory, ...]:
        """All that is recorded as open in the release, the gravest first."""
        return tuple(sorted((*self.opens, *self.stays), key=lambda one: (-(one.score or 0.0), one.name)))

    @property
    def staying(self) -> str:
        """The same of the release that runs now, which is what staying costs; empty where it is not known."""
        if not self.against:
            return ""
        return str(
            replace(self, release=self.against, released="", closes=(), opens=(), stays=self.closes + self.stays)
        )

    @property
    def credit(self) -> str:
        """Where the records are from, as their licence asks for, and what they do not say."""
        return f"recorded by {self.until} in the {self.source}; none on record does not mean that a release is safe"

    def __str__(self) -> str:
        change, now = "", ", which runs now," if self.against == self.release else ""
        if self.against and not now:
            change = f"against {self.against} closes {_count(self.closes)}, opens {_count(self.opens)}; "
        late = ", before this release" if self.released > self.until else ""
        found = self.open
        noun = "advisory" if len(found) == 1 else "advisories"
        about = f"{noun} recorded as open in {self.release}{now} as of {self.until}{late}"
        return f"{change}{len(found)} {about}{_split(found)}"


def those(found: Iterable[JudgedAdvisory], applies: Applicability) -> tuple[JudgedAdvisory, ...]:
    """Those that apply, or do not, or of which it cannot be told, in their order."""
    return tuple(one for one in found if one.applies is applies)


def _split(found: tuple[JudgedAdvisory, ...]) -> str:
    """How many of those that are open apply, with the gravest of them by name."""
    if not found:
        return ""
    reached = those(found, Applicability.APPLIES)
    named = "; ".join(map(str, reached[:_NAMED])) + (f"; {len(reached) - _NAMED} more" if reached[_NAMED:] else "")
    return (
        f": {_verb(len(reached))}{f' ({named})' if named else ''}, "
        f"{len(those(found, Applicability.DOES_NOT))} do not, "
        f"{len(those(found, Applicability.UNKNOWN))} cannot be told"
    )


def _count(found: tuple[JudgedAdvisory, ...]) -> str:
    applying = len(those(found, Applicability.APPLIES))
    return f"{len(found)}{f' ({_verb(applying)})' if applying else ''}"


def _verb(count: int) -> str:
    return f"{count} {'applies' if count == 1 else 'apply'}"
