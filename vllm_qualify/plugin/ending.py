"""The end of a run: once its cases are over, nothing that comes from outside keeps it from its reports."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from vllm_qualify.system.signals import Signals


class EndingHooks:
    """Outermost around everything that comes after the cases.

    Args:
        signals: what must not interrupt it.
    """

    def __init__(self, signals: Signals) -> None:
        self._signals = signals

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        """Let whoever presses Ctrl-C now have the reports of what was measured; they take a second."""
        with self._signals.held("the reports are being written", last=True):
            return (yield)
