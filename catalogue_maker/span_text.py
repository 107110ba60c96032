"""Writes from which release to which a fact holds, as `vllm_qualify.catalogue.spans` reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def encode(places: Iterable[int], order: Sequence[str]) -> str:
    """The shortest text that covers exactly these places; `spans.decode` reads it back."""
    wanted, spans, newest = sorted(set(places)), [], len(order) - 1
    while wanted:
        length = next((n for n in range(1, len(wanted)) if wanted[n] != wanted[0] + n), len(wanted))
        begin, end = wanted[0], wanted[length - 1]
        # Only an open end lets a newer release that changes nothing leave the file as it is.
        ended = f"{order[begin]}.." if end == newest else f"{order[begin]}..{order[end]}"
        spans.append(order[begin] if begin == end != newest else ended)
        wanted = wanted[length:]
    return " ".join(spans)
