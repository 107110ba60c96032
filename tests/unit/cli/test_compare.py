"""`vllm-qualify compare`: two runs in the form that was asked for, and an exit code for scripts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vllm_qualify import cli

DATA = Path(__file__).parents[1] / "data"
BEFORE, AFTER = DATA / "journal.jsonl", DATA / "interrupted.jsonl"


def compare(capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, str]:
    """The exit code and what was printed."""
    code = cli.main(["compare", str(BEFORE), str(AFTER), *options])
    return code, capsys.readouterr().out


@pytest.mark.parametrize(
    ("shown", "begins"),
    [(True, "1 requirement is worse and 4 are no longer shown.\n"), (False, "# 20260115-021004-local and ")],
)
def test_a_terminal_gets_text_and_a_pipe_markdown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *, shown: bool, begins: str
) -> None:
    """Nobody has to read raw Markdown, and what was piped into a file before still is the same kind of file."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("sys.stdout.isatty", lambda: shown, raising=False)

    code, told = compare(capsys)

    assert code == 1
    assert told.startswith(begins)


def test_the_text_is_as_wide_as_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """COLUMNS sets it."""
    monkeypatch.setenv("COLUMNS", "50")

    _, told = compare(capsys, "--format", "text")

    assert 40 < max(map(len, told.splitlines())) <= 50


def test_a_program_gets_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    """Its exit code stands in it as well."""
    code, told = compare(capsys, "--format", "json")

    assert json.loads(told)["exit_code"] == code == 1


@pytest.mark.parametrize(
    ("form", "name", "begins"),
    [("html", "compare.html", "<!doctype html>"), ("json", "compare.json", "{"), ("markdown", "compare.md", "# ")],
)
def test_it_is_written_where_it_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], form: str, name: str, begins: str
) -> None:
    """A file of the form's own name, whose path is all that is printed."""
    code, told = compare(capsys, "--format", form, "--to", str(tmp_path / "to"))

    assert (code, told) == (1, f"{tmp_path / 'to' / name}\n")
    assert (tmp_path / "to" / name).read_text().strip().startswith(begins)


def test_the_page_lies_beside_the_later_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody wants HTML on a terminal."""
    run = tmp_path / "run"
    run.mkdir()
    (run / "journal.jsonl").write_bytes(AFTER.read_bytes())

    cli.main(["compare", str(BEFORE), str(run), "--format", "html"])

    assert capsys.readouterr().out == f"{run / 'compare.html'}\n"
    assert (run / "compare.html").is_file()


def test_a_run_that_cannot_be_read_is_a_mistake(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line names it, and nothing is compared."""
    assert cli.main(["compare", str(BEFORE), str(tmp_path)]) == 4
    assert capsys.readouterr().err.count("\n") == 1
