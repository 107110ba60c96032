"""The blocks of a page of the documentation, its commands, and what the page says of them; and whether that is so.

A block begins with its kind, which may be followed by ``needs=NEED`` or ``file=NAME``. In a block ``console``, a line
after ``$`` is a command, which may go on after a backslash. What follows it is its output, with ``...`` in the place of
the rest that the page leaves out. It ends with 0 unless ``$ echo $?`` after it shows another code. In a block ``sh``
every line is a command that ends with 0, and its output is not shown. A block that needs what a test does not have is
not run; its commands are read by the programs' own parsers instead.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[1]
PAGES = tuple(
    page
    for pattern in ("*.md", "canary/*.md", "docs/**/*.md", "examples/**/*.md", "reports/README.md", "requirements/*.md")
    for page in sorted(ROOT.glob(pattern))
)
"""All pages of the repository."""
NEEDS = {
    "cluster": "a Kubernetes cluster, with production and a GPU",
    "container": "Docker or Podman",
    "engine": "a release of vLLM, which is gigabytes",
    "gpu": "a GPU",
    "network": "a registry, or an index of packages",
}
"""Why a block is not run here; there are no other reasons."""

_COMMANDS = {"console", "sh"}
_TYPED = re.compile(r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_LINE = re.compile(r"^(?!#|$)((?:.*\\\n)*.*)\n", re.MULTILINE)
_CODE = "echo $?"
_MORE = "..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One block of a page.

    Attributes:
        line: of the page on which its text begins.
        kind: the language, ``""`` where the page names none.
        text: without the fences, and without the indent of a list.
        needs: a key of ``NEEDS``; ``""`` where it is run.
        file: the name under which another block expects it; ``""`` for none.
    """

    line: int
    kind: str
    text: str
    needs: str = ""
    file: str = ""


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


def blocks(page: str) -> list[Block]:
    """The blocks of a page in their order, those that are made by an indent alone too."""
    return [_block(token) for token in MarkdownIt("commonmark").parse(page) if token.type in {"fence", "code_block"}]


def spans(page: str) -> list[str]:
    """What stands between single backquotes in the text of a page."""
    found = MarkdownIt("commonmark").enable("table").parse(page)
    return [each.content for token in found for each in token.children or () if each.type == "code_inline"]


def commands(page: str) -> list[Documented]:
    """The commands of a page that are run, in their order."""
    return [one for block in blocks(page) if block.kind in _COMMANDS and not block.needs for one in _of(block)]


def only_read(page: str) -> list[Documented]:
    """The commands of a page that need what a test does not have."""
    return [one for block in blocks(page) if block.kind in _COMMANDS and block.needs for one in _of(block)]


def _block(token: Token) -> Block:
    kind, *more = token.info.split() or [""]
    said = dict(word.split("=", 1) for word in more if "=" in word)
    return Block(line=(token.map or [0])[0] + 2, kind=kind, text=token.content, **said)


def _of(block: Block) -> list[Documented]:
    found: list[Documented] = []
    for one in _commands(block.kind, block.text, block.line):
        found += [replace(found.pop(), code=int(one.output or ""))] if one.command == _CODE else [one]
    return found


def _commands(kind: str, block: str, first: int) -> Iterator[Documented]:
    for match in (_TYPED if kind == "console" else _LINE).finditer(block):
        line, output = first + block.count("\n", 0, match.start()), match[2] if kind == "console" else None
        yield Documented(line=line, command=match[1], output=output)
