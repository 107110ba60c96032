"""What Ctrl-C does to a command: it ends at once and silently while it loads, and cleans up once it works."""

from __future__ import annotations

import os
import signal
from types import FrameType, TracebackType

EXIT_INTERRUPTED = 130
"""As shells report a process that SIGINT ended."""


class Interrupts:
    """Takes SIGINT for a command; mutable, because what it does changes once the command works.

    While modules are imported nothing has been done yet, and an exception in the middle of an import may come out
    anywhere or be lost: the process ends on the spot. Who has SIGINT ignored, as ``nohup`` does, is left alone.

    Args:
        whole_process: the command is all that this process does, so nothing is given back at its end.
    """

    def __init__(self, *, whole_process: bool) -> None:
        self._whole_process = whole_process
        self._taken = False

    def __enter__(self) -> None:
        self._taken = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        self._take(_end)

    def work(self) -> None:
        """The command is loaded: from here on SIGINT raises KeyboardInterrupt, so that it cleans up."""
        self._take(signal.default_int_handler)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._take(_end if self._whole_process else signal.default_int_handler)

    def _take(self, handler: object) -> None:
        if self._taken:
            try:
                signal.signal(signal.SIGINT, handler)  # type: ignore[arg-type]  # One of the two above.
            except ValueError:  # Only the main thread can; elsewhere Ctrl-C is not ours.
                self._taken = False


def _end(_number: int, _frame: FrameType | None) -> None:
    os._exit(EXIT_INTERRUPTED)
