"""The commands of a page of the documentation, and what the page says of them; and whether that is so.

In a block ``console``, a line after ``$`` is a command, which may go on after a backslash. What follows it is its
output, with ``...`` in the place of the rest that the page leaves out. It ends with 0 unless ``$ echo $?`` after it
shows another code. In a block ``sh`` every line is a command that ends with 0, and its output is not shown.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

_BLOCK = re.compile(r"^```(console|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TYPED = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_LINE = re.compile(r"^(?!#|$)((?:.*\\\n)*.*)\n", re.MULTILINE)
_CODE = "echo $?"
_MORE = "..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """One command of a page.

    Attributes:
        line: of the page on which it stands.
        command: as somebody types it.
        output: as the page shows it; ``None`` where it does not.
        code: with which it ends.
    """

    line: int
    command: str
    output: str | None = None
    code: int = 0

    def difference(self, folder: Path, env: Mapping[str, str]) -> str:
        """Run it in a folder; how it differs from what the page says, and ``""`` where it does not."""
        done = subprocess.run(
            ["bash", "-c", self.command],  # noqa: S607 - as whoever reads the page has it
            cwd=folder,
            env=dict(env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode == self.code and self._shows(done.stdout):
            return ""
        return f"line {self.line}: {self.command}\nended with {done.returncode} and said:\n{done.stdout}"

    def _shows(self, said: str) -> bool:
        if self.output is None:
            return True
        shown, whole = ("\n".join(map(str.rstrip, text.rstrip().splitlines())) for text in (self.output, said))
        return whole.startswith(shown.removesuffix(_MORE)) if shown.endswith(_MORE) else whole == shown


def commands(page: str) -> list[Documented]:
    """The commands of a page in their order."""
    found: list[Documented] = []
    for block in _BLOCK.finditer(page):
        for one in _commands(block[1], block[2], page.count("\n", 0, block.start(2)) + 1):
            found += [replace(found.pop(), code=int(one.output or ""))] if one.command == _CODE else [one]
    return found


def _commands(kind: str, block: str, first: int) -> Iterator[Documented]:
    for match in (_TYPED if kind == "console" else _LINE).finditer(block):
        line, output = first + block.count("\n", 0, match.start()), match[2] if kind == "console" else None
        yield Documented(line=line, command=match[1], output=output)
