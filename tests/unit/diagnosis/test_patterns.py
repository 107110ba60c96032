"""No regular expression of the diagnosis takes long on a line, however it was made to mislead it."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vllm_qualify import diagnosis
from vllm_qualify.diagnosis import SYMPTOMS
from vllm_qualify.diagnosis.logs import LONGEST

ALLOWED_SECONDS = 0.2
"""For the longest line that is looked at; what backtracks takes minutes, and what does not a millisecond."""
Pattern = re.Pattern[str] | re.Pattern[bytes]


Use = Callable[[str], object]
SEARCHED = {"reader", "writers"}
"""Modules that look for their patterns anywhere in a line; the others look at its beginning."""


def patterns() -> Iterator[tuple[str, Pattern, Use]]:
    """All of the package by name, each with what it is used for: those of the table, and those of its modules."""
    for symptom in SYMPTOMS:
        yield symptom.id, symptom.pattern, symptom.pattern.search
        for place, reading in enumerate(symptom.readings):
            yield f"{symptom.id} read {place}", reading.shows, reading.shows.search
    for module in pkgutil.iter_modules(diagnosis.__path__):
        for name, held in vars(importlib.import_module(f"{diagnosis.__name__}.{module.name}")).items():
            if isinstance(held, re.Pattern):
                search = held.search if module.name in SEARCHED or name == "_TERMINAL" else held.match
                yield f"{module.name}.{name}", held, search


EACH = pytest.mark.parametrize(
    ("pattern", "use"), [pytest.param(pattern, use, id=name) for name, pattern, use in patterns()]
)


def slowest(pattern: Pattern, use: Use, pieces: Iterable[str]) -> float:
    """Seconds of the line that takes longest, of those that repeat a piece.

    A line that is slow is tried again twice: a processor that is shared with other work may be half as fast.
    """
    longest = 0.0
    for piece in filter(None, pieces):
        line: Any = (piece * (LONGEST // len(piece) + 1))[:LONGEST]
        content = line.encode() if isinstance(pattern.pattern, bytes) else line
        seconds = timed(use, content)
        again = () if seconds < ALLOWED_SECONDS else (timed(use, content), timed(use, content))
        longest = max(longest, min(seconds, *again) if again else seconds)
    return longest


def timed(use: Use, content: Any) -> float:
    """Seconds of processor that one search takes."""
    begun = time.process_time()
    use(content)
    return time.process_time() - begun


def matching(pattern: Pattern) -> st.SearchStrategy[str]:
    """Texts that the pattern matches."""
    if isinstance(pattern.pattern, bytes):
        return st.from_regex(pattern, fullmatch=True).map(lambda found: bytes(found).decode("latin-1"))
    return st.from_regex(pattern, fullmatch=True)


@EACH
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_almost_a_match_over_and_over_takes_no_time(pattern: Pattern, use: Use, data: st.DataObject) -> None:
    """A line of what nearly matches, cut anywhere and repeated, is searched in a moment."""
    text = data.draw(matching(pattern))
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(text)), st.integers(0, len(text)))))

    assert slowest(pattern, use, [text[:end], text[start:end], text[start:], f"{text[:end]}\x00"]) < ALLOWED_SECONDS


@EACH
def test_one_character_over_and_over_takes_no_time(pattern: Pattern, use: Use) -> None:
    """Neither does a line of nothing but one character that repetitions are fond of."""
    assert slowest(pattern, use, " a0_.:'\"(){}[]/-=,|\\\té\x1b") < ALLOWED_SECONDS


def test_the_bound_catches_what_backtracks() -> None:
    """A pattern that takes quadratic time on a long line is seen."""
    quadratic = re.compile(r"(?:ab|a)+c")

    assert slowest(quadratic, quadratic.search, "a") > ALLOWED_SECONDS
