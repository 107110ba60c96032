"""``vllm-qualify compare BEFORE AFTER``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from vllm_qualify.reports import compare, remake


def arguments(parser: argparse.ArgumentParser) -> None:
    """The two runs."""
    parser.add_argument("before", type=Path, metavar="BEFORE", help="folder or journal of the earlier run")
    parser.add_argument("after", type=Path, metavar="AFTER", help="folder or journal of the later run")


def run(options: argparse.Namespace) -> int:
    """Show the differences as Markdown."""
    comparison = remake.compared(options.before, options.after)
    sys.stdout.write(compare.markdown(comparison))
    return comparison.exit_code
