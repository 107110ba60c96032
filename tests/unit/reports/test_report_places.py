"""Reports go where no other run's are; more of it is in test_remake.py, where they are written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import report_places
from vllm_qualify.reports.report_places import ReadRun


def read(name: str) -> ReadRun:
    """A run of that name."""
    run = RunRecord(run=name, started=datetime(2026, 1, 15, tzinfo=UTC), target="local")
    return ReadRun(journal=Path("journal.jsonl"), run=run)


@given(names=st.lists(st.text() | st.sampled_from(["a", "a-2", "..", "/", "a/../b", "\0"]), max_size=5))
def test_each_run_has_a_folder_of_its_own_within_the_one_asked_for(names: list[str]) -> None:
    """Whatever runs are called: no two share a folder, and none is elsewhere."""
    to = Path("/nowhere/to")

    homes = report_places.within(to, [read(name) for name in names])

    assert len(set(homes)) == len(names)
    assert all(home.parent == to and home.name not in {"", ".", ".."} and "\0" not in home.name for home in homes)


def test_names_that_a_run_may_have_stay_as_they_are() -> None:
    """A second one of that name is numbered."""
    name = "20260115-021004-local"

    assert [home.name for home in report_places.within(Path("/nowhere"), [read(name), read(name)])] == [
        name,
        f"{name}-2",
    ]
