"""Where the time of a start went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify import startup

LOG = (Path(__file__).parent / "data" / "logs" / "v0.15.1-healthy.log").read_text().splitlines()
STARTED = datetime(2026, 11, 23, 14, 40, 28, tzinfo=UTC)
READY = datetime(2026, 11, 23, 14, 41, 22, 400000, tzinfo=UTC)
FIRST = READY + timedelta(seconds=5)


def test_a_real_start_is_split() -> None:
    """The real log of v0.15.1 gives every phase, none of them negative."""
    found = startup.phases(LOG, started=STARTED, ready=READY, first_token=FIRST)

    assert [phase.name for phase in found] == [*(name for name, _ in startup.MARKS), "ready", "first token"]
    assert min(phase.seconds for phase in found) >= 0


def test_a_log_without_marks_still_adds_up() -> None:
    """A release whose log says nothing known gives two phases."""
    found = startup.phases(["no time stamp", ""], started=STARTED, ready=READY, first_token=FIRST)

    assert [(phase.name, phase.seconds) for phase in found] == [("ready", 54.4), ("first token", 5.0)]


@given(st.lists(st.sampled_from(LOG), max_size=60))
def test_phases_always_add_up(lines: list[str]) -> None:
    """Whatever lines are missing or doubled, the phases sum up to the whole and none is negative."""
    found = startup.phases(sorted(lines), started=STARTED, ready=READY, first_token=FIRST)

    assert abs(sum(phase.seconds for phase in found) - 59.4) < 1e-6
    assert min(phase.seconds for phase in found) >= 0
