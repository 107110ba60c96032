"""The standard streams of a command: that they are closed, full, or of few characters is no reason for a traceback."""

from __future__ import annotations

import errno
import io
import os
import sys

_REASONS = {errno.EBADF: "it is closed"}


class StandardOutput(io.FileIO):
    """Standard output that is written as far as it goes, so that the command comes to its end all the same.

    Attributes:
        lost: what kept it from being written; ``None`` where nothing did.
    """

    def __init__(self) -> None:
        super().__init__(1, "w", closefd=False)
        self.lost: OSError | None = None

    def write(self, data: memoryview, /) -> int | None:  # type: ignore[override]  # All that its buffer gives it.
        """Write what can be written; after an error the rest is dropped, for nobody would see where it goes on."""
        if self.lost is None:
            try:
                return super().write(data)
            except OSError as error:
                self.lost = error
        return len(data)

    @property
    def problem(self) -> str:
        """What to tell of it; ``""`` also where only the reader has gone, as ``head`` does."""
        if self.lost is None or self.lost.errno == errno.EPIPE:
            return ""
        return f"cannot write to standard output: {_REASONS.get(self.lost.errno or 0) or self.lost.strerror}"


def take_over() -> StandardOutput:
    """Make the three streams usable whatever this process was given; characters that one cannot show become ``?``."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one; what is written to it is an error, told at the end.
            os.open(os.devnull, os.O_RDONLY)
    output = StandardOutput()
    # What Python could not open is missing.
    sys.stdin = sys.stdin or open(0, closefd=False)  # noqa: SIM115 - a number is no path, and this stays open.
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115 - likewise.
    encoding = sys.stdout.encoding if sys.stdout else "utf-8"
    sys.stdout = io.TextIOWrapper(
        io.BufferedWriter(output), encoding=encoding, errors="replace", line_buffering=output.isatty()
    )
    return output


def complain(command: str, text: str) -> None:
    """Say what is wrong on standard error, a line for each line, without secrets, after what was shown so far.

    Args:
        command: in whose name it is said; ``""`` where there is none.
        text: what to say.
    """
    from vllm_qualify.core import redaction  # noqa: PLC0415 - its patterns load slowly, and few calls need them.

    name = f"vllm-qualify {command}".rstrip()
    try:
        sys.stdout.flush()
        sys.stderr.write("".join(f"{name}: {line}\n" for line in redaction.shown(text).splitlines()))
        sys.stderr.flush()
    except OSError:
        # Nobody hears it; the exit code says it all the same.
        return
