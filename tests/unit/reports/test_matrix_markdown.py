"""matrix.md fits a comment whatever the run, calls nobody, and tells the most important first."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from vllm_qualify.core.records import (
    CandidateRecord,
    CaseRecord,
    Certainty,
    Diagnosis,
    Evidence,
    Finding,
    LogLine,
    Outcome,
    RunRecord,
    Severity,
)
from vllm_qualify.core.requirements import EXPECTED
from vllm_qualify.reports import matrix_markdown

NOW = datetime(2026, 1, 15, tzinfo=UTC)
LIMIT = 65_536
HOSTILE = st.sampled_from(
    [
        "@team #123 GH-1 https://example.test/issues/1 www.example.test",
        "&" * 2_000,
        "\U0001f600" * 2_000,
        "<img src=x onerror=alert(1)> [a](b) ![c](d) | ``` \u202e",
        "x" * 2_000,
        "# heading\n> quote\n- item\n</details>",
        "",
    ]
)
CASES = st.builds(
    CaseRecord,
    image=st.just("i"),
    requirement=HOSTILE | st.sampled_from([known.id for known in EXPECTED]),
    id=HOSTILE,
    sentence=HOSTILE,
    outcome=st.sampled_from(Outcome),
    message=HOSTILE,
    diagnosis=st.none()
    | st.builds(
        Diagnosis,
        cause=HOSTILE,
        title=HOSTILE,
        certainty=st.sampled_from(Certainty),
        remedy=HOSTILE,
        lines=st.lists(st.builds(LogLine, number=st.integers(min_value=1), text=HOSTILE), max_size=30).map(tuple),
        reference=HOSTILE,
        origin=HOSTILE,
        message=HOSTILE,
    ),
    evidence=st.lists(st.builds(Evidence, name=HOSTILE, path=HOSTILE), max_size=3).map(tuple),
    started=st.just(NOW),
)
FINDINGS = st.builds(
    Finding, id=HOSTILE, severity=st.sampled_from(Severity), title=HOSTILE, subject=HOSTILE, actual=HOSTILE
)


def page(run: RunRecord) -> str:
    """The page of a run."""
    return matrix_markdown.files(run)["matrix.md"].decode()


def tokens(content: str) -> list[Token]:
    """What a reader of Markdown finds, that within the blocks included."""
    found = MarkdownIt("commonmark").enable("table").parse(content)
    return [*found, *(inner for one in found for inner in one.children or ())]


def many(run: RunRecord, count: int, *, message: str = "m") -> RunRecord:
    """So many candidates, each with all that the run's candidates have, every message as long."""
    cases = tuple(replace(case, message=message) for one in run.candidates for case in one.cases)
    images = [f"vllm/vllm-openai:v0.{number}.0" for number in range(count)]
    return replace(run, candidates=tuple(CandidateRecord(image=one, target="local", cases=cases) for one in images))


@settings(deadline=None, max_examples=40)
@given(
    cases=st.lists(CASES, max_size=8),
    images=st.lists(HOSTILE, max_size=40),
    findings=st.lists(FINDINGS, max_size=60),
    facts=st.dictionaries(HOSTILE, HOSTILE, max_size=5),
)
def test_any_run_fits_a_comment_and_calls_nobody(
    cases: list[CaseRecord], images: list[str], findings: list[Finding], facts: dict[str, str]
) -> None:
    """There is no link and no foreign HTML in it, and nothing that GitHub would make one of."""
    candidates = tuple(CandidateRecord(image=image, target="local", cases=tuple(cases)) for image in images)
    run = RunRecord(run="r", started=NOW, target="local", facts=facts, candidates=candidates, findings=tuple(findings))

    said = page(run)

    assert len(said) < LIMIT
    assert not [one for one in tokens(said) if one.type in {"link_open", "image", "html_inline"}]
    assert {one.content.strip() for one in tokens(said) if one.type == "html_block"} <= {
        "<details><summary>How to read the outcomes</summary>",
        "</details>",
    }
    told = [one.content for one in tokens(said) if one.type == "text"]
    assert not [one for one in told if re.search(r"(?<!\w)@\w|#\d|GH-\d|https?://|www\.", one)]


@pytest.mark.parametrize(("count", "message"), [(12, "x" * 2_000), (200, "m"), (200, "long words " * 180)])
def test_many_candidates_are_cut_to_what_matters(interrupted: RunRecord, count: int, message: str) -> None:
    """Those that have no room are counted; of each that is told something the first reason is."""
    said = page(many(interrupted, count, message=message))

    assert len(said.encode()) < LIMIT
    assert re.search(r"\*\d+ more (candidates|parts) in matrix\.html\.\*", said)
    assert "<details>" in said


def test_those_that_may_be_taken_keep_their_rows(restored: RunRecord) -> None:
    """Of two hundred that failed and one that qualified, the one is in the table."""
    good = replace(restored.candidates[-1], image="vllm/vllm-openai:v9.9.9")
    crowd = many(restored, 400, message="x" * 300)

    said = page(replace(crowd, candidates=(*crowd.candidates, good)))

    assert "| **v9.9.9** | ✅ **qualified" in said


def test_the_first_cause_is_in_the_row(interrupted: RunRecord) -> None:
    """Nobody has to look for it."""
    rows = {line.split("**")[1]: line for line in page(interrupted).splitlines() if line.startswith("| **")}

    assert "DEPLOY/starts: The image's CUDA is newer than the driver" in rows["v0.15.1"]
    assert "DEPLOY/starts: the engine core died at work" in rows["nightly"]
    assert "❌ failed: DEPLOY; ⛔ blocked: LOAD, CLASSIFY" in rows["v0.15.1"]


def test_evidence_is_told_as_a_path(interrupted: RunRecord) -> None:
    """A comment has no folder beside it, so a link would be dead."""
    said = page(interrupted)

    assert "`evidence/v0.15.1/engine.log`" in said
    assert "](evidence" not in said


def test_a_log_cannot_close_its_block() -> None:
    """A line of three backticks stays a line of the log."""
    lines = (LogLine(number=1, text="```"), LogLine(number=2, text="# no heading"))
    diagnosis = Diagnosis(cause="E01", title="t", certainty=Certainty.CERTAIN, lines=lines)

    said = matrix_markdown._diagnosis(diagnosis)

    assert said[2].startswith("````")
    assert said.count(said[2].removesuffix("text")) == 1
