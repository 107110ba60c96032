"""The page of a job has the matrix once, and never more than it shows."""

from __future__ import annotations

from pathlib import Path

from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import step_summary


def test_the_matrix_follows_what_the_step_said(finished: RunRecord, tmp_path: Path) -> None:
    """What is there stays."""
    path = tmp_path / "summary"
    path.write_text("before\n")

    assert step_summary.write(finished, {step_summary.VARIABLE: str(path)})

    assert path.read_text().startswith("before\n# vLLM compatibility matrix\n")


def test_where_no_job_runs_there_is_none(finished: RunRecord) -> None:
    """An empty variable is none."""
    assert not step_summary.write(finished, {})
    assert not step_summary.write(finished, {step_summary.VARIABLE: ""})


def test_a_summary_that_is_full_stays_as_it_is(finished: RunRecord, tmp_path: Path) -> None:
    """Of more than it takes a job would show nothing."""
    path = tmp_path / "summary"
    path.write_bytes(b"x" * (step_summary.LIMIT_BYTES - 1_000))

    assert not step_summary.write(finished, {step_summary.VARIABLE: str(path)})

    assert path.stat().st_size == step_summary.LIMIT_BYTES - 1_000


def test_a_summary_that_cannot_be_written_ends_no_run(finished: RunRecord, tmp_path: Path) -> None:
    """The reports are whole without it."""
    assert not step_summary.write(finished, {step_summary.VARIABLE: str(tmp_path)})
