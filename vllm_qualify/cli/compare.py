"""``vllm-qualify compare BEFORE AFTER``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

from vllm_qualify.cli import terminal
from vllm_qualify.cli.command_help import CommandExample, CommandHelp
from vllm_qualify.cli.parsing import CommandParser
from vllm_qualify.reports import compare, compare_json, compare_markdown, compare_text, remake, run_folder
from vllm_qualify.reports.compare import Comparison
from vllm_qualify.system import files


def _page(comparison: Comparison) -> str:
    from vllm_qualify.reports import compare_html  # noqa: PLC0415 - jinja2 loads slower than the others answer.

    return compare_html.render(comparison)


_FILES = {"html": "compare.html", "json": "compare.json", "markdown": "compare.md", "text": "compare.txt"}
_FORMATS: dict[str, Callable[[Comparison], str]] = {
    "text": lambda comparison: compare_text.render(comparison, width=terminal.width(), colour=terminal.colour()),
    "markdown": compare_markdown.render,
    "html": _page,
    "json": lambda comparison: json.dumps(compare_json.document(comparison), allow_nan=False) + "\n",
}

HELP = CommandHelp(
    usage="BEFORE AFTER [options]",
    examples=(
        CommandExample(
            command="vllm-qualify compare reports/20260115-021004-local reports/latest",
            what="the newest run against an earlier one",
        ),
        CommandExample(
            command="vllm-qualify compare reports/20260115-021004-local reports/latest --format html",
            what="the same as a page, compare.html beside the later run",
        ),
    ),
    exit_codes={
        0: "nothing is worse",
        1: "something got worse",
        4: "a run cannot be read",
        10: "something is no longer shown",
    },
)


def arguments(parser: CommandParser) -> None:
    """The two runs."""
    parser.add_argument("before", type=Path, metavar="BEFORE", help="folder or journal of the earlier run")
    parser.add_argument("after", type=Path, metavar="AFTER", help="folder or journal of the later run")
    output = parser.output(
        "default: text on a terminal, markdown into a file or a pipe; html: compare.html beside the later run",
        formats=tuple(_FORMATS),
        default="",
    )
    output.add_argument("--to", type=Path, metavar="DIR", help="write it there, as compare.html, .json, .md or .txt")


def run(options: argparse.Namespace) -> int:
    """Show the differences; 1 where a requirement got worse, 10 where one is no longer shown."""
    comparison = remake.compared(options.before, options.after)
    form = options.format or ("text" if sys.stdout.isatty() else "markdown")
    to = options.to or (run_folder.journal_of(options.after).parent if form == "html" else None)
    brief = options.quiet and options.to is None and form in {"markdown", "text"}
    content = f"{compare.headline(comparison)}\n" if brief else _FORMATS[form](comparison)
    if to is not None:
        files.write(to / _FILES[form], content.encode())
        content = f"{to / _FILES[form]}\n"
    sys.stdout.write(content)
    return comparison.exit_code
