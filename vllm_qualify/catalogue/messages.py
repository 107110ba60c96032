"""What releases say when something is wrong: templates of their messages, read from their sources. Asked by diagnosis.

One file a package below ``data/messages``, one line a statement, sorted, made by ``script/catalogue``. A process looks
one message up, so the file is searched as it is, by halves, and only the lines that may fit are parsed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from vllm_qualify.catalogue import reading, spans

FOLDER = "messages"
"""Below the folder of the catalogue's data."""
PINS = "pins.json"
"""Beside the files of messages: by release, the versions of the libraries that it runs with."""
VLLM = "vllm"

LOG = "log"
"""The kind of what is not raised but logged as an error."""
PARSER = "parser.error"
"""The kind of what a parser of the command line ends the process with."""

_SHARED = 5
"""The longest words of a text, one of which a text like it must have."""
WORD = re.compile(r"[A-Za-z]{3,}")
"""A word of a template that is its own."""
ANCHOR = re.compile(r"[A-Za-z_]{4,}")
"""A word of a template by which its text is found; it stands in front of its line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One statement of a package that says what is wrong.

    Attributes:
        file: within the place where packages are installed: ``vllm/config/cache.py``.
        function: with its class: ``CacheConfig._verify_cache_dtype``.
        kind: the exception's type, `LOG` or `PARSER`; empty where it is only known when it runs.
        parts: the literal text, a gap between two parts; empty where it has too little of it to be known by.
        guards: the conditions around it as source text, the innermost last.
        about: options and environment variables that its text names or puts in.
        depends_on: those that only the conditions name.
        code: its first line, where it has no text.
        span: the releases in which it stands, see `vllm_qualify.catalogue.spans`.
    """

    file: str
    function: str
    kind: str
    parts: tuple[str, ...] = ()
    guards: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    code: str = ""
    span: str = ""

    @property
    def package(self) -> str:
        """Of which package it is."""
        return self.file.partition("/")[0]

    @property
    def name(self) -> str:
        """The function as a traceback names it."""
        return self.function.rpartition(".")[2]

    @property
    def letters(self) -> int:
        """How much of its text is its own."""
        return sum(len(word) for part in self.parts for word in WORD.findall(part))


def packages() -> tuple[str, ...]:
    """The packages whose messages are known."""
    folder = reading.folder().joinpath(FOLDER)
    return tuple(sorted(one.name.removesuffix(".jsonl") for one in folder.iterdir() if one.name.endswith(".jsonl")))


def holding(words: Collection[str], package: str) -> Iterator[Message]:
    """The statements that a text of these words may come from."""
    for word in sorted(words):
        yield from _starting(f'["{word}",', package)


def without_text(file: str, package: str) -> Iterator[Message]:
    """The statements of a file that are known by their place alone."""
    return _starting(f'["","{file}",', package)


def near(message: Message) -> Iterator[Message]:
    """What shares a word with it in its class, or in functions of its name outside of classes, and in its file.

    All of its own function are among them, whatever their words.
    """
    owner, dot, _ = message.function.rpartition(".")
    longest = sorted(words(" ".join((*message.parts, message.code))), key=len)[-_SHARED:]
    kept = (f',"{message.function}","'.encode(), *(word.encode() for word in longest))
    for mark in (f',"{owner}{dot}' if dot else f',"{message.function}","', f',"{message.file}","'):
        yield from _marked(mark, message.package, kept)


def with_code(code: str, package: str) -> Iterator[Message]:
    """The statements without a text that have this code, in whichever function."""
    return (one for one in _marked(json.dumps(code, ensure_ascii=False), package) if one.code == code)


def _marked(mark: str, package: str, kept: Sequence[bytes] = (b"",)) -> Iterator[Message]:
    """The lines that have this anywhere, and one of what is kept."""
    data, wanted, at = content(package), mark.encode(), 0
    while (at := data.find(wanted, at)) >= 0:
        begin, end = data.rfind(b"\n", 0, at) + 1, data.find(b"\n", at)
        line = data[begin:end]
        if any(word in line for word in kept):
            yield from_line(line)
        at = end


def _starting(prefix: str, package: str) -> Iterator[Message]:
    """The lines that begin so; the file is sorted, and not even taken apart into lines for this."""
    data, wanted = content(package), prefix.encode()
    low, high = 0, len(data)
    while low < high:
        middle = (low + high) // 2
        begin, end = data.rfind(b"\n", 0, middle) + 1, data.find(b"\n", middle)
        if data[begin : begin + len(wanted)] < wanted:
            low = end + 1
        else:
            high = begin
    while data.startswith(wanted, low):
        end = data.find(b"\n", low)
        yield from_line(data[low:end])
        low = end + 1


@cache
def content(package: str) -> bytes:
    """The file of a package as it is; empty where the package is not known."""
    file = reading.folder().joinpath(FOLDER, f"{package}.jsonl")
    return file.read_bytes() if file.is_file() else b""


@cache
def order() -> tuple[str, ...]:
    """The releases, oldest first, as spans name them."""
    return tuple(str(entry["version"]) for entry in reading.file("releases.json"))


@cache
def covered(package: str) -> frozenset[int]:
    """The places in `order` of the releases whose version of the package was read."""
    if package == VLLM:
        return frozenset(range(len(order())))
    if package not in packages():
        return frozenset()
    pins = json.loads(reading.folder().joinpath(FOLDER, PINS).read_text(encoding="utf-8"))
    names = {package, package.replace("_", "-"), f"{package}-python"}
    return frozenset(place for place, release in enumerate(order()) if names & pins.get(release, {}).keys())


def releases(message: Message) -> frozenset[int]:
    """The places in `order` at which the statement stands."""
    return spans.decode(message.span, order())


def from_line(line: str | bytes) -> Message:
    """Read one line of the file."""
    _, file, function, kind, parts, guards, about, depends_on, code, span = json.loads(line)
    return Message(
        file=file,
        function=function,
        kind=kind,
        parts=tuple(parts),
        guards=tuple(guards),
        about=tuple(about),
        depends_on=tuple(depends_on),
        code=code,
        span=span,
    )


def words(text: str) -> frozenset[str]:
    """The words of a text that may be an anchor."""
    return frozenset(ANCHOR.findall(text))
