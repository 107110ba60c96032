"""The hooks of a run that takes production away: they look after it before the first case and after the last."""

from __future__ import annotations

import atexit
from collections.abc import Generator, Iterable

import pytest

from vllm_qualify.checks import production
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_NOT_RESTORED, EXIT_UNDECIDED
from vllm_qualify.core.records import Finding
from vllm_qualify.plugin import progress
from vllm_qualify.plugin.recorder import Recorder
from vllm_qualify.reports import findings as rendering
from vllm_qualify.targets.base import NotReady, ProductionTarget
from vllm_qualify.targets.kind import Ability


class ProductionHooks:
    """Opens the target before the cases and closes it after them, however they end.

    Args:
        recorder: records the run.
        target: what production is on.
    """

    def __init__(self, recorder: Recorder, target: ProductionTarget) -> None:
        self._recorder = recorder
        self._target = target

    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Look, lock, capture and prepare while production still serves; or only say what would be done."""
        if not session.items or session.testsfailed or session.config.option.collectonly:
            return None
        try:
            if self._recorder.options.dry_run:
                progress.say(session.config, self._target.rehearse())
                return True
            # Should even pytest's own end be interrupted, the interpreter's still comes here.
            atexit.register(self._target.close)
            self._tell(session.config, self._target.open())
        except UserError as problem:
            self._tell(session.config, problem.findings if isinstance(problem, NotReady) else ())
            self._recorder.stopped = self._recorder.folder.redacted(str(problem))
            pytest.exit(self._recorder.stopped, returncode=EXIT_UNDECIDED)
        return None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, None, None]:
        """Put production back before anything else is torn down, if its own case was not come to."""
        try:
            if self._recorder.events and self._recorder.options.able(Ability.TAKES_PRODUCTION_AWAY):
                self._recorder.put_back(self._target.close)
        except UserError:
            # No report will tell it, and production must come back all the same.
            progress.say(session.config, production.put_back(self._target.close()).message)
        try:
            return (yield)
        finally:
            # It outranks whatever else went wrong, a disk without room for the reports among it.
            if (ended := self._target.close()) is not None and not ended.restoration.complete:
                session.exitstatus = EXIT_NOT_RESTORED

    def _tell(self, config: pytest.Config, findings: Iterable[Finding]) -> None:
        found = tuple(findings)
        self._recorder.folder.hide(self._target.secrets())
        if self._recorder.events:
            self._recorder.found(found)
        progress.say(config, self._recorder.folder.redacted(rendering.told(found)))
