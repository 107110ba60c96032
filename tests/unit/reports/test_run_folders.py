"""`run_folders`: every run of a folder, and none that is told twice."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vllm_qualify.reports import run_folders
from vllm_qualify.reports.run_folder import NoJournal

JOURNAL = Path(__file__).parents[1] / "data" / "journal.jsonl"


def kept(parent: Path, name: str, content: bytes = JOURNAL.read_bytes()) -> None:
    """A folder of a run with this journal."""
    (parent / name).mkdir()
    (parent / name / "journal.jsonl").write_bytes(content)


def test_every_run_is_read_once(tmp_path: Path) -> None:
    """The link to the newest is no run of its own, and other files are none at all."""
    kept(tmp_path, "one")
    kept(tmp_path, "two")
    (tmp_path / "latest").symlink_to("two")
    (tmp_path / "README.md").touch()

    runs, problems = run_folders.all_in(tmp_path)

    assert (len(runs), problems) == (2, ())


def test_what_cannot_be_read_is_told_and_left_out(tmp_path: Path) -> None:
    """The others are read all the same."""
    kept(tmp_path, "bad", b"no journal\nat all\n")
    kept(tmp_path, "good")

    runs, (problem,) = run_folders.all_in(tmp_path)

    assert len(runs) == 1
    assert problem.startswith(f"{tmp_path / 'bad' / 'journal.jsonl'}: line 1 ")


def test_a_folder_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    """So that nobody takes it for a folder without runs."""
    shutil.rmtree(tmp_path)

    with pytest.raises(NoJournal, match="give the folder with the folders of runs"):
        run_folders.all_in(tmp_path)
