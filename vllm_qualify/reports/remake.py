"""Makes reports from journals, without a GPU and without the run: behind ``vllm-qualify report`` and ``compare``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from vllm_qualify import reports as render
from vllm_qualify.core import journal, outcomes
from vllm_qualify.core.events import Event, RunFinished
from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import allure, compare, console, run_folder

_OF_ALLURE = ("*-attachment*", "*-container.json", "*-result.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was made of one run: the record, its files, and the exit code that it deserves."""

    run: RunRecord
    files: tuple[Path, ...]
    exit_code: int


def conclude(events: Sequence[Event], *, at: datetime, exit_code: int | None = None) -> RunFinished:
    """The last event of a run that came to its end.

    Args:
        events: all events so far.
        at: now.
        exit_code: that of a session which did not run to its end, such as 2 of pytest for Ctrl-C; left out, the
            outcomes decide. That production was not put back outranks it.
    """
    end = RunFinished(at=at, exit_code=outcomes.EXIT_QUALIFIED if exit_code is None else exit_code)
    run = journal.fold([*events, end])
    if exit_code is not None and outcomes.put_back(run):
        return end
    return replace(end, exit_code=outcomes.exit_code(run))


def write(folder: run_folder.RunFolder, run: RunRecord) -> Report:
    """Write every report of a run into its folder.

    Raises:
        system.files.Unwritable: one could not be written; the journal is whole, so they can be made again.
    """
    contents, copies = render.all(run), render.attachments(run)
    written = folder.write_all(contents)
    folder.attach(copies)
    # allure-pytest wrote the same cases while the run went on, under names of its own.
    folder.keep_only(allure.FOLDER, {*contents, *copies}, patterns=_OF_ALLURE)
    return Report(run=run, files=written, exit_code=outcomes.exit_code(run))


def remake(paths: Iterable[Path]) -> tuple[Report, ...]:
    """Make the reports of runs again from their journals.

    Args:
        paths: folders of runs, or their journals; the reports are written beside each journal.

    Raises:
        reports.run_folder.NoJournal: a path holds no journal.
        journal.BadJournal: a journal cannot be read.
        system.files.Unwritable: a report could not be written.
    """
    runs = [(path if path.is_dir() else path.parent, run_folder.load(path)) for path in paths]
    return tuple(write(run_folder.RunFolder(folder.resolve()), run) for folder, run in runs)


def told(report: Report, *, colour: bool = False, width: int = console.WIDTH) -> str:
    """The end of a run as text: the matrix, then where the reports are."""
    pages = [str(path) for path in report.files if path.name.startswith("matrix.")]
    return "\n".join([console.render(report.run, colour=colour, width=width), *pages, ""])


def compared(before: Path, after: Path) -> compare.Comparison:
    """Compare two runs by their folders or journals; ``compare.markdown`` tells it.

    Raises:
        reports.run_folder.NoJournal: a path holds no journal.
        journal.BadJournal: a journal cannot be read.
        UserError: the runs share no candidate.
    """
    return compare.of(run_folder.load(before), run_folder.load(after))
