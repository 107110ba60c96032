"""What the terminal can show: how wide it is, and whether it has colours. For commands that print tables."""

from __future__ import annotations

import os
import sys

WIDTH = 100
"""Of what goes to a file or a pipe, in columns."""
_LEAST = 40


def colour() -> bool:
    """Standard output is a terminal with colours, and nobody asked for none (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def width() -> int:
    """Columns of the terminal; ``COLUMNS`` outranks what it says itself, as for other programs."""
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return max(_LEAST, int(told))
    try:
        return max(_LEAST, os.get_terminal_size(sys.stdout.fileno()).columns or WIDTH)
    except (OSError, ValueError):
        return WIDTH
