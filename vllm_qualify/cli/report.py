"""``vllm-qualify report RUN...``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from vllm_qualify.cli import terminal
from vllm_qualify.core import redaction
from vllm_qualify.core.errors import UserError
from vllm_qualify.reports import remake, step_summary


def arguments(parser: argparse.ArgumentParser) -> None:
    """The runs, and where their reports go."""
    parser.add_argument(
        "runs", nargs="*", type=Path, default=[Path("reports/latest")], metavar="RUN", help="folder or journal of a run"
    )
    parser.add_argument(
        "--to", type=Path, metavar="DIR", help="write the reports there; of several runs each into a folder of its name"
    )

    parser.add_argument(
        "--merge",
        action="store_true",
        help="also make one matrix of all in --to DIR, with a row for each candidate on each node",
    )


def run(options: argparse.Namespace) -> int:
    """Make the reports anew; the exit code is the worst that the runs deserve, 4 where one could not be read."""
    if options.merge and options.to is None:
        raise UserError("--merge makes a matrix that belongs to no single run; say where with --to DIR")
    made = remake.merge(options.runs, to=options.to) if options.merge else remake.remake(options.runs, to=options.to)
    sys.stdout.write(remake.told_of_all(made, colour=terminal.colour(), width=terminal.width()))
    sys.stdout.flush()
    for one in made.reports:
        step_summary.write(one.run, os.environ)
    for problem in made.problems:
        sys.stderr.write(f"vllm-qualify report: {redaction.shown(problem)}\n")
    return made.exit_code
