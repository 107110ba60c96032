"""The history's file: SQLite, written in whole steps, so that runs may share it and a killed one leaves it as it was.

SQLite's rollback journal serves here, not its write-ahead log, which needs memory shared between all writers and so
fails on network file systems (sqlite.org/wal.html). A change takes the write lock before it reads (BEGIN IMMEDIATE), so
two writers wait for each other instead of failing half-way.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import Verdict
from vllm_qualify.core.records import Role
from vllm_qualify.history import figures
from vllm_qualify.history.entries import RecordedFigure, RecordedRun, RecordedTurn
from vllm_qualify.history.migrations import APPLICATION_ID, MIGRATIONS
from vllm_qualify.system import path_checks

FILE_NAME = "history.sqlite"
"""In the folder of all runs, where the settings name no other."""
BUSY_SECONDS = 30.0
"""How long a writer waits for another one."""
_OF_THE_RUN = -1
_RUN = "name, started, finished, target, node, model, harness"
_ORDER = {name: place for place, name in enumerate(figures.FIGURES)}
# By SQLite's primary result codes (sqlite.org/rescode.html): what people can do about it.
_REASONS = {
    sqlite3.SQLITE_BUSY: f"another process has been writing it for {BUSY_SECONDS:.0f} s; try again when it has ended",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened there; choose another place with file under [history]",
    sqlite3.SQLITE_CORRUPT: "it is damaged; move it away, and take the runs in again with vllm-qualify history --add",
    sqlite3.SQLITE_FULL: "the disk is full; free some space, and try again",
    sqlite3.SQLITE_NOTADB: "it is not a history of vllm-qualify; name another file under [history]",
    sqlite3.SQLITE_PERM: "no permission to write there; choose another place with file under [history]",
    sqlite3.SQLITE_READONLY: "no permission to write there; choose another place with file under [history]",
}


class BadHistory(UserError):
    """A history that cannot be read or written; the message says why, and what to do."""


def record(path: Path, runs: Iterable[RecordedRun]) -> tuple[bool, ...]:
    """Keep runs, all of them or none; the file is made where there is none.

    A run that is there already is left as it is, unless it was kept before its end: then what is known now takes its
    place.

    Returns:
        For each run, whether it was new.

    Raises:
        BadHistory: the file cannot be written.
    """
    with _explained(path), _opened(path, create=True) as connection, _changing(connection):
        return tuple(_keep(connection, run) for run in runs)


def load(path: Path) -> tuple[RecordedRun, ...]:
    """All runs, the oldest first.

    Raises:
        BadHistory: there is no file, or it cannot be read.
    """
    if not path_checks.exists(path):
        raise BadHistory(
            f"there is no history at {path} yet; every run is recorded at its end, and older runs are taken in with "
            "vllm-qualify history --add RUN..."
        )
    with _explained(path), _opened(path, create=False) as connection:
        return tuple(_all(connection))


@contextlib.contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        said = _REASONS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF, f"{error}; move it away, or repair it")
        raise BadHistory(f"cannot use the history {path}: {said}") from error
    except OSError as error:
        raise BadHistory(f"cannot use the history {path}: {error.strerror or error}; choose another place") from error


@contextlib.contextmanager
def _opened(path: Path, *, create: bool) -> Iterator[sqlite3.Connection]:
    """A connection to a file of today's schema."""
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
    uri = f"{path_checks.resolved(path).as_uri()}?mode={'rwc' if create else 'rw'}"
    connection = sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        # A run that was recorded is on the disk when its process ends.
        connection.execute("PRAGMA synchronous = FULL")
        migrate(connection, path)
        yield connection
    finally:
        connection.close()


@contextlib.contextmanager
def _changing(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is done within, or nothing of it."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def migrate(connection: sqlite3.Connection, path: Path, *, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Bring a file to today's schema; what is in it stays.

    Args:
        connection: to it.
        path: of it, for messages.
        migrations: the steps that lead to today's schema.

    Raises:
        BadHistory: a newer release wrote it, or another program.
    """
    if _version(connection, path, newest=len(migrations)) == len(migrations):
        return
    with _changing(connection):
        # Another process may have done it meanwhile.
        for statements in migrations[_version(connection, path, newest=len(migrations)) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(migrations)}")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _version(connection: sqlite3.Connection, path: Path, *, newest: int) -> int:
    # One statement sees one state of the file: another process may be making its tables right now.
    version, owner, tables = connection.execute(
        "SELECT user_version, application_id, (SELECT count(*) FROM sqlite_master)"
        " FROM pragma_user_version, pragma_application_id"
    ).fetchone()
    if owner != APPLICATION_ID and (tables or version):
        raise BadHistory(f"{path} is the file of another program; name another one under [history]")
    if version > newest:
        raise BadHistory(
            f"the history {path} has schema {version}, and this version reads up to {newest}; use a newer vllm-qualify"
        )
    return int(version)


def _keep(connection: sqlite3.Connection, run: RecordedRun) -> bool:
    started = _written(run.started)
    known = connection.execute("SELECT id, finished FROM runs WHERE started = ? AND name = ?", (started, run.name))
    found = known.fetchone()
    if found is not None and (found[1] is not None or run.finished is None):
        return False
    if found is not None:
        connection.execute("DELETE FROM runs WHERE id = ?", (found[0],))
    finished = _written(run.finished) if run.finished else None
    row = (run.name, started, finished, run.target, run.node, run.model, run.harness)
    key = connection.execute(f"INSERT INTO runs ({_RUN}) VALUES (?, ?, ?, ?, ?, ?, ?)", row).lastrowid  # noqa: S608 - own words
    _keep_facts(connection, (key, _OF_THE_RUN), run.facts.items())
    for place, turn in enumerate(run.turns):
        _keep_turn(connection, (key, place), turn)
    return found is None


_Key = tuple[int | None, int]


def _keep_turn(connection: sqlite3.Connection, key: _Key, turn: RecordedTurn) -> None:
    verdict = turn.verdict.value if turn.verdict else None
    row = (turn.image, turn.role.value, verdict, turn.summary, turn.cause, turn.reason, turn.hardware, turn.driver)
    connection.execute("INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", (*key, *row))
    figures_ = ((*key, one.name, one.value, one.unit, one.low, one.high) for one in turn.figures)
    connection.executemany("INSERT INTO figures VALUES (?, ?, ?, ?, ?, ?, ?)", figures_)
    _keep_facts(connection, key, turn.facts.items())


def _keep_facts(connection: sqlite3.Connection, key: _Key, facts: Iterable[tuple[str, str]]) -> None:
    connection.executemany("INSERT INTO facts VALUES (?, ?, ?, ?)", ((*key, *fact) for fact in facts))


def _all(connection: sqlite3.Connection) -> Iterator[RecordedRun]:
    """Read in one transaction, so that no run is seen in part."""
    connection.execute("BEGIN")
    facts: dict[_Key, dict[str, str]] = {}
    for run, turn, name, value in connection.execute("SELECT run, turn, name, value FROM facts"):
        facts.setdefault((run, turn), {})[name] = value
    turns = _turns(connection, facts)
    for key, *row in connection.execute(f"SELECT id, {_RUN} FROM runs ORDER BY started, name"):  # noqa: S608 - own words
        name, started, finished, target, node, model, harness = row
        yield RecordedRun(
            name=name,
            started=_read(started),
            finished=_read(finished) if finished else None,
            target=target,
            node=node,
            model=model,
            harness=harness,
            facts=facts.get((key, _OF_THE_RUN), {}),
            turns=tuple(turns.get(key, ())),
        )


def _turns(connection: sqlite3.Connection, facts: dict[_Key, dict[str, str]]) -> dict[int, list[RecordedTurn]]:
    measured: dict[_Key, list[RecordedFigure]] = {}
    for run, turn, name, value, unit, low, high in connection.execute("SELECT * FROM figures"):
        figure = RecordedFigure(name=name, value=value, unit=unit, low=low, high=high)
        measured.setdefault((run, turn), []).append(figure)
    found: dict[int, list[RecordedTurn]] = {}
    for run, turn, *row in connection.execute("SELECT * FROM verdicts ORDER BY run, turn"):
        image, role, verdict, summary, cause, reason, hardware, driver = row
        shown = sorted(measured.get((run, turn), ()), key=lambda one: _ORDER.get(one.name, len(_ORDER)))
        record_ = RecordedTurn(
            image=image,
            role=Role(role),
            verdict=Verdict(verdict) if verdict else None,
            summary=summary,
            cause=cause,
            reason=reason,
            hardware=hardware,
            driver=driver,
            facts=facts.get((run, turn), {}),
            figures=tuple(shown),
        )
        found.setdefault(run, []).append(record_)
    return found


def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _read(text: str) -> datetime:
    return datetime.fromisoformat(text)
