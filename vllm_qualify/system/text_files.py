"""Reads a text that an operator named: a file, a pipe, standard input. Never endlessly, and never a device's all.

Called by the readers of manifests, settings and models.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

MOST_BYTES = 3_000_000
"""No manifest is larger; YAML takes seconds for one of this size, and minutes for what people give by mistake."""
STDIN = "-"


class UnreadableText(ValueError):
    """A text that cannot be read.

    Attributes:
        line: where, counted from 1; ``None`` for all of it.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read(path: Path, *, newline: str | None = None, most_bytes: int = MOST_BYTES) -> str:
    """Read a text.

    Args:
        path: a file or a pipe; ``-`` is standard input.
        newline: ``""`` keeps line ends as they are; otherwise each becomes one newline.
        most_bytes: how much is read.

    Raises:
        UnreadableText: it cannot be read, is too large, or is not UTF-8; the message follows the path.
    """
    try:
        content = _stdin(most_bytes) if str(path) == STDIN else _bytes(path, most_bytes)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UnreadableText(f"cannot be read: {reason.lower()}") from error
    if len(content) > most_bytes:
        raise UnreadableText(f"cannot be read: it is larger than {most_bytes / 1e6:g} MB, so it cannot be a manifest")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableText("is not UTF-8; save it as UTF-8", line=line) from error
    return text if newline == "" else text.replace("\r\n", "\n").replace("\r", "\n")


def _stdin(most_bytes: int) -> bytes:
    return sys.stdin.buffer.read(most_bytes + 1)


def _bytes(path: Path, most_bytes: int) -> bytes:
    # A pipe that nobody has opened for writing would let an open() wait for ever.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb", buffering=0) as file:  # noqa: PTH123  # A descriptor is no path.
        first = _first(descriptor) if stat.S_ISFIFO(os.fstat(descriptor).st_mode) else b""
        os.set_blocking(descriptor, True)
        chunks = [first]
        while sum(map(len, chunks)) <= most_bytes and (chunk := file.read(most_bytes + 1)):
            chunks.append(chunk)
    return b"".join(chunks)[: most_bytes + 1]


def _first(descriptor: int) -> bytes:
    """The first byte of a pipe, if it is there already.

    Raises:
        ValueError: nobody writes into it.
    """
    try:
        first = os.read(descriptor, 1)
    except BlockingIOError:
        return b""
    if not first:
        raise ValueError("it is a pipe without a writer")
    return first
