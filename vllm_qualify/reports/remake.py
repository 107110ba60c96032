"""Makes reports from journals, without a GPU and without the run: behind ``vllm-qualify report`` and ``compare``."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath

from vllm_qualify import reports as render
from vllm_qualify.core import journal, outcomes
from vllm_qualify.core.errors import EXIT_USAGE, UserError
from vllm_qualify.core.events import Event, RunFinished
from vllm_qualify.core.records import RunRecord
from vllm_qualify.reports import (
    allure,
    compare,
    console,
    merged,
    merged_json,
    merged_markdown,
    merged_text,
    report_places,
    run_folder,
)
from vllm_qualify.reports.merged import MergedMatrix
from vllm_qualify.reports.page_links import PageLinks
from vllm_qualify.reports.report_places import ReadRun
from vllm_qualify.system import files, path_checks

_OF_ALLURE = ("*-attachment*", "*-container.json", "*-result.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was made of one run: the record, its files, and the exit code that it deserves."""

    run: RunRecord
    files: tuple[Path, ...]
    exit_code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remade:
    """What became of several runs.

    Attributes:
        reports: of those that could be read, in their order.
        problems: what could not be read or written, one line each.
        merged: all of them as one matrix; ``None`` where that was not asked for.
        pages: the files that have it.
    """

    reports: tuple[Report, ...]
    problems: tuple[str, ...]
    merged: MergedMatrix | None = None
    pages: tuple[Path, ...] = ()

    @property
    def exit_code(self) -> int:
        """The worst that the runs deserve; 4 where something could not be read or written, unless it is 20."""
        codes = [self.merged.exit_code] if self.merged else [one.exit_code for one in self.reports]
        if self.problems and outcomes.EXIT_NOT_RESTORED not in codes:
            return EXIT_USAGE
        return max(codes, default=EXIT_USAGE)


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


def write(
    folder: run_folder.RunFolder, run: RunRecord, *, source: Path | None = None, named: str = run_folder.JOURNAL
) -> Report:
    """Write every report of a run into its folder.

    Args:
        folder: where to.
        run: the run.
        source: the folder that has its evidence, where that is another one; what the reports link to comes along.
        named: what its journal there is called.

    Raises:
        system.files.Unwritable: one could not be written; the journal is whole, so they can be made again.
    """
    evidence, copies = frozenset(_evidence(run)), render.attachments(run)
    if source is not None:
        folder.attach({path: path for path in evidence if _own(path)}, source=source)
    here = {path for path in evidence if _own(path) and path_checks.is_file(folder.path / path)}
    contents = render.all(run, PageLinks(journal=named, gone=evidence - here))
    written = folder.write_all(contents)
    folder.attach(copies, source=source)
    # allure-pytest wrote the same cases while the run went on, under names of its own.
    folder.keep_only(allure.FOLDER, {*contents, *copies}, patterns=_OF_ALLURE)
    return Report(run=run, files=written, exit_code=outcomes.exit_code(run))


def _evidence(run: RunRecord) -> Iterator[str]:
    """The paths of the evidence that a journal names."""
    turns = (*run.candidates, *filter(None, (run.baseline, run.baseline_again)))
    cases = (*run.production, *(case for turn in turns for case in turn.cases))
    return (kept.path for case in cases for kept in case.evidence)


def _own(path: str) -> bool:
    """Whatever else a journal names is no evidence of its run, and stays where it is, without a link."""
    parts = PurePosixPath(path).parts
    return parts[:1] == (run_folder.EVIDENCE,) and ".." not in parts and "\0" not in path


def remake(paths: Iterable[Path], *, to: Path | None = None) -> Remade:
    """Make the reports of runs again from their journals; one that cannot be read keeps no other from it.

    Args:
        paths: folders of runs, or their journals; one that is named twice counts once.
        to: where the reports are written, with what they link to: of one run into this folder, of several each into one
            of its name within. Left out, they are written beside each journal.

    Raises:
        UserError: two runs would write into one folder; nothing was written.
    """
    read, problems = _read(paths)
    homes = report_places.beside(read) if to is None else report_places.within(to, read, alone=len(read) == 1)
    return Remade(reports=tuple(_written(read, homes, problems)), problems=tuple(problems))


def merge(paths: Iterable[Path], *, to: Path) -> Remade:
    """Make one matrix of runs of several nodes and nights, and the reports of each beside it.

    Args:
        paths: as ``remake`` takes them.
        to: where the one matrix goes, and the folder of each run within.

    Raises:
        UserError: it would replace the reports of a run.
        system.files.Unwritable: the one matrix could not be written.
    """
    read, problems = _read(paths)
    if path_checks.exists(to / run_folder.JOURNAL):
        raise UserError(f"{to} is the folder of a run; choose another folder for --to")
    homes = report_places.within(to, read)
    reports = tuple(_written(read, homes, problems))
    if not reports:
        return Remade(reports=(), problems=tuple(problems))
    whole = merged.of((one.run, home.name) for one, home in zip(read, homes, strict=True))
    pages = run_folder.RunFolder(path_checks.resolved(to)).write_all(
        {
            "merged.json": json.dumps(merged_json.document(whole), indent=2, allow_nan=False).encode() + b"\n",
            "merged.md": merged_markdown.render(whole).encode(),
            "merged.html": _merged_page(whole).encode(),
        }
    )
    return Remade(reports=reports, problems=tuple(problems), merged=whole, pages=pages)


def _merged_page(whole: MergedMatrix) -> str:
    from vllm_qualify.reports import merged_html  # noqa: PLC0415 - jinja2, as reports says.

    return merged_html.render(whole)


def _written(read: Sequence[ReadRun], homes: Sequence[Path], problems: list[str]) -> Iterator[Report]:
    """The reports of each run; what could not be written is added to the problems."""
    for one, home in zip(read, homes, strict=True):
        try:
            yield _made(one, home)
        except files.Unwritable as error:
            problems.append(str(error))


def _read(paths: Iterable[Path]) -> tuple[list[ReadRun], list[str]]:
    """The runs that can be read, as far as they can, and what is wrong with the others."""
    read: list[ReadRun] = []
    problems: list[str] = []
    # The link to the newest run and that run itself are one.
    for journal_file, path in {path_checks.resolved(run_folder.journal_of(path)): path for path in paths}.items():
        try:
            run, problem = run_folder.salvage(path)
        except (run_folder.NoJournal, journal.BadJournal) as error:
            problems.append(str(error))
            continue
        problems += [problem] if problem else []
        if path_checks.is_file(journal_file):
            read.append(ReadRun(journal=journal_file, run=run))
        else:
            problems.append(f"{path} is a pipe, which is read only once; write the journal into a file first")
    return read, problems


def _made(one: ReadRun, home: Path) -> Report:
    source = one.journal.parent
    folder = run_folder.RunFolder(path_checks.resolved(home))
    if folder.path == source:
        return write(folder, one.run, named=one.journal.name)
    files.write(folder.path / run_folder.JOURNAL, one.journal.read_bytes())
    return write(folder, one.run, source=source)


def told(report: Report, *, colour: bool = False, width: int | None = None, files: bool = True) -> str:
    """The end of a run as text: the matrix, then where the reports are, where its ``files`` are told."""
    pages = [str(path) for path in report.files if files and path.name.startswith("matrix.")]
    return "\n".join([console.render(report.run, colour=colour, width=width), *pages, ""])


def told_of_all(made: Remade, *, colour: bool = False, width: int | None = None, files: bool = True) -> str:
    """What became of several runs as text: each on its own, or the one matrix that was made of them."""
    if made.merged is None:
        return "".join(told(one, colour=colour, width=width, files=files) for one in made.reports)
    whole = merged_text.render(made.merged, colour=colour, width=width or console.WIDTH)
    return "\n".join([whole, *(map(str, made.pages) if files else ()), ""])


def compared(before: Path, after: Path) -> compare.Comparison:
    """Compare two runs by their folders or journals; ``compare.markdown`` tells it.

    Raises:
        reports.run_folder.NoJournal: a path holds no journal.
        journal.BadJournal: a journal cannot be read.
        UserError: the runs share no candidate.
    """
    return compare.of(run_folder.load(before), run_folder.load(after))
