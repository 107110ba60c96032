"""How long a text of a record may be, and the way to each of them, however deep it is. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

MOST = 2_000
"""Characters of a text in a record. An answer may have any length; what a reader or a page takes in has not."""
_MARGIN = 10
# By type and field. A diagnosis keeps its exception with all lines, which `diagnosis.tracebacks` limits to 4,000
# characters; facts hold command lines, which are compared whole.
_MOST = {
    ("CandidateStarted", "facts"): 10 * MOST,
    ("Diagnosis", "message"): 2 * MOST,
    ("RunStarted", "facts"): 10 * MOST,
}
# What programs read back, as comparisons and `plan` do. It is ours or the operator's, not an engine's.
_WHOLE = frozenset({"command", "environment", "material", "remedies"})

_T = TypeVar("_T")


def mapped(value: _T, act: Callable[[str, int | None], str]) -> _T:
    """A record with every text in it replaced.

    Args:
        value: a record, an event, a text, or tuples and mappings of such.
        act: gives the new text; it is told how many characters the place takes, ``None`` for any number.
    """
    return _walk(value, act, MOST)  # type: ignore[no-any-return]  # It has the type that it had.


def _walk(value: Any, act: Callable[[str, int | None], str], most: int | None) -> Any:
    if isinstance(value, str):
        return act(value, most)
    if isinstance(value, dict):
        return {key: _walk(inner, act, most) for key, inner in value.items()}
    if isinstance(value, tuple):
        return tuple(_walk(inner, act, most) for inner in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        names = (field.name for field in dataclasses.fields(value))
        limits = {name: None if most is None else _limit(value, name) for name in names}
        new = {name: _walk(getattr(value, name), act, limit) for name, limit in limits.items()}
        return dataclasses.replace(value, **new)
    return value


def _limit(record: Any, name: str) -> int | None:
    return None if name in _WHOLE else _MOST.get((type(record).__name__, name), MOST)


def cut(content: str, most: int | None, *, length: int = 0) -> str:
    """The text, or its head with a note of how long it was; cutting it again changes nothing.

    Args:
        content: the text, or the head of it.
        most: how many characters are kept, the note included; ``None`` keeps all.
        length: of the whole text, in characters, where ``content`` is only its head.
    """
    if most is None or max(len(content), length) <= most:
        return content
    note = f" [vllm-qualify cut this text of {max(len(content), length):,} characters]"
    return content[: most - len(note)] + note


def shortened(value: _T) -> _T:
    """A record in which no text is longer than a record takes."""
    return mapped(value, cut)


def cleaned(value: _T, shown: Callable[[str], str]) -> _T:
    """The same, each text cleaned before it is cut, so that no half of a secret is left at the end.

    Args:
        value: as in ``mapped``.
        shown: takes out what may not be kept. Of a long text it is given the head alone, many times what is kept: it
            may take a second for each megabyte.
    """

    def act(content: str, most: int | None) -> str:
        if most is None or len(content) <= _MARGIN * most:
            return cut(shown(content), most)
        return cut(shown(content[: _MARGIN * most]), most, length=len(content))

    return mapped(value, act)


def too_long(value: object) -> tuple[str, ...]:
    """The texts of a record that a record does not take as they are, each once, in their order."""
    found: dict[str, None] = {}

    def act(content: str, most: int | None) -> str:
        if most is not None and len(content) > most:
            found[content] = None
        return content

    mapped(value, act)
    return tuple(found)
