"""What somebody may have meant who wrote a name that there is not: of settings, rules, commands and options. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection


def nearest(word: str, known: Collection[str], *, cutoff: float = 0.6) -> str:
    """The known name that is most like a word; ``""`` where none is like it.

    Args:
        word: as it was written.
        known: what there is.
        cutoff: how alike they must be, from 0 to 1, as ``difflib`` counts it.
    """
    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=cutoff)), "")


def hint(word: str, known: Collection[str]) -> str:
    """The nearest name as the end of a message, with a semicolon before it; ``""`` where none is like the word."""
    near = nearest(word, known)
    return f"; did you mean {near}?" if near else ""
