"""``vllm-qualify report RUN...``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vllm_qualify.reports import remake


def arguments(parser: argparse.ArgumentParser) -> None:
    """The runs."""
    parser.add_argument(
        "runs", nargs="*", type=Path, default=[Path("reports/latest")], metavar="RUN", help="folder or journal of a run"
    )


def run(options: argparse.Namespace) -> int:
    """Make the reports anew; the exit code is the worst that the runs deserve."""
    made = remake.remake(options.runs)
    for one in made:
        sys.stdout.write(remake.told(one, colour=sys.stdout.isatty()))
    return max(one.exit_code for one in made)
