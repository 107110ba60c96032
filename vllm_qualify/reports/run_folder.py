"""The folder of a run: its journal, its evidence, its reports, and the link to the newest of them."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from vllm_qualify.core import journal, redaction
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.events import Event
from vllm_qualify.core.records import Evidence, RunRecord
from vllm_qualify.system import caches, files, path_checks, text_files

_T = TypeVar("_T")

JOURNAL = "journal.jsonl"
LATEST = "latest"
EVIDENCE = "evidence"
EVIDENCE_LIMIT = 2 * 1024 * 1024
NEEDED_BYTES = 128 * EVIDENCE_LIMIT
"""Free space that a run begins with: what is found out while production is away must find room."""
_SUFFIXES = {"application/json": ".json", "application/jsonl": ".jsonl", "text/html": ".html", "text/plain": ".txt"}


class NoJournal(UserError, FileNotFoundError):
    """A path that holds no journal to read; the message says what was expected there."""


class JournalFile:
    """A journal that grows by one event at a time, each on the disk before ``append`` returns."""

    def __init__(self, path: Path, hidden: Collection[str] = ()) -> None:
        self.path = path
        self._hidden = hidden
        with files.explained(path):
            self._handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            self._end = os.fstat(self._handle).st_size

    def append(self, event: Event) -> None:
        """Write one event, secrets taken out, and what is too long for a record cut.

        Raises:
            files.Unwritable: the disk is full or gone. What was written before is whole: half a line is taken back, so
                that a later event does not make the journal unreadable.
        """
        line = journal.encode(redaction.brief(event, self._hidden))
        with files.explained(self.path):
            try:
                self._write(line)
                os.fsync(self._handle)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(self._handle, self._end)
                raise
        self._end += len(line)

    def _write(self, line: bytes) -> None:
        while line:
            line = line[os.write(self._handle, line) :]

    def close(self) -> None:
        """Close the file; a second time does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of one run."""

    path: Path
    _names: set[str] = field(default_factory=set, repr=False)  # Names of evidence already given away.
    _hidden: set[str] = field(default_factory=set, repr=False)  # Secrets that were met on the way.

    @classmethod
    def create(cls, parent: Path, run_id: str) -> RunFolder:
        """Make the folder of a new run; where two begin in the same second, the later one's name ends with ``-2``.

        Raises:
            files.Unwritable: it cannot be made, or there is too little room.
        """
        path = parent / run_id
        with files.explained(path):
            parent.mkdir(parents=True, exist_ok=True)
            path = _made(path)
            (path / EVIDENCE).mkdir()
            free = caches.free_bytes(path)
            if free < NEEDED_BYTES:
                cls(path).discard()
                raise files.Unwritable(
                    f"cannot write {path}: {free / 1e6:.0f} MB are free there, and a run may keep "
                    f"{NEEDED_BYTES / 1e6:.0f} MB of evidence; free some space, or choose another folder with "
                    "--reports-dir"
                )
        return cls(path)

    def discard(self) -> None:
        """Take the folder away again as far as nothing is in it: of a run that never began there is nothing to keep."""
        with contextlib.suppress(OSError):
            for folder in (*sorted(self.path.iterdir()), self.path):
                folder.rmdir()

    def journal(self) -> JournalFile:
        """Open the journal for writing."""
        return JournalFile(self.path / JOURNAL, self._hidden)

    def hide(self, values: Collection[str]) -> None:
        """Let these secrets stand in no file of the folder from now on."""
        self._hidden.update(values)

    def redacted(self, value: _T) -> _T:
        """A record as it may be shown: every secret taken out."""
        return redaction.record(value, self._hidden)

    def brief(self, value: _T) -> _T:
        """The same as the journal keeps it: what is too long for a record is cut."""
        return redaction.brief(value, self._hidden)

    def keep(
        self, name: str, content: str, *, media_type: str = "text/plain", limit_bytes: int = EVIDENCE_LIMIT
    ) -> Evidence:
        """Keep a text as evidence, secrets taken out; a long one loses its middle, and says so.

        Args:
            name: what it is, for example ``v0.12.0/engine log``; a second one of that name gets a number.
            content: the text.
            media_type: what it is to a program.
            limit_bytes: how much of it is kept.

        Raises:
            files.Unwritable: it could not be written.
        """
        path = f"{EVIDENCE}/{self._file_name(name, _SUFFIXES.get(media_type, '.txt'))}"
        kept = truncated(redaction.shown(content, self._hidden), limit_bytes=limit_bytes)
        files.write(self.path / path, kept.encode(errors="replace"))
        return Evidence(name=name.rpartition("/")[2], path=path, media_type=media_type)

    def replace(self, evidence: Evidence, content: str, *, limit_bytes: int = EVIDENCE_LIMIT) -> None:
        """Write a kept text anew, as a log that has grown since; the same care as ``keep`` takes.

        Raises:
            files.Unwritable: it could not be written; what was kept before is still there.
        """
        kept = truncated(redaction.shown(content, self._hidden), limit_bytes=limit_bytes)
        files.write(self.path / evidence.path, kept.encode(errors="replace"))

    def _file_name(self, name: str, suffix: str) -> str:
        parts = (re.sub(r"[^\w.+-]+", "-", part).strip("-.")[:80] for part in name.split("/"))
        stem = "/".join(part for part in parts if part) or "text"
        tries = (f"{stem}{f'-{number}' if number > 1 else ''}{suffix}" for number in range(1, len(self._names) + 2))
        free = next(attempt for attempt in tries if attempt.casefold() not in self._names)
        self._names.add(free.casefold())
        return free

    def write_all(self, contents: Mapping[str, bytes]) -> tuple[Path, ...]:
        """Write reports, each atomically; paths are relative to the folder of the run.

        None is flushed: there may be ten thousand, and what a power cut takes is made again from the journal.

        Raises:
            files.Unwritable: one could not be written; those before it are whole.
        """
        written = tuple(self.path / relative for relative in contents)
        for path, content in zip(written, contents.values(), strict=True):
            files.write(path, content, flushed=False)
        return written

    def attach(self, copies: Mapping[str, str], *, source: Path | None = None) -> None:
        """Copy evidence to where a report expects it; what lies elsewhere, or cannot be read, is left out.

        Args:
            copies: where to, and from where; both relative to the folder of the run.
            source: the folder that has the evidence, where that is another one.

        Raises:
            files.Unwritable: one could not be written.
        """
        origin = source or self.path
        within = path_checks.resolved(origin / EVIDENCE)
        for target, kept in copies.items():
            # A journal may have come from anywhere, and names no file of this machine.
            found = path_checks.resolved(origin / kept.replace("\0", ""))
            if found.is_relative_to(within) and (content := files.content(found)) is not None:
                files.write(self.path / target, content, flushed=False)

    def keep_only(self, folder: str, names: Collection[str], *, patterns: Iterable[str]) -> None:
        """Delete what an earlier writer of the same report left in its folder.

        Args:
            folder: relative to the folder of the run.
            names: what stays, relative to the folder of the run as well.
            patterns: names of files that such a writer makes; no other is touched.
        """
        stays = {self.path / name for name in names}
        for path in {path for pattern in patterns for path in (self.path / folder).glob(pattern)} - stays:
            with files.explained(path):
                path.unlink(missing_ok=True)

    def point_latest(self) -> Path:
        """Let ``latest`` beside the folder point to it.

        Raises:
            files.Unwritable: there can be no link there.
        """
        path = self.path.parent / LATEST
        files.link(path, self.path.name)
        return path


def _made(path: Path) -> Path:
    """Make a folder of that name, or of the first with a number behind it that nobody else has."""
    names = itertools.chain((path.name,), (f"{path.name}-{number}" for number in itertools.count(2)))
    for free in map(path.with_name, names):
        with contextlib.suppress(FileExistsError):
            free.mkdir()
            return free
    raise AssertionError("there should have been a number that is free")


def run_id(started: datetime, target: str) -> str:
    """The name of a run: its start, so that names sort by time, and its target."""
    return f"{started:%Y%m%d-%H%M%S}-{target}"


def truncated(content: str, *, limit_bytes: int) -> str:
    """The head and the tail of a text, with a note between them that says how many lines are missing."""
    if len(content.encode(errors="replace")) <= limit_bytes:
        return content
    lines = [_clipped(line, limit_bytes // 8) for line in content.splitlines(keepends=True)]
    sizes = [len(line.encode(errors="replace")) for line in lines]
    head = _fitting(sizes, limit_bytes // 2)
    tail = min(_fitting(sizes[::-1], limit_bytes // 2), len(lines) - head)
    left_out = f"lines {head + 1} to {len(lines) - tail} of {len(lines)}"
    note = f"[vllm-qualify left out {left_out}: of {sum(sizes):,} bytes {limit_bytes:,} are kept]\n"
    return "".join([*lines[:head], *([note] if head + tail < len(lines) else []), *lines[len(lines) - tail :]])


def _clipped(line: str, limit: int) -> str:
    """A line that is a text of its own, cut: one character may take four bytes."""
    return line if len(line) <= limit else f"{line[: limit // 4]} [vllm-qualify cut this line of {len(line):,}]\n"


def _fitting(sizes: list[int], limit: int) -> int:
    """How many of the sizes fit into the limit, from the front."""
    total = 0
    for count, size in enumerate(sizes):
        total += size
        if total > limit:
            return count
    return len(sizes)


def journal_of(path: Path) -> Path:
    """The journal that a path means: itself, or the one in the folder of a run."""
    return path / JOURNAL if path_checks.is_folder(path) else path


def load(path: Path) -> RunRecord:
    """Read a run back from its folder or its journal.

    Raises:
        NoJournal: there is none.
        journal.BadJournal: there is one that cannot be read, or not to its end.
    """
    file = journal_of(path)
    try:
        with text_files.opened(file) as content:
            lines = iter(functools.partial(content.readline, journal.LINE_BYTES + 1), b"")
            return journal.fold(journal.decode(lines))
    except journal.BadJournal as error:
        raise journal.BadJournal(f"{file}: {error}", before=error.before) from error
    except OSError as error:
        advice = f"give the folder of a run, for example reports/{LATEST}, or its {JOURNAL}"
        raise NoJournal(f"cannot read {file}: {error.strerror or error}; {advice}") from error


def salvage(path: Path) -> tuple[RunRecord, str]:
    """Read a run back as far as its journal can be read, and what is wrong with the rest; ``""`` where nothing is.

    A run whose journal breaks off counts as killed there: what came after is not known.

    Raises:
        NoJournal: there is none.
        journal.BadJournal: there is one of which nothing can be read.
    """
    try:
        return load(path), ""
    except journal.BadJournal as error:
        if error.before is None:
            raise
        return error.before, f"{error}; what follows is left out"
