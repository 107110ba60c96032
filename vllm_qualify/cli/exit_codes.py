"""The reference of exit codes, from what each command says of its own.

``python -m vllm_qualify.cli.exit_codes FILE...`` writes the table anew between the marks of each page.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

from vllm_qualify.cli import commands
from vllm_qualify.cli.command_help import CommandHelp

# The page has a sentence on these: what is pytest's own, and what all commands share.
_APART = {2, 3, 5, 130}
MARK, END = "<!-- exit codes -->", "<!-- /exit codes -->"


def told() -> Iterator[tuple[str, CommandHelp]]:
    """Each command that has a module, with what it says of itself."""
    for name in sorted(commands.COMMANDS):
        if name != commands.HELP:
            yield name, importlib.import_module(f"{__package__}.{name}").HELP


def table() -> str:
    """A row for each command, in Markdown."""
    codes = sorted({code for _, one in told() for code in one.all_codes} - _APART)
    head = f"| of | {' | '.join(map(str, codes))} |\n|---|{'---|' * len(codes)}\n"
    return head + "".join(
        f"| `vllm-qualify {name}` | {' | '.join(one.all_codes.get(code, '') for code in codes)} |\n"
        for name, one in told()
    )


def written(text: str) -> str:
    """A page with the table as it is now between its marks."""
    head, _, rest = text.partition(MARK)
    return f"{head}{MARK}\n\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    for page in map(Path, sys.argv[1:]):
        page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")
