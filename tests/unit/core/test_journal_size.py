"""A journal of any size is read: one event at a time, and no line that is too long for that."""

from __future__ import annotations

import dataclasses
import tracemalloc
from datetime import UTC, datetime
from itertools import chain, repeat

import pytest

from vllm_qualify.core import journal
from vllm_qualify.core.events import CaseFinished, CaseStarted, RunStarted, StepTaken
from vllm_qualify.core.records import CaseRecord, Outcome

NOW = datetime(2026, 1, 15, tzinfo=UTC)
HEAD = RunStarted(run="r", at=NOW, target="local", images=("i",))


def test_a_line_of_absurd_length_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named with its number, also where it is the last one and may have been cut off."""
    monkeypatch.setattr(journal, "LINE_BYTES", 1024)
    long = journal.encode(dataclasses.replace(HEAD, facts={"a": "b" * 1024}))

    for content in (journal.encode(HEAD) + b"\n" + long, journal.encode(HEAD) + b"\n" + long[:1025]):
        with pytest.raises(journal.BadJournal, match=r"line 3 is longer than .*; delete it"):
            journal.read(content)


def ended(message: str) -> CaseFinished:
    """A case that ended with this message."""
    case = CaseRecord(
        image="i",
        requirement="LOAD",
        id="LOAD/a",
        sentence="s",
        outcome=Outcome.PASSED,
        message=message,
        started=NOW,
    )
    return CaseFinished(case=case)


def peak_bytes(times: int) -> int:
    """The most memory that it takes to read a journal in which a case began and ended so many times."""
    begun = CaseStarted(at=NOW, image="i", requirement="LOAD", id="LOAD/a", sentence="s" * 100)
    step = StepTaken(at=NOW, phase="take-down", what="w" * 100)
    again = [journal.encode(event) for event in (begun, step, ended("m" * 1000))]
    tracemalloc.start()
    journal.fold(journal.decode(chain([journal.encode(HEAD)], chain.from_iterable(repeat(again, times)))))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_what_a_later_event_supersedes_is_let_go() -> None:
    """A journal of a hundred times as many lines that comes to the same run takes no more memory."""
    peak_bytes(1)  # What is made once, such as the parser.

    assert peak_bytes(1000) < 2 * peak_bytes(10)


def test_a_long_text_full_of_quotes_is_cut_as_well() -> None:
    """Quotes end no text where they are escaped."""
    (read,) = journal.decode([journal.encode(ended('say "no" ' * 2_000))])

    assert isinstance(read, CaseFinished)
    assert len(read.case.message) <= 2_100
