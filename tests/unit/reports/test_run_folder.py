"""The folder of a run: the journal survives a full disk, evidence is safe to keep, the newest run is found."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vllm_qualify.core import journal
from vllm_qualify.core.events import CaseStarted, RunStarted
from vllm_qualify.core.records import Evidence
from vllm_qualify.reports import run_folder
from vllm_qualify.system import caches, files

NOW = datetime(2026, 1, 15, 2, 10, 4, tzinfo=UTC)
HEAD = RunStarted(run="r", at=NOW, target="local", images=("i",))
CASE = CaseStarted(at=NOW, image="i", requirement="LOAD", id="LOAD/a", sentence="s")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> run_folder.RunFolder:
    return run_folder.RunFolder.create(tmp_path / "reports", "run-1")


@pytest.fixture(name="file")
def _file(folder: run_folder.RunFolder) -> Iterator[run_folder.JournalFile]:
    file = folder.journal()
    yield file
    file.close()


def test_a_disk_without_room_for_the_evidence_is_told_before_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be full while production is away; no folder is left of it."""
    monkeypatch.setattr(caches, "free_bytes", lambda _: 3_000_000)

    with pytest.raises(files.Unwritable, match="3 MB are free there, and a run may keep 268 MB of evidence"):
        run_folder.RunFolder.create(tmp_path, "run-1")

    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_which_nothing_was_written_is_taken_away(folder: run_folder.RunFolder) -> None:
    """With the empty ones in it, as allure-pytest makes one."""
    (folder.path / "allure-results").mkdir()

    folder.discard()

    assert not folder.path.exists()


def test_a_folder_in_which_something_was_written_stays(folder: run_folder.RunFolder) -> None:
    """Whatever it is."""
    folder.keep("log", "words")

    folder.discard()

    assert (folder.path / "evidence" / "log.txt").read_text() == "words"


def test_every_event_is_on_the_disk_at_once(
    folder: run_folder.RunFolder, file: run_folder.JournalFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An event can be read before the next one is written, and was flushed."""
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)

    file.append(HEAD)
    file.append(CASE)

    assert [*journal.decode((folder.path / "journal.jsonl").read_bytes().splitlines(keepends=True))] == [HEAD, CASE]
    assert len(flushed) == 2


def test_a_full_disk_loses_nothing_that_was_written(
    folder: run_folder.RunFolder, file: run_folder.JournalFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a line is taken back, so that the journal reads, and goes on once there is space again."""
    file.append(HEAD)
    real = os.write
    full = iter([True])

    def write(handle: int, content: bytes) -> int:
        if len(content) > 20:
            return real(handle, content[:20])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) if next(full, None) else AssertionError

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, content: write(handle, content[:40]))
        with pytest.raises(files.Unwritable, match="the disk is full"):
            file.append(CASE)
    assert [*journal.decode([(folder.path / "journal.jsonl").read_bytes()])] == [HEAD]

    file.append(CASE)

    assert run_folder.load(folder.path).candidates[0].cases[0].id == "LOAD/a"


def test_a_disk_that_is_really_full_is_said_plainly(tmp_path: Path) -> None:
    """The kernel's own full device gives the same message."""
    (tmp_path / "journal.jsonl").symlink_to("/dev/full")
    file = run_folder.JournalFile(tmp_path / "journal.jsonl")

    with pytest.raises(files.Unwritable, match="the disk is full"):
        file.append(HEAD)

    file.close()
    file.close()


def test_no_secret_gets_into_the_journal(folder: run_folder.RunFolder, file: run_folder.JournalFile) -> None:
    """Events are redacted before they are written."""
    file.append(RunStarted(run="r", at=NOW, target="local", images=(), facts={"proxy": "http://bob:hunter22@h"}))

    assert b"hunter22" not in (folder.path / "journal.jsonl").read_bytes()


def test_runs_that_begin_in_one_second_have_a_folder_each(folder: run_folder.RunFolder) -> None:
    """The folder of an earlier run is never written over, and no run has to wait or to choose a name."""
    later = [run_folder.RunFolder.create(folder.path.parent, folder.path.name).path for _ in range(2)]

    assert [path.name for path in later] == ["run-1-2", "run-1-3"]
    assert all((path / "evidence").is_dir() for path in later)


def test_a_reports_folder_that_is_a_file_is_said_plainly(tmp_path: Path) -> None:
    """A file in the place of the reports folder gives one clear message."""
    (tmp_path / "reports").write_text("I am a file")

    with pytest.raises(files.Unwritable, match="a file of that name exists"):
        run_folder.RunFolder.create(tmp_path / "reports", "run-1")


def test_an_unwritable_reports_folder_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of someone else gives one clear message; root may write everywhere, so the refusal is played."""

    def mkdir(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "mkdir", mkdir)

    with pytest.raises(files.Unwritable, match="no permission to write there; choose another folder"):
        run_folder.RunFolder.create(tmp_path / "reports", "run-1")


def test_evidence_is_kept_beside_the_journal(folder: run_folder.RunFolder) -> None:
    """A text is kept under a name that any file system takes, and without its secrets."""
    kept = folder.keep("v0.12.0/engine log: HF", "HF_TOKEN=abc123\nstarted\n")

    assert kept == Evidence(name="engine log: HF", path="evidence/v0.12.0/engine-log-HF.txt")
    assert (folder.path / kept.path).read_text() == "HF_TOKEN=[redacted]\nstarted\n"


@pytest.mark.parametrize("name", ["../../../x", "/x", "..", "", "a/../../b", "con:\0", "\udcff"], ids=ascii)
def test_evidence_never_leaves_the_folder(folder: run_folder.RunFolder, name: str) -> None:
    """Whatever evidence is called, it lies under evidence/."""
    kept = folder.keep(name, "x")

    assert (folder.path / "evidence") in (folder.path / kept.path).resolve().parents


def test_evidence_of_one_name_is_kept_twice(folder: run_folder.RunFolder) -> None:
    """A second text of the same name, or of one that differs in case alone, does not replace the first."""
    paths = [folder.keep(name, name).path for name in ("log", "log", "LOG")]

    assert paths == ["evidence/log.txt", "evidence/log-2.txt", "evidence/LOG-3.txt"]


def test_a_long_text_loses_its_middle() -> None:
    """Head and tail stay, and the note between them says which lines are missing."""
    content = "".join(f"line {number}\n" for number in range(1, 1001))

    kept = run_folder.truncated(content, limit_bytes=200)

    assert kept.startswith("line 1\n")
    assert kept.endswith("line 1000\n")
    assert "left out lines 14 to 989 of 1000" in kept


@given(content=st.text(alphabet="ab\n\u20ac", max_size=400), limit=st.integers(min_value=64, max_value=300))
def test_a_text_is_kept_within_its_limit(content: str, limit: int) -> None:
    """What fits stays as it is; what does not grows by no more than the note."""
    kept = run_folder.truncated(content, limit_bytes=limit)

    if len(content.encode()) <= limit:
        assert kept == content
    else:
        assert len(kept.encode()) <= limit + 120


def test_reports_are_written_into_the_folder(folder: run_folder.RunFolder) -> None:
    """Each report is written under its path."""
    written = folder.write_all({"matrix.md": b"m", "allure-results/categories.json": b"c"})

    assert [path.relative_to(folder.path).as_posix() for path in written] == [
        "matrix.md",
        "allure-results/categories.json",
    ]
    assert [path.read_bytes() for path in written] == [b"m", b"c"]


def test_latest_points_to_the_newest_run(folder: run_folder.RunFolder) -> None:
    """The link is relative, so that the reports can be moved."""
    newer = run_folder.RunFolder.create(folder.path.parent, "run-2")

    folder.point_latest()
    link = newer.point_latest()

    assert link.readlink() == Path("run-2")


def test_runs_are_named_by_their_time() -> None:
    """The name of a run sorts by its start."""
    assert run_folder.run_id(NOW, "local") == "20260115-021004-local"


def test_a_folder_without_a_journal_is_said_plainly(tmp_path: Path) -> None:
    """The message says what to name instead."""
    with pytest.raises(run_folder.NoJournal, match=r"journal\.jsonl: No such file.*reports/latest"):
        run_folder.load(tmp_path)


def test_a_bad_journal_names_its_file(folder: run_folder.RunFolder) -> None:
    """Of several runs, the reader learns which one is bad."""
    (folder.path / "journal.jsonl").write_bytes(b"nonsense\nnonsense\n")

    with pytest.raises(journal.BadJournal, match=r"run-1/journal\.jsonl: line 1"):
        run_folder.load(folder.path)
