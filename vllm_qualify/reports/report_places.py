"""Where the reports of runs go, so that no report ever replaces one of another run; for ``remake``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vllm_qualify.core import journal
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import run_folder, text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRun:
    """A run, and the journal that it was read from."""

    journal: Path
    run: RunRecord


def beside(read: Sequence[ReadRun]) -> list[Path]:
    """The folder of each journal.

    Raises:
        UserError: two journals are in one folder.
    """
    homes = [one.journal.parent for one in read]
    _refuse(
        f"the reports of {text.listing(one.journal.name for one in read if one.journal.parent == home)} would go into "
        f"one folder, {home}; add --to DIR, and each gets a folder of its own there"
        for home, count in Counter(homes).items()
        if count > 1
    )
    return homes


def within(to: Path, read: Sequence[ReadRun], *, alone: bool = False) -> list[Path]:
    """A folder for each run in another one, by its name; runs of one name, as of two nodes, are numbered.

    Args:
        to: that folder.
        read: the runs.
        alone: there is only one, which takes the folder itself.

    Raises:
        UserError: a folder has the journal of another run.
    """
    homes = [to] if alone else [to / name for name in _names(one.run.run for one in read)]
    _refuse(
        f"{home} has the journal of another run, whose reports these would replace; choose another folder for --to"
        for one, home in zip(read, homes, strict=True)
        if _of_another(home, one.run)
    )
    return homes


def _refuse(problems: Iterable[str]) -> None:
    if told := "\n".join(problems):
        raise UserError(told)


def _names(runs: Iterable[str]) -> list[str]:
    found: list[str] = []
    for run in runs:
        # A journal may have come from anywhere, and names no folder elsewhere.
        stem = re.sub(r"[^A-Za-z0-9_.+-]+", "-", run).strip("-.")[:100] or "run"
        numbered = (f"{stem}{f'-{number}' if number > 1 else ''}" for number in range(1, len(found) + 2))
        found.append(next(name for name in numbered if name not in found))
    return found


def _of_another(home: Path, run: RunRecord) -> bool:
    """A folder has a journal, and it is of another run, or none that can be read."""
    try:
        there, _ = run_folder.salvage(home / run_folder.JOURNAL)
    except run_folder.NoJournal:
        return False
    except journal.BadJournal:
        return True
    return (there.run, there.started) != (run.run, run.started)
