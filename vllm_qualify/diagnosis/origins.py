"""Looks an exception up in the sources of all releases: which statement raised it, and which releases have that one.

Asked by the choice of the cause where no symptom fits. A text alone may be copied, and a place alone says little: only
where text and place agree is the answer certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from packaging.version import InvalidVersion, Version

from vllm_qualify.catalogue import messages
from vllm_qualify.catalogue.messages import Message
from vllm_qualify.core.records import Certainty
from vllm_qualify.diagnosis import fitting, frames
from vllm_qualify.diagnosis.exceptions import Frame, RootException

_MOST = 2
"""Statements that are named where several fit equally; of more, none says anything."""
_LONGEST_CODE = 150
_SAME_CHECK = 0.5
"""Of the words of two texts; to call a check another one that it is like costs less than to say that none is there."""
_WORD = re.compile(r"[a-z]+|\d+")
_UNMISTAKABLE = 60
"""Letters; a text of so many is of the statement even where a frame names another place, as a helper's does."""
_BEGINNING = re.compile(r"raise [\w.]+\(|assert \(?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an exception comes from.

    Attributes:
        statements: that raise it; two where two fit equally, the newest form of each.
        certainty: how far that may be trusted.
        here: places in `messages.order` of the releases that have the statement.
        alike: those that have the check in other words, or elsewhere.
        release: the place of the release that died; ``None`` where it is not known.
        production: the same of production's release.
    """

    statements: tuple[Message, ...]
    certainty: Certainty
    here: frozenset[int]
    alike: frozenset[int] = frozenset()
    release: int | None = None
    production: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """The innermost frame: in which file of which package, in which function."""

    file: str
    function: str
    code: str

    @property
    def package(self) -> str:
        return self.file.partition("/")[0]

    def holds(self, message: Message) -> bool:
        return (message.file, message.name) == (self.file, self.function)


def find(exception: RootException, *, release: str = "", production: str = "") -> Origin | None:
    """Look an exception up.

    Args:
        exception: that no symptom fits.
        release: of the engine that died, such as ``0.20.2``; empty where it is not known.
        production: the release that runs in production; empty where it is not known.

    Returns:
        ``None`` where no statement fits, or so many that it would be guessing.
    """
    place = _place(exception.frames)
    known = _known(release)
    statements, certainty = _by_text(exception, place, known)
    if not statements and place is not None:
        statements, certainty = _by_place(exception, place, _covered(known, place.package))
    if not statements:
        return None
    here = _standing(statements)
    return Origin(
        statements=_newest(statements, known),
        certainty=certainty,
        here=here,
        alike=_alike(statements) - here,
        release=_covered(known, statements[0].package),
        production=_known(production),
    )


def _place(raised: Sequence[Frame]) -> _Place | None:
    if not raised:
        return None
    last = raised[-1]
    return _Place(file=frames.path(last.file), function=last.function, code=" ".join(last.code.split()))


def _known(release: str) -> int | None:
    """The place of a release among those that the catalogue knows; a build of one's own counts as the release."""
    try:
        version = Version(release.removeprefix("v").partition("+")[0])
    except InvalidVersion:
        return None
    return next((place for place, one in enumerate(messages.order()) if Version(one) == version), None)


def _covered(release: int | None, package: str) -> int | None:
    """The release, where the package was read as it comes with that one."""
    return release if release in messages.covered(package) else None


def _by_text(
    exception: RootException, place: _Place | None, release: int | None
) -> tuple[tuple[Message, ...], Certainty]:
    own = place if place is not None and place.package in messages.packages() else None
    for kind, text in fitting.readings(exception.kind, exception.message):
        # What a validator raised has no frame of its own: the validator's library calls it.
        if place is not None and own is None and kind == exception.kind.rpartition(".")[2]:
            continue
        for package in _packages(place, own):
            fit = [
                message
                for message in messages.holding(messages.words(text), package)
                if message.kind in {kind, ""} and fitting.fits(message.parts, text)
            ]
            chosen, certainty = _chosen(fit, own, _covered(release, package))
            if chosen:
                return chosen, certainty
    return (), Certainty.POSSIBLE


def _packages(place: _Place | None, own: _Place | None) -> tuple[str, ...]:
    """That of the innermost frame; without frames all, vLLM first, and vLLM for what another library passes on."""
    if own is not None:
        return (own.package,)
    others = () if place is not None else messages.packages()
    return (messages.VLLM, *(package for package in others if package != messages.VLLM))


def _chosen(fit: Sequence[Message], place: _Place | None, release: int | None) -> tuple[tuple[Message, ...], Certainty]:
    """Of the statements whose text fits those that agree best, and how far that may be trusted."""
    agreeing = [message for message in fit if place is not None and place.holds(message)]
    told = [message for message in fit if fitting.telling(message.parts)]
    pool = _longest(agreeing or told)
    standing = [message for message in pool if release is not None and release in messages.releases(message)]
    pool = standing or pool
    checks = {(message.parts, message.name) for message in pool}
    if not pool or len(checks) > _MOST:
        return (), Certainty.POSSIBLE
    strange = release is not None and not standing
    elsewhere = place is not None and not agreeing and pool[0].letters < _UNMISTAKABLE
    if len(checks) > 1 or (strange and not agreeing) or elsewhere:
        return tuple(pool), Certainty.POSSIBLE
    return tuple(pool), Certainty.CERTAIN if agreeing and not strange else Certainty.PROBABLE


def _longest(fit: Sequence[Message]) -> list[Message]:
    """Those whose own text is the longest: a more general one may fit by chance."""
    most = max((message.letters for message in fit), default=0)
    return [message for message in fit if message.letters == most]


def _by_place(exception: RootException, place: _Place, release: int | None) -> tuple[tuple[Message, ...], Certainty]:
    """The statements without a text of their own at the place of the innermost frame."""
    kind = exception.kind.rpartition(".")[2]
    there = [
        message
        for message in messages.without_text(place.file, place.package)
        if message.name == place.function and message.kind in {kind, ""}
    ]
    same = [message for message in there if place.code and _same_code(message.code, place.code)]
    pool = same or ([] if place.code else there)
    standing = [message for message in pool if release is not None and release in messages.releases(message)]
    pool = standing or pool
    codes = {message.code for message in pool}
    if not pool or len(codes) > _MOST or (len(codes) > 1 and same):
        return (), Certainty.POSSIBLE
    strange = release is not None and not standing
    if len(codes) > 1:
        return tuple(pool), Certainty.POSSIBLE
    # The beginning of a statement of several lines says nothing that its place does not.
    own = same and not _BEGINNING.fullmatch(place.code)
    return tuple(pool), Certainty.CERTAIN if own and not strange else Certainty.PROBABLE


def _same_code(code: str, shown: str) -> bool:
    return code == shown or (len(code) > _LONGEST_CODE and code.endswith(" ...") and shown.startswith(code[:-4]))


def _newest(statements: Sequence[Message], release: int | None) -> tuple[Message, ...]:
    """One form of each check: that of the release that died, else the newest; its guard may have changed in between."""
    found: dict[object, Message] = {}
    for message in sorted(statements, key=lambda one: max(messages.releases(one))):
        key = (message.parts or message.code, message.name)
        if release is None or release not in messages.releases(found.get(key, message)) or key not in found:
            found[key] = message
    return tuple(found.values())


def _standing(statements: Sequence[Message]) -> frozenset[int]:
    """The releases that have the statement, in whichever file or function it stood then, of whichever type."""
    checks = {_check(one) for one in statements}
    copies = (one for one in _relatives(statements) if _check(one) in checks)
    return frozenset().union(*map(messages.releases, (*statements, *copies)))


def _check(message: Message) -> object:
    """What makes it the same check: its text, else its code in a function of that name."""
    return message.parts or (message.code, message.name)


def _alike(statements: Sequence[Message]) -> frozenset[int]:
    """The releases that have a check like it: with like words, or in the same function under the same condition."""
    like = (one for one in _relatives(statements) if any(_like(one, other) for other in statements))
    return frozenset().union(*map(messages.releases, like))


def _relatives(statements: Sequence[Message]) -> Iterator[Message]:
    """What stands near in the sources, what shares a word with the texts, and what has the same code."""
    package = statements[0].package
    for one in {(one.file, one.function): one for one in statements}.values():
        yield from messages.near(one)
    for text in sorted({" ".join(one.parts) for one in statements}):
        yield from messages.holding(messages.words(text), package)
    for code in sorted({one.code for one in statements} - {""}):
        yield from messages.with_code(code, package)


def _like(one: Message, other: Message) -> bool:
    if one.function == other.function and one.guards and one.guards[-1:] == other.guards[-1:]:
        return True
    words, others = (set(_WORD.findall(" ".join((*some.parts, some.code)).lower())) for some in (one, other))
    return bool(words) and len(words & others) >= _SAME_CHECK * len(words | others)
