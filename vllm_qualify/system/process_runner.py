"""Runs a command to its end or to its deadline; the one way to start what is waited for. Used everywhere.

`system.stream_command` shows one while it runs; `system.line_process` keeps one that is spoken to.
"""

from __future__ import annotations

import contextlib
import math
import os
import pty
import selectors
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

from vllm_qualify.system import clock as clocks

MOST_BYTES = 256 * 1024 * 1024
"""Of each stream the end is kept, and no more of it: a command that prints without end must not fill the memory."""
# Select and wait count in a clock that stops in suspend, so they are asked anew this often.
_SLICE_SECONDS = 1.0
# A process that waits inside a driver cannot even be killed; it is not waited for any longer than this.
_KILLED_SECONDS = 1.0
_READ_BYTES = 65536


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletedProcess:
    """A process that ended by itself.

    Attributes:
        exit_code: below zero, the signal that ended it.
        stdout: as UTF-8, with the replacement character for what is none, and one newline for every line end.
        stderr: likewise.
    """

    exit_code: int
    stdout: str = ""
    stderr: str = ""


class DeadlinePassed(TimeoutError):
    """A process did not end in time, and was ended with its whole group.

    Attributes:
        stdout: what it had printed.
        stderr: likewise.
    """

    def __init__(self, message: str, *, stdout: str = "", stderr: str = "") -> None:
        super().__init__(message)
        self.stdout = stdout
        self.stderr = stderr


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Hears what a process prints as it comes.

    Attributes:
        heard: takes what it prints, both streams as one, and nothing after a silent second and at the end. An exception
            of it ends the process.
        terminal: whether the process shall see a terminal in the place of these streams, of the size of ours.
    """

    heard: Callable[[bytes], None]
    terminal: bool = False


class RunProcess(Protocol):
    """Runs a command; a parameter of whoever starts one, so that a test can put a strict fake in its place."""

    def __call__(
        self,
        argv: list[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        stdin: str,
        deadline_seconds: float,
        listener: Listener | None = None,
    ) -> CompletedProcess:
        """Run to the end, as ``run``.

        Raises:
            TimeoutError: it did not end in time; nothing of it is left.
            OSError: it cannot be started.
        """


def run(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: str = "",
    deadline_seconds: float = math.inf,
    listener: Listener | None = None,
    grace_seconds: float = 2.0,
    keeps_group: bool = False,
    most_bytes: int = MOST_BYTES,
    clock: Callable[[], float] = clocks.seconds,
) -> CompletedProcess:
    """Run a command without a shell, in a group of its own, and without a terminal but for one that a listener wants.

    The whole group is ended when its time is up, and when anything interrupts the wait, Ctrl-C above all.

    Args:
        argv: the command.
        env: all that it sees of variables; ``None`` for ours.
        cwd: where it works; ``None`` for where we do.
        stdin: what it reads; then its input is at an end.
        deadline_seconds: how long it may take.
        listener: hears what it prints; both streams are then one, the ``stdout`` of the result.
        grace_seconds: how long it may take to end by itself when it is asked to, before it is killed.
        keeps_group: what it started and left behind when it ended by itself may go on.
        most_bytes: how much of the end of each stream is kept.
        clock: seconds, as ``system.clock`` counts them.

    Raises:
        DeadlinePassed: it did not end in time.
        OSError: it cannot be started.
    """
    process = _started(argv, env, cwd, subprocess.PIPE if stdin else subprocess.DEVNULL, listener)
    heard = _unheard if listener is None else listener.heard
    running = _Running(process, stdin.encode(), heard=heard, most_bytes=most_bytes, clock=clock)
    return running.completed(deadline_seconds, grace_seconds=grace_seconds, keeps_group=keeps_group)


def _started(
    argv: Sequence[str], env: Mapping[str, str] | None, cwd: Path | None, source: int, listener: Listener | None
) -> subprocess.Popen[bytes]:
    variables = None if env is None else dict(env)

    def start(writer: int) -> subprocess.Popen[bytes]:
        # In a session of its own it has no terminal to read from, so nothing can stop to ask for a password.
        return subprocess.Popen(
            list(argv), env=variables, cwd=cwd, stdin=source, stdout=writer, stderr=writer, bufsize=0,
            start_new_session=True,
        )  # fmt: skip

    if listener is None:
        return start(subprocess.PIPE)
    with _channel(terminal=listener.terminal) as (reader, writer):
        process = start(writer)
    process.stdout = reader
    return process


def _unheard(chunk: bytes) -> None:
    """Nobody listens."""


@contextlib.contextmanager
def _channel(*, terminal: bool) -> Iterator[tuple[IO[bytes], int]]:
    """What both streams are read from, and what they are written to, which is closed here afterwards."""
    reader, writer = pty.openpty() if terminal else os.pipe()
    with contextlib.suppress(termios.error, OSError, ValueError):
        termios.tcsetwinsize(writer, termios.tcgetwinsize(sys.stderr.fileno()))
    stream = os.fdopen(reader, "rb", buffering=0)
    try:
        yield stream, writer
    except BaseException:
        stream.close()
        raise
    finally:
        os.close(writer)


class _Running:
    """A process, what it has still to read, and what it has printed; mutable, since both change while it runs."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        stdin: bytes,
        *,
        heard: Callable[[bytes], None],
        most_bytes: int,
        clock: Callable[[], float],
    ) -> None:
        self._process, self._unread, self._most_bytes, self._clock = process, stdin, most_bytes, clock
        self._heard = heard
        self._printed: dict[IO[bytes], bytearray] = {}
        self._selector = selectors.DefaultSelector()
        for stream in filter(None, (process.stdout, process.stderr)):
            self._printed[stream] = bytearray()
            self._selector.register(stream, selectors.EVENT_READ)
        if process.stdin is not None:
            os.set_blocking(process.stdin.fileno(), False)
            self._selector.register(process.stdin, selectors.EVENT_WRITE)

    def completed(self, deadline_seconds: float, *, grace_seconds: float, keeps_group: bool) -> CompletedProcess:
        """Wait for its end, and see to it that nothing is left; as ``run``."""
        in_time = False
        try:
            in_time = self.ended(until=self._clock() + deadline_seconds)
        finally:
            if not (in_time and keeps_group):
                self.end(0.0 if in_time else grace_seconds)
            self.close()
        stdout, stderr = self.text(self._process.stdout), self.text(self._process.stderr)
        if not in_time:
            program = cast("list[str]", self._process.args)[0]
            raise DeadlinePassed(f"{program} did not end within {deadline_seconds:g} s", stdout=stdout, stderr=stderr)
        return CompletedProcess(exit_code=self._process.returncode, stdout=stdout, stderr=stderr)

    def ended(self, *, until: float) -> bool:
        """Feed it and read from it; whether it has ended, and closed its streams, before that moment."""
        while self._selector.get_map():
            left = until - self._clock()
            ready = self._selector.select(max(0.0, min(left, _SLICE_SECONDS)))
            for key, _ in ready:
                (self._write if key.fileobj is self._process.stdin else self._read)(key.fileobj)  # type: ignore[arg-type]
            if not ready:
                self._heard(b"")
            if left <= 0:
                return False
        while self._process.poll() is None and (left := until - self._clock()) > 0:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(min(left, _SLICE_SECONDS))
        return self._process.returncode is not None

    def end(self, grace_seconds: float) -> None:
        """End the whole group, and keep its last words."""
        self._heard = _unheard
        try:
            if grace_seconds:
                self._signal(signal.SIGTERM)
                self.ended(until=self._clock() + grace_seconds)
        finally:
            # Also when the process itself ended well: what it had started need not have.
            self._signal(signal.SIGKILL)
            self.ended(until=self._clock() + _KILLED_SECONDS)

    def close(self) -> None:
        """Close its streams."""
        self._selector.close()
        for stream in filter(None, (self._process.stdin, self._process.stdout, self._process.stderr)):
            stream.close()

    def text(self, stream: IO[bytes] | None) -> str:
        """The end of what it printed on one of its streams."""
        printed = self._printed[stream][-self._most_bytes :] if stream is not None else b""
        return printed.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")

    def _read(self, stream: IO[bytes]) -> None:
        try:
            chunk = os.read(stream.fileno(), _READ_BYTES)
        except OSError:  # A terminal whose other end is closed says so by EIO, not by an end of file.
            chunk = b""
        if not chunk:
            self._selector.unregister(stream)
        self._heard(chunk)
        printed = self._printed[stream]
        printed += chunk
        if len(printed) > 2 * self._most_bytes:
            del printed[: -self._most_bytes]

    def _write(self, stream: IO[bytes]) -> None:
        try:
            self._unread = self._unread[os.write(stream.fileno(), self._unread[:_READ_BYTES]) :]
        except BrokenPipeError:
            # It need not read what it is told.
            self._unread = b""
        if not self._unread:
            self._selector.unregister(stream)
            stream.close()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)
