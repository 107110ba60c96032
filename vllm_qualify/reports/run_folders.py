"""Reads every run of a folder of runs; for commands that look at all of them."""

from __future__ import annotations

import os
from pathlib import Path

from vllm_qualify.core.errors import UserError
from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import run_folder
from vllm_qualify.system import path_checks


def all_in(parent: Path) -> tuple[tuple[RunRecord, ...], tuple[str, ...]]:
    """Every run whose folder is in a folder, and what is wrong with those that cannot be read.

    Raises:
        NoJournal: there is no such folder.
    """
    try:
        folders = sorted(path for path in parent.iterdir() if path.name != run_folder.LATEST and _may_be_run(path))
    except OSError as error:
        raise run_folder.NoJournal(
            f"cannot read {parent}: {error.strerror}; give the folder with the folders of runs"
        ) from error
    runs: list[RunRecord] = []
    problems: list[str] = []
    for folder in folders:
        try:
            runs.append(run_folder.load(folder))
        except UserError as error:
            problems.extend(error.lines)
    return tuple(runs), tuple(problems)


def _may_be_run(folder: Path) -> bool:
    """It has a journal, or may not be looked into; why not is told when it is read."""
    closed = path_checks.is_folder(folder) and not os.access(folder, os.X_OK)
    return closed or path_checks.is_file(folder / run_folder.JOURNAL)
