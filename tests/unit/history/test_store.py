"""The file of the history keeps every run once, whoever writes at the same time and however a writer ends."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.history.entries import RUNS, night, turn
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.history import store
from vllm_qualify.history.entries import RecordedRun
from vllm_qualify.history.migrations import MIGRATIONS

PROCESSES = multiprocessing.get_context("spawn")


@pytest.fixture(name="file")
def _file(tmp_path: Path) -> Path:
    """Where a history is to be."""
    return tmp_path / "all runs?" / "history.sqlite"


def content(file: Path) -> list[str]:
    """All that stands in a history."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return list(connection.iterdump())


@given(st.lists(RUNS, max_size=3, unique_by=lambda run: (run.started, run.name)))
def test_runs_come_back_as_they_were_recorded(runs: list[RecordedRun]) -> None:
    """Whatever is in them; the oldest first."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "history.sqlite"

        new = store.record(file, runs)

        assert new == (True,) * len(runs)
        assert list(store.load(file)) == sorted(runs, key=lambda run: (run.started, run.name.encode()))


def test_a_run_that_is_recorded_twice_changes_nothing(file: Path) -> None:
    """Not one row."""
    store.record(file, [night(0), night(1)])
    before = content(file)

    assert store.record(file, [night(1), night(0)]) == (False, False)
    assert content(file) == before


def test_what_was_recorded_before_its_end_gives_way_to_the_whole(file: Path) -> None:
    """A run that was taken in while it went on is complete once it is recorded at its end, and stays so."""
    begun, whole = night(0, turn(Verdict.INCONCLUSIVE), finished=False), night(0, turn(load=30.0))

    assert [store.record(file, [run]) for run in (begun, whole, begun)] == [(True,), (False,), (False,)]
    assert store.load(file) == (whole,)


def _write(file: Path, numbers: range, ready: multiprocessing.synchronize.Barrier) -> None:
    ready.wait()
    for number in numbers:
        store.record(file, [night(number, turn(load=number))])


def test_two_writers_at_once_lose_nothing(file: Path) -> None:
    """Two processes that make the file and write into it at the same time, some runs twice."""
    ready = PROCESSES.Barrier(2)
    writers = [PROCESSES.Process(target=_write, args=(file, range(first, first + 20), ready)) for first in (0, 15)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()

    assert [writer.exitcode for writer in writers] == [0, 0]
    assert [run.started.day for run in store.load(file)] == [*range(1, 32), 1, 2, 3, 4]


def _killed(file: Path) -> None:
    def runs() -> Iterator[RecordedRun]:
        # More than SQLite keeps in memory, so that a part of it is in the file when the writer dies.
        yield night(1, turn(facts={str(number): "x" * 20_000 for number in range(200)}))
        os.kill(os.getpid(), signal.SIGKILL)

    store.record(file, runs())


def test_a_writer_that_is_killed_leaves_what_was_there(file: Path) -> None:
    """Nothing of its run is seen, nothing of the others is lost, and the next one can write."""
    store.record(file, [night(0)])
    before = file.read_bytes()
    writer = PROCESSES.Process(target=_killed, args=(file,))
    writer.start()
    writer.join()

    assert writer.exitcode == -signal.SIGKILL
    assert file.read_bytes() != before
    assert store.load(file) == (night(0),)
    assert store.record(file, [night(2)]) == (True,)


def test_a_run_that_cannot_be_written_takes_the_others_with_it(file: Path) -> None:
    """All of a call or nothing."""

    def runs() -> Iterator[RecordedRun]:
        yield night(1)
        raise OSError(5, "input/output error")

    store.record(file, [night(0)])

    with pytest.raises(store.BadHistory, match="input/output error"):
        store.record(file, runs())
    assert store.load(file) == (night(0),)


def test_a_history_of_an_older_version_is_brought_to_todays(file: Path) -> None:
    """What is in it stays; each step is made once."""
    store.record(file, [night(0)])
    steps = (*MIGRATIONS, ("ALTER TABLE runs ADD COLUMN weather TEXT NOT NULL DEFAULT 'fair'",))

    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for _ in range(2):
            store.migrate(connection, file, migrations=steps)
        found = connection.execute("SELECT name, weather, (SELECT user_version FROM pragma_user_version) FROM runs")

        assert found.fetchall() == [(night(0).name, "fair", len(steps))]


def test_a_step_that_fails_is_not_half_made(file: Path) -> None:
    """The file stays one of the older version."""
    store.record(file, [night(0)])
    before = content(file)
    steps = (*MIGRATIONS, ("CREATE TABLE weather (day TEXT)", "not a statement"))

    with (
        contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection,
        pytest.raises(sqlite3.OperationalError),
    ):
        store.migrate(connection, file, migrations=steps)

    assert content(file) == before
    assert store.load(file) == (night(0),)


@pytest.mark.parametrize(
    "version", sorted((Path(__file__).parent / "data").glob("version-*.sql")), ids=lambda one: one.stem
)
def test_every_released_version_is_read(version: Path, file: Path) -> None:
    """What a file of each version holds, as that version wrote it."""
    file.parent.mkdir()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(version.read_text())

    (run,) = store.load(file)

    assert (run.name, run.node, run.facts["harness"]) == (
        "20260101-020000-kubernetes",
        "gpu-worker",
        "vllm-qualify 0.1.0",
    )
    assert run.turns == (turn(Verdict.NOT_QUALIFIED, facts={"digest": "sha256:ab"}, load=30.0),)


def test_a_newer_history_is_refused(file: Path) -> None:
    """With what helps, and untouched."""
    store.record(file, [night(0)])
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")

    for act in (lambda: store.load(file), lambda: store.record(file, [night(1)])):
        with pytest.raises(store.BadHistory, match=r"schema 99, .* reads up to \d+; use a newer vllm-qualify"):
            act()


def test_the_file_of_another_program_is_left_alone(file: Path) -> None:
    """A database that is not ours, and a file that is none."""
    file.parent.mkdir()
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE runs (id)")
    foreign = content(file)
    with pytest.raises(store.BadHistory, match="is the file of another program"):
        store.record(file, [night(0)])
    assert content(file) == foreign

    file.write_bytes(b"a diary of several lines\n" * 100)
    with pytest.raises(store.BadHistory, match="it is not a history of vllm-qualify"):
        store.load(file)
    assert file.read_bytes() == b"a diary of several lines\n" * 100


def test_a_history_that_is_not_there_is_not_made_by_looking(file: Path) -> None:
    """The message says how one comes to be."""
    with pytest.raises(store.BadHistory, match="--add"):
        store.load(file)

    assert not file.parent.exists()


def test_a_place_where_nothing_can_be_written_is_named() -> None:
    """Not even root may make a folder there."""
    with pytest.raises(store.BadHistory, match=r"/sys/history\.sqlite"):
        store.record(Path("/sys/history.sqlite"), [night(0)])


def test_a_writer_that_never_ends_is_told_of(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits in vain says for whom, and what to do."""
    store.record(file, [night(0)])
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.01)
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with pytest.raises(store.BadHistory, match="another process has been writing it"):
            store.record(file, [night(1)])
