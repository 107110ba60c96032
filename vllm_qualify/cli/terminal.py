"""What standard output can show: how wide it is, whether it has colours; and how results are written to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from re import Pattern

WIDTH = 100
"""Of what goes to a file or a pipe, in columns."""
RED, GREEN, YELLOW, MAGENTA = "31", "32", "33", "35"
_LEAST = 40


def colour() -> bool:
    """Standard output is a terminal with colours, and nobody asked for none (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def columns() -> int | None:
    """Columns of the terminal, ``COLUMNS`` before what it says itself, as for other programs; ``None`` without one."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return max(_LEAST, int(told))
    try:
        said = os.get_terminal_size(sys.stdout.fileno()).columns
    except (OSError, ValueError):
        return None
    return max(_LEAST, said) if said else None


def width() -> int:
    """How wide text may be."""
    return columns() or WIDTH


def painted(text: str, colours: Mapping[Pattern[str], str]) -> str:
    """A text with some of its words in colour, where there are colours; the words say everything without them.

    Args:
        text: what is shown, secrets and control sequences taken out.
        colours: by the pattern of the words, the number of the colour.
    """
    for pattern, number in colours.items() if colour() else ():
        text = pattern.sub(f"\x1b[{number}m\\g<0>\x1b[0m", text)
    return text


def show_json(document: object) -> None:
    """Write a document on a line of its own, in characters that every terminal and every reader has."""
    import json  # noqa: PLC0415 - the overview of commands waits for none of it.

    sys.stdout.write(json.dumps(document, allow_nan=False) + "\n")
