"""``vllm-qualify history``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from vllm_qualify.config import loading
from vllm_qualify.core import redaction
from vllm_qualify.core.errors import EXIT_USAGE, UserError
from vllm_qualify.history import recording, store
from vllm_qualify.reports import run_folder, sentences, text


def arguments(parser: argparse.ArgumentParser) -> None:
    """What is taken in, and which history is meant."""
    parser.add_argument(
        "--add",
        nargs="+",
        type=Path,
        required=True,
        metavar="RUN",
        help="take in runs: their folders or journals, or a folder of such folders",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="the settings (default: ./qualify.toml)")
    parser.add_argument(
        "--file",
        type=Path,
        metavar="FILE",
        help="the history (default: as the settings say, else reports/history.sqlite)",
    )


def run(options: argparse.Namespace) -> int:
    """Take in runs; 4 where one could not be read, the others are taken in all the same."""
    return _add(options.add, place(options.file, options.config))


def place(file: Path | None, config: Path | None) -> Path:
    """The file of the history: the one that was named, else that of the settings, else the one beside the runs here.

    Raises:
        BadConfig: the settings cannot be read.
    """
    settings = loading.parsed(config or loading.find(Path.cwd()))
    return file or settings.history.file or Path("reports") / store.FILE_NAME


def _add(paths: Iterable[Path], file: Path) -> int:
    new: list[bool] = []
    problems = 0
    for path in _runs(paths):
        try:
            found = recording.of(run_folder.load(path), told=sentences.summary)
        except UserError as error:
            sys.stderr.write(f"vllm-qualify history: {redaction.shown(str(error))}\n")
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
        within = [] if (path / run_folder.JOURNAL).exists() else sorted(path.glob(f"*/{run_folder.JOURNAL}"))
        for one in [journal.parent for journal in within] or [path]:
            if one.resolve() not in seen:
                seen.add(one.resolve())
                yield one
