"""The time line shows the outage where it was, and every candidate's turn within the run."""

from __future__ import annotations

import dataclasses
import itertools
from datetime import timedelta

import pytest

from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import production, timeline
from vllm_qualify.reports.timeline import Timeline


def of(run: RunRecord) -> Timeline | None:
    """The time line of a run."""
    return timeline.of(run, production.of(run))


def test_the_outage_lies_where_it_was(restored: RunRecord) -> None:
    """It begins as late in the run as production was taken down, and is as wide as it was long."""
    line = of(restored)

    assert line is not None
    whole = (line.end - line.begin).total_seconds()
    assert line.away.seconds == pytest.approx(129, abs=0.5)
    assert line.away.width == pytest.approx(100 * line.away.seconds / whole)
    assert line.away.start + line.away.width < 100


def test_the_turns_follow_one_another(restored: RunRecord) -> None:
    """Three candidates, one after the other, none before the run or after it."""
    line = of(restored)

    assert line is not None
    assert [turn.name for turn in line.turns] == ["v0.15.1", "v0.12.0", "v0.8.5.post1"]
    ends = [(turn.start, turn.start + turn.width) for turn in line.turns]
    assert sorted(ends) == ends
    assert all(end <= start for (_, end), (start, _) in itertools.pairwise(ends))
    assert ends[-1][1] <= 100


def test_an_outage_that_did_not_end_reaches_the_end(lost: RunRecord) -> None:
    """Where production is not back, nothing suggests that it was away for a while only."""
    line = of(lost)

    assert line is not None
    assert line.away.start + line.away.width == pytest.approx(100)
    assert "not back" in line.away.name


def test_no_outage_has_no_time_line(finished: RunRecord, interrupted: RunRecord, restored: RunRecord) -> None:
    """Without an outage, or with clocks that contradict one another, nothing is drawn."""
    impossible = dataclasses.replace(restored, started=restored.started + timedelta(hours=1))

    assert [of(run) for run in (finished, interrupted, impossible)] == [None] * 3
