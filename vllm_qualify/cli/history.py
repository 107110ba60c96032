"""``vllm-qualify history [IMAGE...]``, and ``vllm-qualify history --add RUN...``."""

from __future__ import annotations

import argparse
import fnmatch
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from vllm_qualify.cli import streams
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.config import loading, lookup
from vllm_qualify.core import images
from vllm_qualify.core.errors import EXIT_USAGE, UserError
from vllm_qualify.history import courses, recording, store
from vllm_qualify.history.course import ImageCourse
from vllm_qualify.history.figures import FIGURES
from vllm_qualify.reports import history_csv, history_json, history_text, run_folder, sentences, text
from vllm_qualify.system import files, path_checks

PAGE = "history.html"
_MOST_NAMED = 12

HELP = CommandHelp(
    usage="[IMAGE...] [options]",
    examples=(
        CommandExample(
            command="vllm-qualify history --add reports",
            what="take in all runs of a folder",
        ),
        CommandExample(
            command="vllm-qualify history 'v0.1*'",
            what="the figures of some images over all runs",
        ),
        CommandExample(
            command="vllm-qualify history --format html",
            what="the same with charts, history.html beside the history",
        ),
    ),
    exit_codes={
        0: "the history is shown, whatever it says; with --add: every run is in it",
        4: "there is none, or no run of that image; with --add: a run cannot be read, the others are taken in all the "
        "same",
    },
)


def arguments(parser: CommandParser) -> None:
    """What is shown or taken in, and which history is meant."""
    parser.add_argument(
        "images", nargs="*", metavar="IMAGE", help="show these alone: a reference, its tag, or a pattern as 'v0.1*'"
    )
    shown = parser.add_argument_group("what is shown or taken in")
    shown.add_argument(
        "--add",
        nargs="+",
        type=Path,
        metavar="RUN",
        help="take in older runs: their folders or journals, or a folder of such folders",
    )
    shown.add_argument(
        "--figure",
        action="append",
        choices=FIGURES,
        metavar="FIGURE",
        help=f"show this figure alone; may be repeated: {', '.join(FIGURES)}",
    )
    file = parser.add_argument_group("which history")
    file.add_argument("--config", type=Path, metavar="FILE", help="the settings (default: ./qualify.toml)")
    file.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help=f"the history (default: file of [history] in the settings, else reports/{store.FILE_NAME})",
    )
    output = parser.output(
        f"csv: a row for each run, also for Apache Otava; html: {PAGE} beside the history (default: text)",
        formats=("text", "json", "csv", "html"),
    )
    output.add_argument("--to", type=Path, metavar="FILE", help="write it there")


def run(options: argparse.Namespace) -> int:
    """Show what was measured, or take in runs; 4 where one could not be read, the others are taken in all the same."""
    file = place(options.file, options.config)
    if not options.add:
        return _show(file, options)
    if options.images:
        raise UserError("--add takes in runs and shows nothing; leave out the images")
    return _add(options.add, file)


def place(file: Path | None, config: Path | None) -> Path:
    """The file of the history: the one that was named, else that of the settings, else the one beside the runs here.

    Raises:
        BadConfig: the settings cannot be read.
    """
    settings = loading.parsed(config or lookup.find(Path.cwd()))
    return file or settings.history.file or Path("reports") / store.FILE_NAME


def _show(file: Path, options: argparse.Namespace) -> int:
    now = datetime.now(UTC)
    found = [
        _with_figures(one, options.figure) for one in _chosen(courses.of(store.load(file), now=now), options.images)
    ]
    pages: Mapping[str, Callable[[], str]] = {
        "text": lambda: history_text.page(found),
        "json": lambda: history_json.page(found),
        "csv": lambda: history_csv.page(found, whole=bool(options.figure)),
        "html": lambda: _page(found, now),
    }
    made = pages[options.format]()
    to = options.to or (file.parent / PAGE if options.format == "html" else None)
    if to is None:
        sys.stdout.write(made)
        return 0
    files.write(to, made.encode())
    sys.stdout.write(f"{to}\n")
    return 0


def _page(found: Sequence[ImageCourse], now: datetime) -> str:
    from vllm_qualify.reports import history_html  # noqa: PLC0415 - jinja2 takes a while to load.

    return history_html.page(found, now=now)


def _chosen(found: Sequence[ImageCourse], wanted: Sequence[str]) -> tuple[ImageCourse, ...]:
    names = {one.image: (one.image, _tag(one.image)) for one in found}
    for pattern in wanted:
        if not any(fnmatch.filter(each, pattern) for each in names.values()):
            there = text.listing([*names][:_MOST_NAMED]) or "none"
            raise UserError(f"no run of {images.shown(pattern)} is in the history; there are runs of {there}")
    return tuple(
        one for one in found if not wanted or any(fnmatch.filter(names[one.image], pattern) for pattern in wanted)
    )


def _tag(image: str) -> str:
    try:
        return images.parse(image).short
    except images.BadImage:
        return image


def _with_figures(course: ImageCourse, names: Sequence[str] | None) -> ImageCourse:
    if not names:
        return course
    return replace(course, figures=tuple(figure for figure in course.figures if figure.name in names))


def _add(paths: Iterable[Path], file: Path) -> int:
    new: list[bool] = []
    problems = 0
    for path in _runs(paths):
        try:
            found = recording.of(run_folder.load(path), told=sentences.summary)
        except UserError as error:
            streams.complain("history", str(error))
            problems += 1
            continue
        new += store.record(file, [found])
    there = f"; {text.counted(new.count(False), 'run')} in it already" if False in new else ""
    sys.stdout.write(f"{text.counted(new.count(True), 'run')} taken into {file}{there}\n")
    return EXIT_USAGE if problems else 0


def _runs(paths: Iterable[Path]) -> Iterator[Path]:
    """Each run once; of a folder that is no run those in it."""
    seen = set()
    for path in paths:
        within = [] if path_checks.exists(path / run_folder.JOURNAL) else sorted(path.glob(f"*/{run_folder.JOURNAL}"))
        for one in [journal.parent for journal in within] or [path]:
            if (place := path_checks.resolved(one)) not in seen:
                seen.add(place)
                yield one
