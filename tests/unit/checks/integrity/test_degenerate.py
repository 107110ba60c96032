"""Loops, replacement characters and empty answers are told from figures of speech and from answers that were cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.checks.integrity import degenerate
from vllm_qualify.checks.integrity.degenerate import Said
from vllm_qualify.core.records import Outcome

GOOD = Said(text="It is a letter of the water board about the meter.")


@pytest.mark.parametrize(
    "text", ["!" * 60, "the the the " * 20, "Dear sir, and so on and on. " * 8, "ok:" + "\n1. again" * 12]
)
def test_loops(text: str) -> None:
    """One sign, a word, a sentence or a line, said again and again."""
    assert degenerate.loops(text)


@pytest.mark.parametrize(
    "text",
    [
        "very, very, very good",
        "-" * 80,
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        "0 0 0 0",
        "",
    ],
)
def test_figures_of_speech_are_no_loops(text: str) -> None:
    """Rules, tables and emphasis repeat as well."""
    assert not degenerate.loops(text)


@given(st.text(max_size=300))
def test_eight_times_anything_that_is_written_is_a_loop(piece: str) -> None:
    """Whatever is said is a loop once it is said often enough, unless it is nothing but rules and blanks."""
    word = f"a{piece[:70]}"

    assert degenerate.loops(word * 60)


@pytest.mark.parametrize(
    ("said", "outcome", "message"),
    [
        ([GOOD] * 3, Outcome.PASSED, "3 answers"),
        ([GOOD, GOOD, Said(text="")], Outcome.WARNED, "1 of 3 answers are degenerate (1 empty)"),
        ([Said(text="a\ufffdb"), Said(text="!" * 60)], Outcome.FAILED, "1 with replacement characters, 1 in a loop"),
        ([Said(text="Gr\ufffd", cut=True)], Outcome.PASSED, "1 answers"),
        ([], Outcome.INCONCLUSIVE, "no answer"),
    ],
)
def test_outcomes(said: list[Said], outcome: Outcome, message: str) -> None:
    """One is a warning, several are a failure; a sign that the limit cut in two is none."""
    got = degenerate.judge(said)

    assert got.outcome is outcome
    assert message in got.message
