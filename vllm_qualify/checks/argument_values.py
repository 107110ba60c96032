"""Compares the words of a command line with the values that a parser made of them; read by the judge of arguments."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vllm_qualify.arguments.command_line import Group, split
from vllm_qualify.arguments.parser_report import Flag, Parsed, ParserFacts

# A file that is read and dropped, and the model, which has rules of its own.
_NOT_COMPARED = frozenset({"config", "model", "model_tag"})


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionReading:
    """What became of one option.

    Attributes:
        option: as it was written.
        given: the words behind it.
        value: what the parser made of them.
        same: whether that is the same; ``None`` where it cannot be told, as for ``8k`` or a configuration object.
    """

    option: str
    given: str
    value: Any
    same: bool | None


def readings(parsed: Parsed, facts: ParserFacts) -> tuple[OptionReading, ...]:
    """Compare every option of an accepted command line; of one that is given twice only the last counts."""
    groups = {flag.dest: (group, flag) for group in split(parsed.argv) if (flag := _flag(group, facts))}
    return tuple(
        OptionReading(
            option=group.flag,
            given=" ".join(group.values),
            value=parsed.values[dest],
            same=None if "." in group.flag else _same(group, flag, parsed.values[dest]),
        )
        for dest, (group, flag) in groups.items()
        if dest in parsed.values and dest not in _NOT_COMPARED
    )


def _flag(group: Group, facts: ParserFacts) -> Flag | None:
    return facts.find(group.flag) or facts.abbreviated(group.flag) if group.flag else None


def _same(group: Group, flag: Flag, value: Any) -> bool | None:
    if flag.nargs == 0:
        return bool(value == (not group.flag.startswith("--no-") if flag.const is None else flag.const))
    if not group.values:
        return None if flag.const is None else _same_text(str(flag.const), value)
    if isinstance(value, list):
        return _same_list(group.values, value)
    return _same_text(group.values[0], value)


def _same_list(given: Sequence[str], value: list[Any]) -> bool | None:
    """Each given word must be in the list, since an option that collects adds to what was there; or it is JSON."""
    if set(given) <= {str(one) for one in value}:
        return True
    return True if _json(given[0]) == value else None


def _same_text(given: str, value: Any) -> bool | None:
    if value is None:
        return given.casefold() in {"", "none", "null"}
    if isinstance(value, bool):
        return (given.casefold() == "true") is value if given.casefold() in {"true", "false"} else None
    if isinstance(value, int | float):
        return _same_number(given, value)
    if isinstance(value, str):
        return given.casefold() == value.casefold()
    return True if _json(given) == value else None


def _same_number(given: str, value: float) -> bool | None:
    """``8k`` and ``auto`` are numbers to some options only, so they are left undecided."""
    try:
        return float(given) == value
    except ValueError:
        return None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
