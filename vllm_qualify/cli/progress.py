"""That a command waits, for what, and for how long already: one line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TextIO

from vllm_qualify.system import clock as clocks
from vllm_qualify.system.ticker import Ticker

_LIVE_SECONDS, _PLAIN_SECONDS = 1.0, 15.0
_ERASE = "\r\x1b[K"


class Progress:
    """Shows one thing that is waited for; mutable because the time goes on.

    Args:
        what: it is, such as ``asking the registry about 3 images``.
        budget: how long it may take, in words; ``""`` where nobody knows.
        stream: where it is shown; by default standard error, so that results can go elsewhere.
        clock: seconds, as ``system.clock`` counts them.
    """

    def __init__(
        self, what: str, *, budget: str = "", stream: TextIO | None = None, clock: Callable[[], float] = clocks.seconds
    ) -> None:
        self._what = what
        self._budget = f" ({budget})" if budget else ""
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._began = clock()
        self.live = self._stream.isatty() and os.environ.get("TERM") != "dumb"
        """It draws one line over and over."""

    def tick(self) -> None:
        """Show how long it has taken by now."""
        seconds = self._clock() - self._began
        if self.live:
            self._write(f"{_ERASE}{self._what}: {seconds:.0f} s{self._budget}")
        else:
            self._write(f"still {self._what}, {seconds:.0f} s so far{self._budget}\n")

    def erase(self) -> None:
        """Take the line off the terminal, so that something else can be written there."""
        if self.live:
            self._write(_ERASE)

    def _write(self, text: str) -> None:
        # Nobody has to see it.
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()


@contextlib.contextmanager
def waiting(what: str, *, budget: str = "", quiet: bool = False) -> Iterator[Progress]:
    """Show the progress of a block; nothing of it where only the result is wanted.

    Args:
        what: as ``Progress`` takes it.
        budget: likewise.
        quiet: show nothing.
    """
    shown = Progress(what, budget=budget)
    if quiet:
        yield shown
        return
    try:
        with Ticker(shown.tick, every_seconds=_LIVE_SECONDS if shown.live else _PLAIN_SECONDS):
            yield shown
    finally:
        shown.erase()
