"""``vllm-qualify report RUN...``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from vllm_qualify.cli import streams, terminal
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.core.errors import UserError
from vllm_qualify.reports import remake, report_json, step_summary

HELP = CommandHelp(
    usage="[RUN...] [options]",
    examples=(
        CommandExample(
            command="vllm-qualify report",
            what="the reports of reports/latest once more, as after a run that was killed",
        ),
        CommandExample(
            command="vllm-qualify report --merge --to nightly reports/2026*",
            what="one matrix of several nights and nodes",
        ),
    ),
    exit_codes={
        0: "every candidate qualified in each run",
        1: "a candidate did not qualify",
        4: "a run cannot be read or written; the others are rendered all the same",
        10: "a run is inconclusive or broken",
        20: "a run did not put production back; takes precedence over every other code",
    },
)


def arguments(parser: CommandParser) -> None:
    """The runs, and where their reports go."""
    parser.add_argument(
        "runs",
        nargs="*",
        type=Path,
        default=[Path("reports/latest")],
        metavar="RUN",
        help="folder or journal of a run (default: reports/latest)",
    )
    where = parser.add_argument_group("where reports go (default: beside each journal)")
    where.add_argument(
        "--to", type=Path, metavar="DIR", help="write the reports there; of several runs each into a folder of its name"
    )
    where.add_argument(
        "--merge",
        action="store_true",
        help="also make one matrix of all in --to DIR, with a row for each candidate on each node",
    )
    parser.output("json: one object, with the files that were written")


def run(options: argparse.Namespace) -> int:
    """Make the reports anew; the exit code is the worst that the runs deserve, 4 where one could not be read."""
    if options.merge and options.to is None:
        raise UserError("--merge makes a matrix that belongs to no single run; say where with --to DIR")
    made = remake.merge(options.runs, to=options.to) if options.merge else remake.remake(options.runs, to=options.to)
    if options.format == "json":
        terminal.show_json(report_json.document(made))
    else:
        sys.stdout.write(
            remake.told_of_all(made, colour=terminal.colour(), width=terminal.columns(), files=not options.quiet)
        )
    for one in made.reports:
        step_summary.write(one.run, os.environ)
    for problem in made.problems:
        streams.complain("report", problem)
    return made.exit_code
