"""A child process that is spoken to line by line, with a time limit on every word; for the client in a pod."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import tempfile
from collections.abc import Callable, Sequence

_CLOSE_SECONDS = 3.0
_READ_BYTES = 65536
_TAIL_BYTES = 2000
LINE_BYTES = 1024 * 1024
"""No line of a client in a pod is longer than a tenth of it: a read of 64 kB in base64."""


class LostProcess(Exception):
    """The process cannot be spoken to any more; the message goes on after its name.

    Attributes:
        silent: it may live, but said nothing in time.
    """

    def __init__(self, message: str, *, silent: bool = False) -> None:
        super().__init__(message)
        self.silent = silent


class LineProcess:
    """A running process; mutable because it remembers the half of a line that was read already.

    It stands in a session of its own, so that a Ctrl-C meant for the harness does not end it.

    Args:
        argv: the command, no shell.
        clock: seconds, as ``system.clock`` counts them, of which ``until`` is a moment.

    Raises:
        LostProcess: there is no such program.
    """

    def __init__(self, argv: Sequence[str], *, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pending = b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the process.
        pipe = subprocess.PIPE
        try:
            self._process = subprocess.Popen(
                argv, stdin=pipe, stdout=pipe, stderr=self._errors, bufsize=0, start_new_session=True
            )
        except OSError as error:
            self._errors.close()
            raise LostProcess(f"could not be started: {error}") from error
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("both were asked for")
        self._stdin, self._stdout = self._process.stdin, self._process.stdout
        # A pipe that nobody empties must not hold us up for ever.
        os.set_blocking(self._stdin.fileno(), False)

    def close(self) -> None:
        """Close its standard input, which ends it; kill it where it does not."""
        with contextlib.suppress(OSError):
            self._stdin.close()
        try:
            self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._stdout.close()
        self._errors.close()

    def ended(self) -> bool:
        """Whether it has ended."""
        return self._process.poll() is not None

    def line(self, *, until: float) -> str:
        """The next line of its standard output.

        Raises:
            Lost: it ended, said nothing until then, or writes a line without end.
        """
        while b"\n" not in self._pending:
            self._wait(self._stdout.fileno(), select.POLLIN, until)
            read = os.read(self._stdout.fileno(), _READ_BYTES)
            if not read:
                raise LostProcess(f"ended: {self._last_words()}")
            self._pending += read
            if len(self._pending) > LINE_BYTES:
                raise LostProcess(f"wrote a line of more than {LINE_BYTES} bytes")
        line, _, self._pending = self._pending.partition(b"\n")
        return line.decode(errors="replace")

    def send(self, line: str, *, until: float) -> None:
        """Write one line to its standard input.

        Raises:
            Lost: it ended, or took nothing until then.
        """
        left = line.encode() + b"\n"
        while left:
            self._wait(self._stdin.fileno(), select.POLLOUT, until)
            try:
                left = left[os.write(self._stdin.fileno(), left) :]
            except BlockingIOError:
                continue
            except BrokenPipeError as error:
                raise LostProcess(f"ended: {self._last_words()}") from error

    def _wait(self, descriptor: int, event: int, until: float) -> None:
        poll = select.poll()
        poll.register(descriptor, event)
        if not poll.poll(max(0.0, until - self._clock()) * 1000):
            raise LostProcess("did not answer in time", silent=True)

    def _last_words(self) -> str:
        """Its last line of standard error and how it ended; its pipes may close a moment before itself."""
        try:
            code = self._process.wait(_CLOSE_SECONDS)
        except subprocess.TimeoutExpired:
            return "it closed its output"
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - _TAIL_BYTES))
        lines = [line.strip() for line in self._errors.read().decode(errors="replace").splitlines() if line.strip()]
        return f"{lines[-1] if lines else 'without any output'} (exit code {code})"
