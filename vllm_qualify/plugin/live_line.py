"""That a case goes on, for how long already and how long it may take: beside its name, on a terminal alone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator

import pytest

from vllm_qualify.system import clock as clocks
from vllm_qualify.system.ticker import Ticker

NAME = "vllm-qualify-live"
_EVERY_SECONDS = 1.0
# Written behind the cursor, which stays where pytest left it, so that pytest writes over it.
_DRAWN, _ERASED = "\x1b7{}\x1b[K\x1b8", "\x1b[K"


class LiveHooks:
    """Draws behind what pytest has written; mutable because the time goes on.

    Args:
        config: knows how much of the line is written already.
        terminal: a descriptor of the terminal that no capturing of pytest leads elsewhere.
        clock: seconds, as ``system.clock`` counts them.
    """

    def __init__(self, config: pytest.Config, *, terminal: int, clock: Callable[[], float] = clocks.seconds) -> None:
        self._writer = config.get_terminal_writer()
        self._terminal = terminal
        self._clock = clock
        self._began = clock()
        self._budget = ""

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Show the time of one case until it is over."""
        cost = item.get_closest_marker("cost")
        self._budget = f" (about {cost.args[0]:g} s on a GPU)" if cost is not None else ""
        self._began = self._clock()
        with Ticker(self.tick, every_seconds=_EVERY_SECONDS):
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self) -> None:
        """Leave the line to pytest, which writes the outcome now."""
        self.erase()

    def tick(self) -> None:
        """Draw the time so far, where the line has room for it."""
        told = f" {self._clock() - self._began:.0f} s{self._budget}"
        if self._writer.width_of_current_line + len(told) < self._writer.fullwidth:
            self._write(_DRAWN.format(told))

    def erase(self) -> None:
        """Take it away, before something else is written."""
        self._write(_ERASED)

    def _write(self, text: str) -> None:
        # A terminal that has gone sees nothing of it.
        with contextlib.suppress(OSError):
            os.write(self._terminal, text.encode())


class LiveStart:
    """Begins to show it once pytest has its terminal, and before it captures what cases print."""

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Show it for this run, if there is a terminal that can, and somebody who wants it."""
        config = session.config
        if not os.isatty(1) or os.environ.get("TERM") == "dumb" or config.option.verbose < 0:
            return
        if config.get_terminal_writer().hasmarkup:
            terminal = os.dup(1)
            config.add_cleanup(lambda: os.close(terminal))
            config.pluginmanager.register(LiveHooks(config, terminal=terminal), NAME)
