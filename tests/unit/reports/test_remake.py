"""Reports are made again from a journal alone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vllm_qualify.core import journal
from vllm_qualify.core.events import CaseFinished, Event, RunStarted
from vllm_qualify.core.records import CaseRecord, Evidence, Outcome
from vllm_qualify.core.requirements import REQUIREMENTS
from vllm_qualify.reports import remake, run_folder

DATA = Path(__file__).parents[1] / "data"
NOW = datetime(2026, 1, 15, tzinfo=UTC)


@pytest.fixture(name="run")
def _run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "journal.jsonl").write_bytes((DATA / "interrupted.jsonl").read_bytes())
    return folder


def passed() -> list[Event]:
    """A run in which all passed, without its last event."""
    cases = (
        CaseRecord(image="i", requirement=known.id, id=known.id, sentence="s", outcome=Outcome.PASSED, started=NOW)
        for known in REQUIREMENTS
    )
    head = RunStarted(run="r", at=NOW, target="local", images=("i",))
    return [head, *(CaseFinished(case=case) for case in cases)]


@pytest.mark.parametrize("named", ["folder", "journal"])
def test_a_killed_run_renders(run: Path, named: str) -> None:
    """A journal whose last line was cut off gives every report, beside itself."""
    (made,) = remake.remake([run if named == "folder" else run / "journal.jsonl"])

    assert made.exit_code == 1
    assert {path.name for path in made.files} >= {"matrix.html", "matrix.md", "matrix.json", "matrix.csv", "junit.xml"}
    assert all(path.is_file() and run in path.parents for path in made.files)


def test_making_reports_again_changes_nothing(run: Path) -> None:
    """A report is a function of the journal alone."""
    (made,) = remake.remake([run])
    first = [path.read_bytes() for path in made.files]

    remake.remake([run])

    assert [path.read_bytes() for path in made.files] == first


def test_what_allure_pytest_left_makes_no_case_double(run: Path) -> None:
    """Its results of a run that was killed give way; whatever else lies there stays."""
    folder = run / "allure-results"
    folder.mkdir()
    left = [folder / f"1f3a{name}" for name in ("-result.json", "-container.json", "-attachment.txt")]
    for path in (*left, folder / "executor.json"):
        path.write_text("{}")

    remake.remake([run])

    assert not any(path.exists() for path in left)
    assert (folder / "executor.json").exists()


def test_evidence_is_copied_for_allure_from_the_run_alone(tmp_path: Path) -> None:
    """What a journal names outside of the run's evidence is no business of a report."""
    (tmp_path / "secret.txt").write_text("mine")
    (tmp_path / "run" / "evidence").mkdir(parents=True)
    (tmp_path / "run" / "evidence" / "log.txt").write_text("words")
    (tmp_path / "run" / "evidence" / "link.txt").symlink_to(tmp_path / "secret.txt")
    paths = (
        "evidence/log.txt",
        "evidence/gone.txt",
        "../secret.txt",
        "evidence/link.txt",
        str(tmp_path / "secret.txt"),
    )
    evidence = tuple(Evidence(name="log", path=path) for path in paths)
    head, *finished = passed()
    assert isinstance(finished[0], CaseFinished)
    finished[0] = CaseFinished(case=replace(finished[0].case, evidence=evidence))
    (tmp_path / "run" / "journal.jsonl").write_bytes(b"".join(map(journal.encode, [head, *finished])))

    remake.remake([tmp_path / "run"])

    copies = [path.read_text() for path in (tmp_path / "run" / "allure-results").glob("*-attachment.txt")]
    assert copies == ["words"]


def test_the_end_of_a_run_is_told_with_its_paths(run: Path) -> None:
    """The matrix comes first, then where to read on."""
    (made,) = remake.remake([run])

    told = remake.told(made)

    assert told.startswith("candidate")
    assert str(run / "matrix.html") in told


def test_a_run_that_came_to_its_end_has_the_code_of_its_outcomes() -> None:
    """The last event carries 0 where all qualified, although nothing was concluded before it."""
    end = remake.conclude(passed(), at=NOW)

    assert end.exit_code == 0
    assert not journal.fold([*passed(), end]).candidates[0].interrupted


def test_a_session_that_was_stopped_keeps_its_own_code() -> None:
    """Ctrl-C ends a run with 2, and its candidate stays open."""
    end = remake.conclude(passed(), at=NOW, exit_code=2)

    assert end.exit_code == 2
    assert journal.fold([*passed(), end]).candidates[0].interrupted


def test_a_path_without_a_journal_is_refused(tmp_path: Path) -> None:
    """Nothing is written where there is nothing to tell."""
    with pytest.raises(run_folder.NoJournal):
        remake.remake([tmp_path])

    assert list(tmp_path.iterdir()) == []


def test_two_runs_are_compared_by_their_folders(run: Path) -> None:
    """A run compared with itself shows no change."""
    assert remake.compared(run, run / "journal.jsonl").exit_code == 0


def test_the_start_pays_for_no_report() -> None:
    """Neither pandas nor jinja2 is loaded before a report is made."""
    check = "import sys, vllm_qualify.reports.remake; sys.exit(bool({'pandas', 'jinja2'} & set(sys.modules)))"

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
