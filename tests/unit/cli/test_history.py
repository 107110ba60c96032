"""`history`: older runs are taken in, each once, and what was measured is kept."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from vllm_qualify import cli
from vllm_qualify.history import store


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands are called in an empty folder."""
    monkeypatch.chdir(tmp_path)


def test_runs_are_taken_in_by_any_of_their_names(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder, its journal, a folder of folders, a link to one of them: one run, taken in once."""
    reports = Path("reports")
    shutil.copytree(run, reports / "r")
    (reports / "latest").symlink_to("r")

    assert cli.main(["history", "--add", "reports", "reports/latest"]) == 0
    assert cli.main(["history", "--add", "reports/r/journal.jsonl"]) == 0

    assert capsys.readouterr().out.splitlines() == [
        "1 run taken into reports/history.sqlite",
        "0 runs taken into reports/history.sqlite; 1 run in it already",
    ]
    (kept,) = store.load(reports / "history.sqlite")
    assert kept.name == "r"


def test_a_run_that_cannot_be_read_keeps_no_other_out(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each bad path is a line, and the exit code says that there was one."""
    Path("qualify.toml").write_text('[history]\nfile = "kept.sqlite"\n')

    assert cli.main(["history", "--add", "nowhere", str(run)]) == 4

    said = capsys.readouterr()
    assert said.err.startswith("vllm-qualify history: cannot read nowhere")
    assert said.out == f"1 run taken into {Path('kept.sqlite').absolute()}\n"


def test_a_history_that_is_named_outranks_the_settings(run: Path) -> None:
    """Whatever they say."""
    Path("other.toml").write_text('[history]\nfile = "kept.sqlite"\n')

    assert cli.main(["history", "--config", "other.toml", "--file", "mine.sqlite", "--add", str(run)]) == 0

    assert [path.name for path in Path().glob("*.sqlite")] == ["mine.sqlite"]
