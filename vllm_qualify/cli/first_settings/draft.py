"""The text of a first ``qualify.toml``: every value with where it was found, or that it is a guess. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vllm_qualify.config.lookup import GUESSED
from vllm_qualify.core import redaction

_INDENT = "    "


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """One value.

    Attributes:
        value: a text, a number, or the texts of a list on one line.
        note: the comment behind it.
        active: whether it counts; else it is written as a comment.
    """

    value: str | float | tuple[str, ...]
    note: str = ""
    active: bool = True

    @property
    def guessed(self) -> bool:
        """Nobody said it, and it counts."""
        return self.active and self.note.startswith(GUESSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftKey:
    """One key with its value, or with the items of a list, each on a line of its own."""

    name: str
    value: Noted | tuple[Noted, ...]

    @property
    def values(self) -> tuple[Noted, ...]:
        """All values in it."""
        return self.value if isinstance(self.value, tuple) else (self.value,)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftTable:
    """One table.

    Attributes:
        name: such as ``modes.ml``; ``""`` for what stands above all tables.
        above: comments before it.
        keys: in their order.
        inactive: why all of it is written as a comment; ``""`` where it counts.
    """

    name: str = ""
    above: tuple[str, ...] = ()
    keys: tuple[DraftKey, ...] = ()
    inactive: str = ""


def text(tables: Sequence[DraftTable]) -> str:
    """The whole file."""
    return "\n\n".join("\n".join(_lines(table)) for table in tables) + "\n"


def guesses(tables: Sequence[DraftTable]) -> tuple[str, ...]:
    """The keys whose values nobody said."""
    found = (
        f"{table.name}.{key.name}".removeprefix(".")
        for table in tables
        if not table.inactive
        for key in table.keys
        if any(one.guessed for one in key.values)
    )
    return tuple(found)


def _lines(table: DraftTable) -> Iterator[str]:
    off = "# " if table.inactive else ""
    above = (*table.above, table.inactive) if off else table.above
    yield from (f"# {_plain(line)}".rstrip() for line in above)
    if table.name:
        yield f"{off}[{table.name}]"
    for key in table.keys:
        yield from (f"{off}{line}" if off and not line.startswith("# ") else line for line in _key(key))


def _key(key: DraftKey) -> Iterator[str]:
    if isinstance(key.value, Noted):
        one = _harmless(key.value)
        yield f"{'' if one.active else '# '}{key.name} = {_toml(one.value)}{_behind(one.note)}"
        return
    yield f"{key.name} = ["
    for one in map(_harmless, key.value):
        yield f"{_INDENT}{'' if one.active else '# '}{_toml(one.value)},{_behind(one.note)}"
    yield "]"


def _harmless(one: Noted) -> Noted:
    """The same; what has the form of a secret is left out."""
    words = one.value if isinstance(one.value, tuple) else (one.value,)
    if all(redaction.text(str(word)) == str(word) for word in words):
        return one
    return replace(one, value=redaction.MARK, note="left out: it has the form of a secret", active=False)


def _toml(value: str | float | tuple[str, ...]) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    # JSON escapes what TOML wants escaped, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f") if isinstance(value, str) else f"{value:g}"


def _behind(note: str) -> str:
    return f"  # {_plain(note)}" if note else ""


def _plain(comment: str) -> str:
    """A comment as one line, whatever names of files and manifests are in it."""
    return redaction.shown(" ".join(comment.split()))
