"""Turns what releases say into the text of a file of messages and back: one line a statement, so a diff can be read.

The lines are sorted, by the word that a text must hold first, so that a reader finds them by halves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from catalogue_maker import span_text
from vllm_qualify.catalogue import spans


def text(said: Mapping[str, Iterable[str]], order: Sequence[str]) -> str:
    """The text of the file.

    Args:
        said: by release, its rows; see `catalogue_maker.messages.Extraction`.
        order: all releases, oldest first.
    """
    places: dict[str, list[int]] = {}
    for place, version in enumerate(order):
        for row in said.get(version, ()):
            places.setdefault(row, []).append(place)
    known: dict[tuple[int, ...], str] = {}
    for found in map(tuple, places.values()):
        known[found] = known.get(found) or json.dumps(span_text.encode(found, order))
    return "".join(sorted(f"{row[:-1]},{known[tuple(found)]}]\n" for row, found in places.items()))


def read(written: str, order: Sequence[str]) -> dict[str, set[str]]:
    """The rows by release.

    Args:
        written: what `text` wrote.
        order: the releases that it knew.
    """
    said: dict[str, set[str]] = {version: set() for version in order}
    known: dict[str, list[str]] = {}
    for line in written.splitlines():
        row, _, end = line.rpartition(",")
        if end not in known:
            known[end] = [order[place] for place in spans.decode(json.loads(end[:-1]), order)]
        for version in known[end]:
            said[version].add(f"{row}]")
    return said
