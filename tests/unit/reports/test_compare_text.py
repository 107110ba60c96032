"""A comparison fits its terminal, says everything without colours, and leaves nothing out unsaid."""

from __future__ import annotations

import dataclasses
import re

import pytest
from syrupy.assertion import SnapshotAssertion

from vllm_qualify.core.records import Observation, RunRecord
from vllm_qualify.reports import compare, compare_text
from vllm_qualify.reports.compare import Comparison

ANSI = re.compile(r"\x1b\[[0-9;]*m")


@pytest.fixture(name="comparison")
def _comparison(finished: RunRecord, interrupted: RunRecord) -> Comparison:
    return compare.of(finished, interrupted)


def observed(run: RunRecord, values: dict[str, str | float]) -> RunRecord:
    """The run with its first candidate alone, whose first case alone observed this."""
    seen = tuple(Observation(name=name, value=value) for name, value in values.items())
    candidate = run.candidates[0]
    case = dataclasses.replace(candidate.cases[0], observations=seen)
    return dataclasses.replace(run, candidates=(dataclasses.replace(candidate, cases=(case,)),))


@pytest.mark.parametrize("width", [60, 100])
def test_the_text_as_it_was(comparison: Comparison, width: int, snapshot: SnapshotAssertion) -> None:
    """It has not changed unseen, on a wide terminal or a narrow one."""
    assert compare_text.render(comparison, width=width) == snapshot


@pytest.mark.parametrize("width", [1, 40, 72, 80, 200])
def test_no_line_is_wider_than_the_terminal(comparison: Comparison, width: int) -> None:
    """Of a terminal that is narrower than 40 columns nobody can make more."""
    lines = compare_text.render(comparison, width=width).splitlines()

    assert max(map(len, lines)) <= max(width, 40)


def test_colours_add_no_word(comparison: Comparison) -> None:
    """Without them the text is the same."""
    coloured = compare_text.render(comparison, width=100, colour=True)

    assert ANSI.search(coloured)
    bare = [line.rstrip() for line in ANSI.sub("", coloured).splitlines()]
    assert bare == compare_text.render(comparison, width=100).splitlines()


def test_what_is_left_out_is_counted(finished: RunRecord) -> None:
    """Of a long group the first lines are shown, and how many more there are."""
    runs = (observed(finished, dict.fromkeys(map(str, range(23)), word)) for word in ("works", "ignored"))

    told = compare_text.render(compare.of(*runs), width=100)

    assert told.count("works") == 20
    assert "3 more; " in told


def test_nothing_of_an_engine_reaches_the_terminal_as_control(finished: RunRecord) -> None:
    """What was observed is on one line, without control sequences or markup."""
    runs = (observed(finished, {"said\n[bold]": word}) for word in ("works", "\x1b[31mred\nline"))

    told = compare_text.render(compare.of(*runs), width=100)

    assert "\x1b" not in told
    assert "said [bold]" in told
