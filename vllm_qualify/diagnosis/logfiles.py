"""Reads logs as people keep them: plain, compressed, in UTF-16, from a pipe; says plainly what is none."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, cast

from vllm_qualify.core.errors import UserError
from vllm_qualify.system import path_checks, text_files

PIPE = text_files.STDIN
_BLOCK = 1024 * 1024
_HEAD = 64 * 1024
_PATTERNS = ("*.log", "*.log.*", "*.txt")
_COMPRESSED: tuple[tuple[bytes, Callable[[IO[bytes]], IO[bytes]]], ...] = (
    (b"\x1f\x8b", lambda file: cast("IO[bytes]", gzip.GzipFile(fileobj=file))),
    (b"BZh", bz2.BZ2File),
    (b"\xfd7zXZ\x00", lzma.LZMAFile),
)
_FOREIGN = (
    (0, b"\x28\xb5\x2f\xfd", "is compressed with zstd; unpack it first: zstd -d FILE"),
    (0, b"PK\x03\x04", "is a zip archive; unpack it first: unzip FILE"),
    (257, b"ustar", "is a tar archive; unpack it first: tar xf FILE"),
)
# Those of UTF-32 begin with those of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_TEXT_CONTROLS = frozenset(b"\t\n\r\x08\x0b\x0c\x1b")
_MOST_CONTROLS = 0.02
"""Share of control characters; compressed data and programs hold five times as many, logs next to none."""


class NoLog(UserError, OSError):
    """A file that cannot be read as a log; the message says why and what to do."""


class CutOff(NoLog):
    """A file that could only be read up to a point; what was read before counts."""


def named(paths: Iterable[str]) -> Iterator[str]:
    """The files that are meant: a folder stands for its logs, sorted by name, not those of its folders.

    Raises:
        NoLog: a folder holds none.
    """
    for name in paths:
        path = Path(name)
        if name == PIPE or not path_checks.is_folder(path):
            yield name
            continue
        inside = sorted({file for pattern in _PATTERNS for file in path.glob(pattern) if path_checks.is_file(file)})
        if not inside:
            raise NoLog(f"{name} is a folder without {', '.join(_PATTERNS)}; name the files")
        yield from map(str, inside)


def blocks(name: str) -> Iterator[bytes]:
    """The content of a log in blocks, as UTF-8 or what else agrees with ASCII; decompressed.

    Args:
        name: of a file, or ``-`` for what is piped in.

    Raises:
        NoLog: it cannot be read, or is no text.
        CutOff: its end is missing or damaged; all before it was given.
    """
    try:
        with _opened(name) as file:
            yield from _text(file, name)
    except CutOff:
        raise
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise CutOff(f"{name} is damaged or cut off, so its end was not read: {error}") from error
    except OSError as error:
        if isinstance(error, NoLog):
            raise
        raise NoLog(f"cannot read {name}: {error.strerror or error}") from error


def _opened(name: str) -> IO[bytes]:
    # Whoever follows a log waits for its end.
    return text_files.opened(Path(name), silence_seconds=None if name == PIPE else text_files.SILENCE_SECONDS)


def _text(file: IO[bytes], name: str) -> Iterator[bytes]:
    head = file.read(_HEAD)
    for magic, unpack in _COMPRESSED:
        if head.startswith(magic):
            yield from _text(unpack(io.BufferedReader(_Rewound(head, file))), name)
            return
    for offset, magic, advice in _FOREIGN:
        if head[offset:].startswith(magic):
            raise NoLog(f"{name} {advice}")
    encoding = _encoding(head)
    if encoding is None and _binary(head):
        raise NoLog(f"{name} is not a text file; give the log as text, such as kubectl logs prints it")
    yield from _decoded(_chunks(head, file), encoding)


def _chunks(head: bytes, file: IO[bytes]) -> Iterator[bytes]:
    yield head
    while block := file.read(_BLOCK):
        yield block


def _decoded(chunks: Iterable[bytes], encoding: str | None) -> Iterator[bytes]:
    if encoding is None:
        yield from chunks
        return
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")


def _encoding(head: bytes) -> str | None:
    """The encoding where it does not agree with ASCII: told by its mark, or by the zeros beside the letters."""
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    pairs = len(head) // 2
    even, odd = head[::2].count(0), head[1::2].count(0)
    if pairs and odd > 0.8 * pairs and even < 0.1 * pairs:
        return "utf-16-le"
    if pairs and even > 0.8 * pairs and odd < 0.1 * pairs:
        return "utf-16-be"
    return None


def _binary(head: bytes) -> bool:
    """Tell whether it is no text. Zeros are not counted: a log that was truncated while written begins with them."""
    text = head.replace(b"\x00", b"")
    controls = sum(byte < ord(" ") and byte not in _TEXT_CONTROLS for byte in text)
    return controls > _MOST_CONTROLS * len(text) or (not text and bool(head))


class _Rewound(io.RawIOBase):
    """A stream that begins again with what was read from it, for streams that cannot seek."""

    def __init__(self, head: bytes, file: IO[bytes]) -> None:
        self._head = head
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data = self._head[: len(buffer)] or self._file.read(len(buffer))
        self._head = self._head[len(data) :] if self._head else b""
        buffer[: len(data)] = data
        return len(data)
