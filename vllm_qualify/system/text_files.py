"""Opens what an operator named: a file, a pipe, standard input. Never endlessly, and never a device's all.

Called by every reader of what an operator names: manifests, settings, models, logs, journals, logins.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import select
import stat
import sys
from pathlib import Path
from typing import IO, BinaryIO, cast

MOST_BYTES = 3_000_000
"""No manifest is larger; YAML takes seconds for one of this size, and minutes for what people give by mistake."""
SILENCE_SECONDS = 120.0
"""How long a pipe may stay silent; whoever writes into it may have to log in first."""
STDIN = "-"


class UnreadableText(ValueError):
    """A text that cannot be read.

    Attributes:
        line: where, counted from 1; ``None`` for all of it.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read(
    path: Path, *, newline: str | None = None, most_bytes: int = MOST_BYTES, silence_seconds: float = SILENCE_SECONDS
) -> str:
    """Read a text.

    Args:
        path: a file or a pipe; ``-`` is standard input.
        newline: ``""`` keeps line ends as they are; otherwise each becomes one newline.
        most_bytes: how much is read.
        silence_seconds: how long a pipe may stay silent.

    Raises:
        UnreadableText: it cannot be read, is too large, or is not UTF-8; the message follows the path.
    """
    try:
        with opened(path, silence_seconds=silence_seconds) as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        raise UnreadableText(f"cannot be read: {(error.strerror or str(error)).lower()}") from error
    if len(content) > most_bytes:
        size = f"{most_bytes / 1e6:g} MB"
        raise UnreadableText(
            f"cannot be read: it is larger than {size}, the most for such a file; is it the right one?"
        )
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UnreadableText("is not UTF-8; save it as UTF-8", line=line) from error
    return text if newline == "" else text.replace("\r\n", "\n").replace("\r", "\n")


def opened(path: Path, *, silence_seconds: float | None = SILENCE_SECONDS) -> IO[bytes]:
    """Open a file or a pipe for reading; ``-`` is standard input.

    Args:
        path: what is opened.
        silence_seconds: how long a pipe may stay silent; ``None``: for ever.

    Raises:
        OSError: it cannot be opened, or is a pipe without a writer; later, that a pipe stayed silent.
    """
    if str(path) == STDIN:
        return _stdin(silence_seconds)
    if "\0" in str(path):
        raise OSError(errno.EINVAL, "its name has a NUL character")
    # A pipe that nobody has opened for writing would let an open() wait for ever, and so would some devices.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    try:
        kind = os.fstat(descriptor).st_mode
        # What is not there yet is no reason to wait, and a folder says that it is one.
        first = b"" if stat.S_ISREG(kind) else _first(descriptor, pipe=stat.S_ISFIFO(kind))
        os.set_blocking(descriptor, True)
    except BaseException:
        os.close(descriptor)
        raise
    if stat.S_ISREG(kind):
        return os.fdopen(descriptor, "rb")
    return cast("BinaryIO", io.BufferedReader(_Pipe(descriptor, silence_seconds, head=first)))


def _stdin(silence_seconds: float | None) -> IO[bytes]:
    # Of a process that was started with standard input closed, Python has none.
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    with contextlib.suppress(OSError, ValueError):
        descriptor = os.dup(sys.stdin.fileno())
        waits = None if os.isatty(descriptor) else silence_seconds
        return cast("BinaryIO", io.BufferedReader(_Pipe(descriptor, waits)))
    # What was put in its place has no descriptor.
    return io.BytesIO(sys.stdin.buffer.read())


def _first(descriptor: int, *, pipe: bool) -> bytes:
    """The first byte, if it is there already.

    Raises:
        OSError: it is a folder, or a pipe into which nobody writes.
    """
    try:
        first = os.read(descriptor, 1)
    except BlockingIOError:
        return b""
    if pipe and not first:
        raise OSError(errno.EPIPE, "it is a pipe without a writer")
    return first


class _Pipe(io.RawIOBase):
    """What need not end: a pipe or a device; mutable, since it is read once. ``head`` was read from it before."""

    def __init__(self, descriptor: int, silence_seconds: float | None, *, head: bytes = b"") -> None:
        self._descriptor = descriptor
        self._milliseconds = None if silence_seconds is None else 1000 * silence_seconds
        self._head = head
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLIN)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        data, self._head = self._head or self._more(len(buffer)), b""
        buffer[: len(data)] = data
        return len(data)

    def _more(self, most: int) -> bytes:
        if not self._poll.poll(self._milliseconds):
            raise TimeoutError(errno.ETIMEDOUT, f"nothing came through it for {(self._milliseconds or 0) / 1000:g} s")
        return os.read(self._descriptor, most)

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()
