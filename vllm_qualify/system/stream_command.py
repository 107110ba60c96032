"""Runs one command to its end while it shows that it lives: its own bars on a terminal, plain lines in a log."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from vllm_qualify.system import clock as clocks

_ANSI = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]")
_KEPT_BYTES = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A command that ended by itself; ``output`` is the tail of what it printed, both streams in their order."""

    code: int
    output: str


class Run(Protocol):
    """Runs a command; what installs need of the outside world, so that a test can put a strict fake in its place."""

    def __call__(self, argv: Sequence[str], *, doing: str, say: Callable[[str], None] | None) -> Finished:
        """Run ``argv`` to its end; ``doing`` names the step in the lines that tell of it; without ``say`` none do."""
        ...


def run(
    argv: Sequence[str],
    *,
    doing: str,
    say: Callable[[str], None] | None,
    terminal: bool | None = None,
    beat_seconds: float = 15.0,
    clock: Callable[[], float] = clocks.seconds,
) -> Finished:
    """Run a command to its end; the child is ended with us when anything interrupts the wait.

    Args:
        argv: the command, no shell.
        doing: the step in a few words, said with the elapsed time at every beat.
        say: takes one line at a time; unused on a terminal, where the command draws for itself. ``None``: nothing
            is shown anywhere, for a command that only answers a question.
        terminal: whether the command sees a terminal; by default, whether standard error is one.
        beat_seconds: how long nothing may be said before the step is named again.
        clock: seconds, as ``system.clock`` counts them.
    """
    shown = say is not None and (sys.stderr.isatty() if terminal is None else terminal)
    show = _silent if say is None else _speaker(say, doing=doing, beat_seconds=beat_seconds, clock=clock)
    tail = b""
    with _started(argv, shown=shown) as (child, reader):
        for chunk in _chunks(reader, whole_lines=not shown):
            (_draw if shown else show)(chunk)
            tail = (tail + chunk)[-_KEPT_BYTES:]
        return Finished(code=child.wait(), output="\n".join(_lines(tail)))


@contextlib.contextmanager
def _started(argv: Sequence[str], *, shown: bool) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A running command and what to read its output from; both are gone afterwards, whatever happens."""
    reader, writer = _channel(shown=shown)
    try:
        child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=writer, stderr=writer)
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    try:
        yield child, reader
    finally:
        os.close(reader)
        child.kill()
        child.wait()


def _channel(*, shown: bool) -> tuple[int, int]:
    """Ends to read from and to write to; a terminal of the size of ours when the command shall draw its bars."""
    if not shown:
        return os.pipe()
    reader, writer = pty.openpty()
    with contextlib.suppress(termios.error, OSError, ValueError):
        termios.tcsetwinsize(writer, termios.tcgetwinsize(sys.stderr.fileno()))
    return reader, writer


def _chunks(reader: int, *, whole_lines: bool) -> Iterator[bytes]:
    """What comes, as it comes or up to the last whole line; what is there, were it nothing, after a silent second."""
    pending = b""
    while True:
        if not select.select([reader], [], [], 1.0)[0]:
            yield pending
            pending = b""
            continue
        try:
            chunk = os.read(reader, 65536)
        except OSError:  # A terminal whose other end is closed says so by EIO, not by an end of file.
            chunk = b""
        if not chunk:
            yield pending
            return
        head, newline, pending = (pending + chunk).rpartition(b"\n") if whole_lines else (chunk, b"", b"")
        yield head + newline


def _lines(chunk: bytes) -> list[str]:
    text = _ANSI.sub(b"", chunk).decode("utf-8", "replace")
    return [line.strip() for line in re.split(r"[\r\n]+", text) if line.strip()]


def _silent(chunk: bytes) -> None:
    """A question is no progress."""


def _draw(chunk: bytes) -> None:
    sys.stderr.write(chunk.decode("utf-8", "replace"))
    sys.stderr.flush()


def _speaker(
    say: Callable[[str], None], *, doing: str, beat_seconds: float, clock: Callable[[], float]
) -> Callable[[bytes], None]:
    """Says every line, and the step itself after every silent beat."""
    began = last = clock()

    def speak(chunk: bytes) -> None:
        nonlocal last
        for line in _lines(chunk):
            say(line)
            last = clock()
        if clock() - last >= beat_seconds:
            last = clock()
            say(f"still {doing}, {last - began:.0f} s so far")

    return speak
