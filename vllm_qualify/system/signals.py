"""What Ctrl-C, SIGTERM and SIGHUP do to a run: end it once, and never the putting back of production."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType

_NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Takes the signals of this process; mutable, because the first of them changes what the next one does.

    The first signal raises KeyboardInterrupt in the main thread, so that everything is cleaned up as after Ctrl-C. Each
    further one is only answered with a line. Within ``held`` even the first waits until the block is left.

    Args:
        say: takes the line; called in the main thread between two of its instructions.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._held = 0
        self._waiting = False
        self._raised = False
        self.why = ""

    def install(self) -> None:
        """Take the signals over; only the main thread can, elsewhere nothing happens."""
        if threading.current_thread() is threading.main_thread():
            for number in _NUMBERS:
                signal.signal(number, self._take)

    @property
    def came(self) -> bool:
        """A signal came that did not take effect: it was held back to the end."""
        return self._waiting

    @contextlib.contextmanager
    def held(self, why: str, *, last: bool = False) -> Iterator[None]:
        """Let nothing interrupt the block; a signal that came meanwhile takes effect at its end.

        Args:
            why: what the user is told when one comes.
            last: nothing but reports comes after the block, so there is no longer anything that a signal should end.
        """
        before, self.why, self._held = self.why, why, self._held + 1
        try:
            yield
        finally:
            self.why, self._held = before, self._held - 1
            self._raised = self._raised or last
        if self._waiting and not self._held and not self._raised:
            self._interrupt()

    def _take(self, number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        if self._held or self._raised:
            self._waiting = True
            # A terminal that is gone, as after SIGHUP, or that is just being written to, raises here; whatever escaped
            # would come out in the middle of what must not be interrupted.
            with contextlib.suppress(Exception):
                self._say(f"{name}: {self.why or 'the run is ending'}; this is not interrupted")
        else:
            self._interrupt()

    def _interrupt(self) -> None:
        self._raised, self._waiting = True, False
        raise KeyboardInterrupt
