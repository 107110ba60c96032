"""Where a key stands in a TOML text. ``tomllib`` does not tell, so its own verdict on each head of the text is asked.

The first head of the file, cut after a whole line, in which a key exists ends with the line of that key. A head that
ends inside an array is closed for the trial, so that elements of an array over several lines are found as well.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator

Keys = tuple[str | int, ...]

# Each line costs a parse of all before it; a configuration has a hundred lines, and beyond this the key must do.
MOST_LINES = 1000


def locate(text: str, wanted: Iterable[Keys]) -> dict[Keys, int]:
    """Find the lines of keys.

    A key that is missing from the text is given the line of its nearest table; one without any stays out of the answer.

    Args:
        text: valid TOML.
        wanted: paths such as ``("candidates", 1)``.

    Returns:
        Lines, counted from 1, by path.
    """
    wanted = tuple(wanted)
    prefixes = {keys[:length] for keys in wanted for length in range(1, len(keys) + 1)}
    found: dict[Keys, int] = {}
    for number, head in _heads(text):
        found |= {keys: number for keys in prefixes - found.keys() if _holds(head, keys)}
        if len(found) == len(prefixes):
            break
    return {keys: line for keys in wanted if (line := _nearest(found, keys)) is not None}


def _heads(text: str) -> Iterator[tuple[int, object]]:
    # TOML ends a line at LF alone; splitlines() would cut at form feeds and other marks inside strings too.
    lines = text.split("\n")
    if len(lines) > MOST_LINES:
        return
    for number in range(1, len(lines) + 1):
        head = "\n".join(lines[:number])
        for closed in (head, f"{head}\n]"):
            try:
                yield number, tomllib.loads(closed)
            except (RecursionError, ValueError):
                continue
            break


def _holds(tree: object, keys: Keys) -> bool:
    if not keys:
        return True
    key, *rest = keys
    if isinstance(tree, dict) and key in tree:
        return _holds(tree[key], tuple(rest))
    if isinstance(tree, list) and isinstance(key, int) and key < len(tree):
        return _holds(tree[key], tuple(rest))
    return False


def _nearest(found: dict[Keys, int], keys: Keys) -> int | None:
    return next((found[keys[:length]] for length in range(len(keys), 0, -1) if keys[:length] in found), None)
