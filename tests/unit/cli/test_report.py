"""`vllm-qualify report`: every run that can be read is rendered, and the exit code says what could not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from vllm_qualify import cli

DATA = Path(__file__).parents[1] / "data"


def stored(folder: Path, name: str) -> Path:
    """A folder with the journal of a stored run."""
    folder.mkdir()
    (folder / "journal.jsonl").write_bytes((DATA / name).read_bytes())
    return folder


def test_the_others_are_rendered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path that cannot be read costs one line, the exit code 4, and no report."""
    first, second = (stored(tmp_path / name, f"{name}.jsonl") for name in ("journal", "older"))

    code = cli.main(["report", str(first), str(tmp_path / "nope"), str(second)])

    told = capsys.readouterr()
    assert code == 4
    assert told.err.startswith("vllm-qualify report: cannot read ")
    assert told.err.count("\n") == 1
    assert (first / "matrix.html").is_file()
    assert (second / "matrix.html").is_file()


def test_reports_go_where_they_are_wanted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """--to names the folder, and the paths that are printed are those in it."""
    run = stored(tmp_path / "run", "journal.jsonl")

    code = cli.main(["report", str(run), "--to", str(tmp_path / "to")])

    assert code == 1
    assert str(tmp_path / "to" / "matrix.html") in capsys.readouterr().out
    assert sorted(path.name for path in run.iterdir()) == ["journal.jsonl"]


def test_two_runs_into_one_folder_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line says so before anything is written."""
    run = stored(tmp_path / "run", "journal.jsonl")
    (run / "other.jsonl").write_bytes((DATA / "interrupted.jsonl").read_bytes())

    code = cli.main(["report", str(run), str(run / "other.jsonl")])

    assert code == 4
    assert capsys.readouterr().err.count("\n") == 1
    assert sorted(path.name for path in run.iterdir()) == ["journal.jsonl", "other.jsonl"]


def test_the_matrix_is_no_wider_than_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sentences wrap where COLUMNS says; the paths below them are whole."""
    monkeypatch.setenv("COLUMNS", "70")

    cli.main(["report", str(stored(tmp_path / "run", "journal.jsonl"))])

    matrix = capsys.readouterr().out.partition(str(tmp_path))[0]
    assert 60 < max(map(len, matrix.splitlines())) <= 70


def test_runs_are_merged_into_one_matrix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its text is printed in the place of theirs, with the files that hold it; the newest run of each node decides."""
    runs = [str(stored(tmp_path / name, f"{name}.jsonl")) for name in ("journal", "interrupted")]

    code = cli.main(["report", *runs, "--merge", "--to", str(tmp_path / "to")])

    told = capsys.readouterr().out
    assert code == 20
    assert "\n6 candidates on 2 nodes, from 2 runs: " in told
    assert str(tmp_path / "to" / "merged.json") in told


def test_merging_wants_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The matrix of several runs belongs into the folder of none."""
    run = stored(tmp_path / "run", "journal.jsonl")

    assert cli.main(["report", str(run), "--merge"]) == 4
    assert "--to DIR" in capsys.readouterr().err
    assert [path.name for path in run.iterdir()] == ["journal.jsonl"]
