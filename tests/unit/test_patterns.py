"""Nothing that a candidate writes can hold up the run: every regular expression of the package is linear."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.unit import patterns
from vllm_qualify.core import redaction
from vllm_qualify.reports import text as words

# What loops in patterns feed on: one character without end, and beginnings that never come to their end.
HOSTILE = [
    *" \t\n\"'\\-_.,:;=/@([{<`|&$%#*~+0aA", '\\"', "a ", "a.", "a-", "a_", "--a", "://", "://a:", "key=", "secret=[",
    "token ", "bearer ", "eyJa-", '"data":{"', "kind:", "a,", "0,", "0.", "a=", "\n ", "/a", "\x1b[", "\x1b]",
    '["', '"a":', "<a", "error: ", "$(", "{{", "-----BEGIN ", "name: A", "&key=", "-a\n",
]  # fmt: skip
SMALL, GROWN = 8_000, 32_000
QUICK_SECONDS = 0.0008
"""At this many in `SMALL` characters a square law would still take no more than some seconds in a line of 1 MB."""
SQUARE = 9.0
"""Four times the text takes four times as long by a linear law, and sixteen times by a square one."""
EVERY = patterns.every()


def _seconds(work: Callable[[], object]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began


def _grows(work: Callable[[str], object], alphabet: str) -> bool:
    """Whether the work takes more than in proportion to the length of a text; measured in time of this thread alone."""
    small, grown = (alphabet * (size // len(alphabet)) for size in (SMALL, GROWN))
    if _seconds(lambda: work(small)) < QUICK_SECONDS:
        return False
    # The shortest of several: what the machine does beside it only makes it longer.
    short = min(_seconds(lambda: work(small)) for _ in range(3))
    return all(_seconds(lambda: work(grown)) > SQUARE * short for _ in range(3))


def _own(source: str) -> Iterator[str]:
    """The words of a pattern itself: what it looks for gets the furthest into it."""
    bare = re.sub(r"\\[A-Za-z]|\(\?P<\w+>", " ", source)
    for word in sorted(set(re.findall(r"[\w:/-]{2,}", bare)), key=len)[-3:]:
        yield from (word, f"{word} ", f"{word}=")


def _application(found: patterns.Found, way: str) -> Callable[[str], object]:
    pattern: re.Pattern[Any] = found.pattern

    def apply(text: str) -> object:
        given = text if isinstance(pattern.pattern, str) else text.encode()
        return sum(1 for _ in pattern.finditer(given)) if way == "search" else getattr(pattern, way)(given)

    return apply


@pytest.mark.parametrize("found", EVERY, ids=[f"{one.place}-{number}" for number, one in enumerate(EVERY)])
def test_every_pattern_is_linear(found: patterns.Found) -> None:
    """However a line is made up, reading it takes no longer than in proportion to its length."""
    source = found.pattern.pattern
    alphabets = [*HOSTILE, *_own(source if isinstance(source, str) else source.decode())]

    slow = [(way, one) for way in found.ways for one in alphabets if _grows(_application(found, way), one)]

    assert slow == []


@pytest.mark.parametrize("work", [redaction.text, words.clean], ids=["redaction", "clean"])
@pytest.mark.parametrize("head", ["", "kind: Secret\ndata:\n", '{"kind":"Secret"}'], ids=["bare", "yaml", "json"])
def test_what_all_text_goes_through_is_linear(work: Callable[[str], object], head: str) -> None:
    """Also where a Kubernetes Secret among it calls for a closer look."""
    assert [one for one in HOSTILE if _grows(lambda text: work(head + text + head), one)] == []


def test_patterns_are_found_wherever_they_stand() -> None:
    """In names, in the rows of tables as text, in calls, and those that later come."""
    places = {one.place.partition(":")[0] for one in EVERY}

    assert {
        "vllm_qualify.core.redaction._PLAIN",
        "vllm_qualify.gpu.reading._TROUBLES",
        "vllm_qualify.reports.page_parts",
    } <= places
    assert sum("SYMPTOMS" in place for place in (one.place for one in EVERY)) > 50


def test_no_pattern_is_made_where_nothing_can_hold_it() -> None:
    """A pattern that only the running program knows would be none of those above."""
    assert patterns.unreadable() == []
