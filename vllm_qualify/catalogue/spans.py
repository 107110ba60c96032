"""From which release to which: ``0.5.5..0.9.2 0.12.0..``, both ends included, an open end reaching the newest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


class BadSpan(ValueError):
    """A span names a release that the catalogue does not have, or ends before it begins."""


def decode(text: str, order: Sequence[str]) -> frozenset[int]:
    """The places in the order of releases that a text covers.

    Args:
        text: spans, separated by blanks; a single release is a span.
        order: all releases, oldest first.

    Raises:
        BadSpan: it names no release of the order, or none lies in it.
    """
    covered: set[int] = set()
    for span in text.split():
        first, dots, last = span.partition("..")
        try:
            begin = order.index(first)
            end = order.index(last) if last else len(order) - 1 if dots else begin
        except ValueError as error:
            raise BadSpan(f"the span {span!r} names a release that the catalogue does not have") from error
        if end < begin:
            raise BadSpan(f"the span {span!r} ends before it begins")
        covered.update(range(begin, end + 1))
    return frozenset(covered)


def encode(places: Iterable[int], order: Sequence[str]) -> str:
    """The shortest text that covers exactly these places; `decode` reads it back."""
    wanted, spans, newest = sorted(set(places)), [], len(order) - 1
    while wanted:
        length = next((n for n in range(1, len(wanted)) if wanted[n] != wanted[0] + n), len(wanted))
        begin, end = wanted[0], wanted[length - 1]
        # Only an open end lets a newer release that changes nothing leave the file as it is.
        ended = f"{order[begin]}.." if end == newest else f"{order[begin]}..{order[end]}"
        spans.append(order[begin] if begin == end != newest else ended)
        wanted = wanted[length:]
    return " ".join(spans)
