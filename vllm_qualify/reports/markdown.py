"""Markdown of GitHub from texts that anybody may have said: tables, code, and text that is only text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from vllm_qualify.reports import text

_SPECIAL = re.compile(r"([\\`*_\[\]|~#$])")
# What would become a link, or send somebody a message: addresses; people and teams; issues, merge requests, commits.
_ADDRESS = re.compile(
    r"(?:(?:https?|ftp)://|www\.|mailto:)[^\s<>|`\\]*[^\s<>|`\\.,;:!?)'\"*]"
    r"|(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+",
    re.IGNORECASE,
)
_MENTION = re.compile(r"(?<!\w)@(?=\w)|@(?=[0-9a-f]{7,40}\b)|#(?=\d)|(?<!\w)!(?=\d)|\bGH-(?=\d)", re.IGNORECASE)
_NO_WIDTH = "\u200b"
_MOST_NAMES = 40


def escape(content: str) -> str:
    """The text on one line, with nothing in it that Markdown would take for its own, and nobody whom it would call.

    An address becomes code, which can be copied and is no link. A character without width parts ``@`` from a name and
    ``#`` from a number: GitHub looks for them in what is shown, where a backslash before them is gone.
    """
    line = text.one_line(content)
    told, end = "", 0
    for address in _ADDRESS.finditer(line):
        told += _escaped(line[end : address.start()]) + code(address[0])
        end = address.end()
    return told + _escaped(line[end:])


def _escaped(content: str) -> str:
    safe = content.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", _MENTION.sub(rf"\g<0>{_NO_WIDTH}", safe))


def brief(content: str, most: int) -> str:
    """The same of at most so many characters, counted before they are escaped."""
    return escape(text.short(content, most))


def code(content: str) -> str:
    """The text as code, whatever it contains; a table cell may hold it."""
    safe = text.one_line(content).replace("|", "\\|")
    fence = "`" * (1 + max(map(len, re.findall("`+", safe)), default=0))
    pad = " " if safe.startswith("`") or safe.endswith("`") else ""
    return f"{fence}{pad}{safe}{pad}{fence}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table; the cells are Markdown already."""
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def listed(names: Sequence[str], *, most: int = _MOST_NAMES) -> str:
    """Names in a list, each Markdown already; of many the first and how many more there are."""
    more = [f"{len(names) - most} more"] if len(names) > most else []
    return text.listing([*names[:most], *more])
