"""The hook of a search for the newest candidate that qualifies: it ends with the first that does, or with its time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from vllm_qualify.core import images, outcomes, turns
from vllm_qualify.core.records import Role, Skipped
from vllm_qualify.plugin import cases
from vllm_qualify.plugin.recorder import Recorder
from vllm_qualify.selection import choice
from vllm_qualify.system import clock as clocks


class PickHooks:
    """Leaves out the cases of candidates that need not be tried any more; mutable because that shows while it runs.

    Args:
        recorder: records the run.
        clock: seconds, as ``system.clock`` counts them.
    """

    def __init__(self, recorder: Recorder, *, clock: Callable[[], float] = clocks.seconds) -> None:
        self._recorder = recorder
        self._clock = clock
        self._began = clock()
        self._turn = ""
        self._aside: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> bool | None:
        """Pass over a case whose candidate need not be tried any more."""
        image = cases.image_of(item)
        if image and turns.role(image) is Role.CANDIDATE and image != self._turn:
            self._turn = image
            if (reason := self._needless()) is not None:
                self._aside.add(image)
                self._recorder.set_aside(image, reason)
        return True if image in self._aside else None

    def _needless(self) -> Skipped | None:
        """Why the candidate whose turn would come is not tried; the first one always is."""
        # A journal without an end has its last candidate as interrupted, and this one's turn is over.
        tried = [replace(one, interrupted=False) for one in self._recorder.run.candidates if one.cases]
        good = next((one for one in tried if outcomes.verdict(one) in outcomes.FAVOURABLE), None)
        if good is not None:
            return choice.overtaken(images.parse(good.image))
        limit = self._recorder.options.max_time_seconds
        if tried and limit and self._clock() - self._began >= limit:
            return choice.too_late(limit)
        return None
