"""A disk that takes no more from other plugins, as Allure's: it ends the run with one line, and fails no image."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from pluggy import PluggyTeardownRaisedWarning

from vllm_qualify.core.outcomes import EXIT_UNDECIDED
from vllm_qualify.plugin import progress, user_errors
from vllm_qualify.plugin.recorder import Recorder
from vllm_qualify.system import files


class DiskHooks:
    """Outermost around the cases and around what comes after them.

    Args:
        recorder: of the run, into whose folder they write.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self) -> Generator[None, object, object]:
        """A case whose result cannot be written is the last one."""
        try:
            return (yield)
        except Exception as error:
            if (lost := _lost(error)) is None:
                raise
            with user_errors.shown(exit_code=EXIT_UNDECIDED), files.explained(self._recorder.folder.path):
                raise lost from error

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Fixtures that end leave results as well; production is back by now, and the exit code tells that first."""
        try:
            yield
        except Exception as error:
            if (lost := _lost(error)) is None:
                raise
            progress.say(session.config, f"not all that was seen could be written: {lost.strerror or lost}")
            if session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}:
                session.exitstatus = EXIT_UNDECIDED


def _lost(error: BaseException | None) -> OSError | None:
    """The write that failed, behind what wrapped it; ``None`` where anything else went wrong too."""
    if isinstance(error, BaseExceptionGroup):
        inner = [_lost(one) for one in error.exceptions]
        return inner[0] if None not in inner else None
    if isinstance(error, PluggyTeardownRaisedWarning):
        # Where warnings are errors, pluggy's word on an old hook comes in the place of what happened in it.
        return _lost(error.__context__)
    return error if isinstance(error, OSError) else None
