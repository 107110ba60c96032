"""Reports are made again from a journal alone."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vllm_qualify.core import journal
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.events import CaseFinished, Event, RunStarted
from vllm_qualify.core.records import CaseRecord, Evidence, Outcome
from vllm_qualify.core.requirements import REQUIREMENTS
from vllm_qualify.reports import remake

DATA = Path(__file__).parents[1] / "data"
NOW = datetime(2026, 1, 15, tzinfo=UTC)


@pytest.fixture(name="run")
def _run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "journal.jsonl").write_bytes((DATA / "interrupted.jsonl").read_bytes())
    return folder


@pytest.fixture
def local_run(run: Path) -> Path:
    """The same folder with a run that had no production in its hands."""
    (run / "journal.jsonl").write_bytes((DATA / "journal.jsonl").read_bytes())
    return run


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
    """A journal whose last line was cut off gives every report, beside itself; production may be away."""
    (made,) = remake.remake([run if named == "folder" else run / "journal.jsonl"]).reports

    assert made.exit_code == 20
    assert {path.name for path in made.files} >= {"matrix.html", "matrix.md", "matrix.json", "matrix.csv", "junit.xml"}
    assert all(path.is_file() and run in path.parents for path in made.files)


def test_the_page_names_the_journal_that_it_is_made_from(run: Path) -> None:
    """Its link leads to that very file, whatever it is called."""
    (run / "journal.jsonl").rename(run / "journal-night.jsonl")

    remake.remake([run / "journal-night.jsonl"])

    assert '<a href="journal-night.jsonl">' in (run / "matrix.html").read_text()


def test_making_reports_again_changes_nothing(run: Path) -> None:
    """A report is a function of the journal alone."""
    (made,) = remake.remake([run]).reports
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
    page = (tmp_path / "run" / "matrix.html").read_text()
    assert page.count('href="evidence/log.txt"') == 1
    assert page.count("log (not in this folder)") == 3


def test_the_end_of_a_run_is_told_with_its_paths(run: Path) -> None:
    """The matrix comes first, then where to read on."""
    (made,) = remake.remake([run]).reports

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


def test_a_path_without_a_journal_keeps_no_other_from_its_reports(tmp_path: Path, local_run: Path) -> None:
    """Nothing is written where there is nothing to tell, one line says so, and the others are made."""
    empty = tmp_path / "empty"
    empty.mkdir()

    made = remake.remake([empty, local_run])

    assert list(empty.iterdir()) == []
    assert [str(empty) in problem for problem in made.problems] == [True]
    assert [one.run.run for one in made.reports] == ["20260115-021004-local"]
    assert made.exit_code == 4


def test_a_torn_line_in_the_middle_ends_the_run_there(local_run: Path) -> None:
    """What came before is rendered as that of a run that was killed; the problem names the line."""
    path = local_run / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:6], lines[6][:20] + b"\n", *lines[7:]]))

    made = remake.remake([local_run])

    (report,) = made.reports
    assert [f"{path}: line 7 is not a journal event" in problem for problem in made.problems] == [True]
    assert report.run == journal.fold(journal.decode(lines[:6]))
    assert made.exit_code == 4


def test_a_run_that_is_named_twice_counts_once(run: Path) -> None:
    """The link to the newest run is no second one."""
    (run.parent / "latest").symlink_to(run.name)

    assert len(remake.remake([run, run.parent / "latest", run / "journal.jsonl"]).reports) == 1


def test_two_journals_in_one_folder_are_refused(run: Path) -> None:
    """Their reports would replace each other's; nothing is written before that is known."""
    (run / "other.jsonl").write_bytes((DATA / "journal.jsonl").read_bytes())

    with pytest.raises(UserError, match=r"journal\.jsonl and other\.jsonl would go into one folder"):
        remake.remake([run, run / "other.jsonl"])

    assert sorted(path.name for path in run.iterdir()) == ["journal.jsonl", "other.jsonl"]


def test_reports_go_elsewhere_with_what_they_link_to(tmp_path: Path) -> None:
    """The journal and the run's evidence come along; what was read stays as it was, and nothing else is taken."""
    source, to = tmp_path / "run", tmp_path / "to" / "deep"
    (source / "evidence").mkdir(parents=True)
    (source / "evidence" / "log.txt").write_text("words")
    (tmp_path / "secret.txt").write_text("mine")
    head, first, *others = passed()
    assert isinstance(first, CaseFinished)
    paths = ("evidence/log.txt", "evidence/../../secret.txt", "../secret.txt", "evidence/a\0b")
    evidence = tuple(Evidence(name="log", path=path) for path in paths)
    events = [head, CaseFinished(case=replace(first.case, evidence=evidence)), *others]
    (source / "journal.jsonl").write_bytes(b"".join(map(journal.encode, events)))

    made = remake.remake([source], to=to)

    assert made.problems == ()
    assert {path.name for path in source.iterdir()} == {"journal.jsonl", "evidence"}
    assert (to / "evidence" / "log.txt").read_text() == "words"
    assert (to / "journal.jsonl").read_bytes() == (source / "journal.jsonl").read_bytes()
    assert (to / "matrix.html").is_file()
    assert not (tmp_path / "to" / "secret.txt").exists()


def test_several_runs_get_a_folder_each(tmp_path: Path, run: Path) -> None:
    """Within the one that was named, by their names; two of one name, as of two nodes, are both there."""
    other = tmp_path / "other.jsonl"
    other.write_bytes((DATA / "journal.jsonl").read_bytes())
    twin = tmp_path / "twin.jsonl"
    twin.write_bytes((DATA / "interrupted.jsonl").read_bytes().replace(b"home-lab", b"away-lab"))

    made = remake.remake([run, other, twin], to=tmp_path / "to")

    assert made.problems == ()
    assert {path.name for path in (tmp_path / "to").iterdir()} == {
        "20260115-021004-local",
        "20260116-021004-kubernetes",
        "20260116-021004-kubernetes-2",
    }


def test_reports_never_replace_those_of_another_run(tmp_path: Path, run: Path) -> None:
    """A folder that has the journal of another run is refused; the same run may be written there again."""
    other = tmp_path / "other.jsonl"
    other.write_bytes((DATA / "journal.jsonl").read_bytes())
    to = tmp_path / "to"
    remake.remake([other], to=to)
    written = (to / "matrix.html").read_bytes()

    with pytest.raises(UserError, match="has the journal of another run"):
        remake.remake([run], to=to)

    assert (to / "matrix.html").read_bytes() == written
    assert remake.remake([other], to=to).problems == ()


def test_a_folder_that_cannot_be_written_keeps_no_other_from_its_reports(tmp_path: Path, local_run: Path) -> None:
    """The problem is one line, and the exit code says that something is missing."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "journal.jsonl").write_bytes((DATA / "journal.jsonl").read_bytes())
    (other / "matrix.json").mkdir()

    made = remake.remake([other, local_run])

    assert [f"cannot write {other / 'matrix.json'}" in problem for problem in made.problems] == [True]
    assert len(made.reports) == 1
    assert made.exit_code == 4


def test_production_that_is_not_back_outranks_what_cannot_be_read(tmp_path: Path) -> None:
    """Somebody has to act, whatever else is missing."""
    lost = Path(__file__).parent / "data" / "lost.jsonl"
    (tmp_path / "journal.jsonl").write_bytes(lost.read_bytes())

    assert remake.remake([tmp_path, tmp_path / "nothing"]).exit_code == 20


def test_merged_runs_have_one_matrix_and_their_own_reports(tmp_path: Path, run: Path) -> None:
    """The one matrix lies beside a folder for each run, which it names; a journal that cannot be read is told."""
    other = tmp_path / "other.jsonl"
    other.write_bytes((DATA / "journal.jsonl").read_bytes())

    made = remake.merge([run, other, tmp_path / "nope"], to=tmp_path / "to")

    assert made.merged is not None
    homes = {one.home for one in made.merged.runs}
    assert homes == {"20260115-021004-local", "20260116-021004-kubernetes"}
    assert all((tmp_path / "to" / home / "matrix.html").is_file() for home in homes)
    assert {path.name for path in made.pages} == {"merged.json", "merged.md", "merged.html"}
    assert (len(made.problems), made.exit_code) == (1, 20)
    assert "from 2 runs" in remake.told_of_all(made)


def test_merging_spares_the_folder_of_a_run(run: Path) -> None:
    """The one matrix belongs to no single run, so it is not written among the reports of one."""
    with pytest.raises(UserError, match="is the folder of a run"):
        remake.merge([run], to=run)

    assert [path.name for path in run.iterdir()] == ["journal.jsonl"]


def test_two_runs_are_compared_by_their_folders(run: Path) -> None:
    """A run compared with itself shows no change."""
    assert remake.compared(run, run / "journal.jsonl").exit_code == 0


def test_the_start_pays_for_no_report() -> None:
    """What renders the page is not loaded before a report is made."""
    check = "import sys, vllm_qualify.reports.remake; sys.exit('jinja2' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
