"""``${NAME}`` in Compose files and ``.env`` files, as the Compose Specification interpolates it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_START = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<bare>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)(?P<form>:?[-+?]|(?=\})))", re.ASCII
)
_NOWHERE = "set neither in the environment nor in .env"
_DEEPEST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Variables:
    """What is put in for ``${NAME}``.

    Attributes:
        values: by name.
        unknowns: gets the spelling of every one that is not known, and where it could come from.
    """

    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    unknowns: dict[str, str] = field(default_factory=dict)


def interpolated(text: str, variables: Variables, *, depth: int = 0) -> str:
    """Put variables into a text; what is not known stays in it as ``${NAME}``, and is noted.

    A name that nothing sets is not taken for empty, as Compose would with a warning: where the file is really used it
    is likely to be set. Braces without an end stay as they are.
    """
    parts: list[str] = []
    place = 0
    while found := _START.search(text, place):
        parts.append(text[place : found.start()])
        written, place = _value(text, found, variables, depth)
        parts.append(written)
    return "".join((*parts, text[place:]))


def _value(text: str, found: re.Match[str], variables: Variables, depth: int) -> tuple[str, int]:
    """What stands for one reference, and where the text goes on behind it."""
    if found["escaped"]:
        return "$", found.end()
    if found["bare"]:
        return _plain(found["bare"], variables), found.end()
    end = _closing(text, found.end())
    if end is None or depth > _DEEPEST:
        return found[0], found.end()
    return _braced(found["braced"], found["form"], text[found.end() : end], variables, depth), end + 1


def _braced(name: str, form: str, operand: str, variables: Variables, depth: int) -> str:
    value = variables.values.get(name)
    given = bool(value) if form.startswith(":") else value is not None
    if form.endswith("+"):
        return interpolated(operand, variables, depth=depth + 1) if given else ""
    if form.endswith("-") and not given:
        return interpolated(operand, variables, depth=depth + 1)
    return (value or "") if given else _unknown(name, variables)


def _closing(text: str, place: int) -> int | None:
    """Where the brace closes that was opened before a place; ``None`` where it does not."""
    depth = 1
    for index in range(place, len(text)):
        if text.startswith("${", index):
            depth += 1
        elif text[index] == "}":
            depth -= 1
            if not depth:
                return index
    return None


def _plain(name: str, variables: Variables) -> str:
    value = variables.values.get(name)
    return _unknown(name, variables) if value is None else value


def _unknown(name: str, variables: Variables) -> str:
    written = f"${{{name}}}"
    variables.unknowns[written] = _NOWHERE
    return written
