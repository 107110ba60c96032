"""The plain words that a pattern cannot match without: what a large log is searched for before any pattern runs.

Only the patterns of the symptom tables are read, so only what they use is understood; anything else is refused when
the table is built.
"""

from __future__ import annotations

from collections.abc import Iterator

SHORTEST = 6
"""Characters; a shorter word stands in too many lines to save anything."""
_CLASSES = frozenset("bBdDsSwW")
_OPENING = frozenset("([")
_OPTIONAL = frozenset("?*{")
_BREAKING = frozenset("+.^$")


class NoLiteral(ValueError):
    """A pattern that matches lines without any word in common; the message names the pattern."""


def of(pattern: str) -> tuple[str, ...]:
    """The longest plain word of each alternative: every line that the pattern matches holds one of them.

    Args:
        pattern: a regular expression without flags; alternatives at its top level.

    Raises:
        NoAnchor: an alternative has no run of ``SHORTEST`` plain characters, or there are flags.
    """
    if "(?i" in pattern or "(?x" in pattern:
        raise NoLiteral(f"{pattern!r} has flags, which its anchors would not follow; write both cases out")
    found = []
    for alternative in _alternatives(pattern):
        longest = max(_runs(alternative), key=len, default="")
        if len(longest) < SHORTEST:
            raise NoLiteral(f"{alternative!r} has no run of {SHORTEST} plain characters; make it more specific")
        found.append(longest)
    return tuple(dict.fromkeys(found))


def _alternatives(pattern: str) -> Iterator[str]:
    start = index = 0
    while index < len(pattern):
        if pattern[index] == "|":
            yield pattern[start:index]
            start = index + 1
        index = _after(pattern, index)
    yield pattern[start:]


def _after(pattern: str, index: int) -> int:
    """Where the piece that begins here ends: an escape, a class, a group, or one character."""
    character = pattern[index]
    if character == "\\":
        return index + 2
    if character == "[":
        return pattern.index("]", index + 2) + 1
    if character == "(":
        index += 1
        while pattern[index] != ")":
            index = _after(pattern, index)
        return index + 1
    return index + 1


def _runs(alternative: str) -> Iterator[str]:
    run, index = "", 0
    while index < len(alternative):
        character, end = alternative[index], _after(alternative, index)
        if character in _OPTIONAL:
            # What stands before may be absent, so it belongs to no run.
            yield run[:-1]
            run = ""
            end = alternative.index("}", index) + 1 if character == "{" else end
        elif character in _OPENING or character in _BREAKING or alternative[index + 1 : end] in _CLASSES:
            yield run
            run = ""
        else:
            run += alternative[end - 1]
        index = end
    yield run
