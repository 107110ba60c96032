"""From which release to which: ``0.5.5..0.9.2 0.12.0..``, both ends included, an open end reaching the newest."""

from __future__ import annotations

from collections.abc import Sequence


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
