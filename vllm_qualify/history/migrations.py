"""The schema of the history, as the steps that lead to it. Pure: statements only.

A step that was released is never changed; what is to be different is a step behind it. The number of steps that a file
has gone through is its ``user_version``.
"""

from __future__ import annotations

APPLICATION_ID = 0x766C6C6D
"""Tells SQLite files of vllm-qualify from others: ``vllm`` in ASCII (sqlite.org/pragma.html#pragma_application_id)."""

_FIRST = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        started TEXT NOT NULL,
        finished TEXT,
        target TEXT NOT NULL,
        node TEXT NOT NULL,
        model TEXT NOT NULL,
        harness TEXT NOT NULL,
        UNIQUE (started, name)
    )
    """,
    """
    CREATE TABLE verdicts (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        turn INTEGER NOT NULL,
        image TEXT NOT NULL,
        role TEXT NOT NULL,
        verdict TEXT,
        summary TEXT NOT NULL,
        cause TEXT NOT NULL,
        reason TEXT NOT NULL,
        hardware TEXT NOT NULL,
        driver TEXT NOT NULL,
        PRIMARY KEY (run, turn)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE figures (
        run INTEGER NOT NULL,
        turn INTEGER NOT NULL,
        name TEXT NOT NULL,
        value REAL NOT NULL,
        unit TEXT NOT NULL,
        low REAL,
        high REAL,
        PRIMARY KEY (run, turn, name),
        FOREIGN KEY (run, turn) REFERENCES verdicts (run, turn) ON DELETE CASCADE
    ) WITHOUT ROWID
    """,
    # The facts of the run itself stand under turn -1.
    """
    CREATE TABLE facts (
        run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
        turn INTEGER NOT NULL,
        name TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (run, turn, name)
    ) WITHOUT ROWID
    """,
)

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST,)
"""The statements of each step, in their order."""
