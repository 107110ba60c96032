"""No text of a record is longer than a page can take, and what is cut says so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import journal, record_texts, redaction
from vllm_qualify.core.events import CandidateStarted, CaseFinished, FindingsRecorded, RunStarted
from vllm_qualify.core.records import (
    CaseRecord,
    Certainty,
    Diagnosis,
    Finding,
    LogLine,
    Observation,
    Outcome,
    Severity,
)
from vllm_qualify.core.remedies import Change, ChangeKind, Remedy

NOW = datetime(2026, 1, 15, tzinfo=UTC)
LONG = "x" * 1_000_000
CAUSE = Diagnosis(cause="E01", title="t", certainty=Certainty.CERTAIN)
CASE = CaseRecord(image="i", requirement="LOAD", id="LOAD/a", sentence="s", outcome=Outcome.FAILED, started=NOW)
FINDING = Finding(id="H01", severity=Severity.WARN, title="t", subject="a.yaml:3")


@pytest.mark.parametrize(
    ("record", "most"),
    [
        (CaseFinished(case=replace(CASE, message=LONG)), 2_000),
        (CaseFinished(case=replace(CASE, observations=(Observation(name="answer", value=LONG),))), 2_000),
        (CaseFinished(case=replace(CASE, diagnosis=replace(CAUSE, title=LONG))), 2_000),
        (CaseFinished(case=replace(CASE, diagnosis=replace(CAUSE, message=LONG))), 4_000),
        (CaseFinished(case=replace(CASE, diagnosis=replace(CAUSE, lines=(LogLine(number=1, text=LONG),)))), 2_000),
        (FindingsRecorded(at=NOW, findings=(replace(FINDING, actual=LONG),)), 2_000),
        (CandidateStarted(at=NOW, image="i", target="t", facts={"pull": LONG}), 20_000),
    ],
    ids=["message", "observation", "title", "exception", "log-line", "finding", "fact"],
)
def test_every_way_into_a_record_is_limited(record: Any, most: int) -> None:
    """Whoever said it: what is left fits its place, and names the length that it had."""
    said = repr(record_texts.shortened(record))

    assert "[vllm-qualify cut this text of 1,000,000 characters]" in said
    assert most - 60 < said.count("x") < most


def test_what_programs_read_back_stays_whole() -> None:
    """What comparisons hold against another turn, and what `plan` writes, is not cut."""
    case = replace(CASE, material={"answers": LONG})
    change = Change(kind=ChangeKind.FLAG, text="set it", name="--x", value=LONG)
    finding = replace(FINDING, remedies=(Remedy(changes=(change,)),))

    assert record_texts.shortened(case) == case
    assert record_texts.shortened(finding) == finding


@given(content=st.text(max_size=200), most=st.integers(min_value=70, max_value=150))
def test_a_cut_text_is_not_cut_again(content: str, most: int) -> None:
    """It keeps its head and fits; a text that fits is left alone."""
    kept = record_texts.cut(content, most)

    assert len(kept) <= most
    assert record_texts.cut(kept, most) == kept
    assert (kept == content) is (len(content) <= most)


def test_a_secret_is_told_before_the_text_is_cut() -> None:
    """Half a token at the end of what is kept would be no token any more, and stay."""
    token = "hf_" + "a1B2" * 8
    message = "x" * 1_920 + f" {token} " + LONG

    kept = redaction.brief(replace(CASE, message=message)).message

    assert "hf_a" not in kept
    assert kept.endswith(f"[vllm-qualify cut this text of {len(message):,} characters]")


def test_what_is_too_long_is_found_once() -> None:
    """The texts in full, for whoever keeps them."""
    case = replace(CASE, message=LONG, sentence="y" * 3_000, diagnosis=replace(CAUSE, remedy=LONG))

    assert record_texts.too_long(case) == ("y" * 3_000, LONG)
    assert record_texts.too_long(CASE) == ()


def test_a_text_without_end_in_an_old_journal_is_cut_when_it_is_read() -> None:
    """Releases that did not limit what they wrote left messages of any length."""
    head = RunStarted(run="r", at=NOW, target="local", images=("i",))
    lines = [journal.encode(event) for event in (head, CaseFinished(case=replace(CASE, message=LONG)))]

    (case,) = journal.read(b"".join(lines)).candidates[0].cases

    assert len(case.message) == record_texts.MOST
    assert case.message.endswith("cut this text of 1,000,000 characters]")
