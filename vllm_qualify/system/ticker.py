"""Does something again and again beside what the program waits for; used to show that it still does."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Ticker:
    """Calls a function every so often until it is left; mutable because it runs.

    Args:
        act: what is called, in a thread of its own; it raises nothing.
        every_seconds: the time between two calls, and before the first.
    """

    def __init__(self, act: Callable[[], None], *, every_seconds: float) -> None:
        self._act = act
        self._every_seconds = every_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go_on, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _go_on(self) -> None:
        while not self._over.wait(self._every_seconds):
            self._act()
