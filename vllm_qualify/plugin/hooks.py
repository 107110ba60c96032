"""What pytest tells a qualification, handed on to the recorder; and what people see of it in the terminal."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Generator
from typing import Any, ParamSpec

import pytest

from vllm_qualify.core import redaction
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_UNDECIDED, Blocked
from vllm_qualify.core.records import Judgement, Outcome
from vllm_qualify.plugin import allure_view, cases, open_cases, order, own_suites, remembering, user_errors
from vllm_qualify.plugin.baseline_choice import BaselineSource
from vllm_qualify.plugin.cases import CASE
from vllm_qualify.plugin.open_cases import Undecided, Unqualified
from vllm_qualify.plugin.recorder import Recorder
from vllm_qualify.reports import console
from vllm_qualify.targets.base import Unavailable

_REPORTS = (
    "matrix.html",
    "matrix.md",
    "matrix.json",
    "matrix.csv",
    "junit.xml",
    "ctrf-report.json",
    "findings.sarif",
    "badge.json",
    "metrics.prom",
    "statements",
    "allure-results",
    "evidence",
)
_LETTERS = {
    Outcome.PASSED: ".",
    Outcome.WARNED: "w",
    Outcome.FAILED: "F",
    Outcome.INCONCLUSIVE: "?",
    Outcome.NOT_APPLICABLE: "-",
    Outcome.BLOCKED: "b",
    Outcome.BROKEN: "E",
}
_COLOURS = {
    Outcome.PASSED: "green",
    Outcome.WARNED: "yellow",
    Outcome.FAILED: "red",
    Outcome.INCONCLUSIVE: "purple",
    Outcome.BROKEN: "red",
}


_P = ParamSpec("_P")


class Hooks:
    """The hooks of a qualification; registered for no other run."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def pytest_report_header(self) -> list[str]:
        """Say what will be done, and where it will be found."""
        options = self._recorder.options
        names = ", ".join(str(image) for image in options.images)
        compared = options.baseline.source is not BaselineSource.NONE
        return [
            f"candidates: {names}",
            *([f"compared with: {options.baseline.said}"] if compared else ()),
            f"target: {options.kind.name}{f' ({options.why})' if options.why else ''}",
            f"reports: {self._recorder.folder.path}",
            *(f"note: {note}" for note in options.notes),
        ]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """One turn after the other, requirements in the order of their table; what says nothing here is left out."""
        items.sort(key=order.places(self._recorder.options))
        left_out = [item for item in items if self._needless or order.pointless(item, self._recorder.options)]
        gone = set(left_out)
        items[:] = [item for item in items if item not in gone]
        if left_out:
            left_out[0].config.hook.pytest_deselected(items=left_out)

    @property
    def _needless(self) -> bool:
        """Every candidate was set aside, so that no case has anything to be held against."""
        return bool(self._recorder.options.choice.skipped) and not self._recorder.options.images

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Begin the journal once it is clear that there is something to run."""
        something = session.items or self._needless
        if something and not session.testsfailed and not self._recorder.options.dry_run:
            _explained(self._recorder.start)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Open the case before anything is set up for it."""
        if cases.requirement_of(item):
            suites = own_suites.folder_of(item.path, self._recorder.options.suites)
            item.stash[CASE] = case = open_cases.begin(item, suites=suites)
            _explained(self._recorder.write, case.begun())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        """Run the case, turn what no judge foresaw into a judgement, and show the reviewer what there is."""
        case = pyfuncitem.stash.get(CASE, None)
        if case is None:
            return (yield)
        allure_view.describe(case)
        try:
            done = yield
            self._recorder.ended(case)
        except (Unqualified, Undecided):
            raise
        except pytest.skip.Exception as error:
            if not case.judgements:
                self._recorder.judged(case, Judgement(outcome=Outcome.NOT_APPLICABLE, message=str(error)))
            raise
        except (Exception, pytest.fail.Exception) as error:
            if self._recorder.classify(case, error, suite=pyfuncitem.path).outcome is not Outcome.WARNED:
                raise
            return True
        else:
            return done
        finally:
            _explained(self._recorder.gather, case)
            allure_view.attach(case, self._recorder.folder.path)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Close the case when its call, or a set-up or tear-down that failed, is over."""
        report = yield
        case = item.stash.get(CASE, None)
        if case is None:
            return report
        if call.when != "call" and call.excinfo is not None:
            self._recorder.judged(case, _of_fixture(call.excinfo.value))
        if call.when == "call" or call.excinfo is not None:
            if call.excinfo is not None and case.outcome is Outcome.BROKEN and not _foreseen(call.excinfo.value):
                _explained(self._recorder.keep_traceback, case, call.excinfo.value)
            _explained(self._recorder.close_case, case)
            report.user_properties.append(("outcome", case.outcome.value))
            if report.failed:
                report.longrepr = case.explanation
            report.longrepr = _safe(report.longrepr)
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, Any] | None:
        """Show the outcome under its own name."""
        named = dict(report.user_properties).get("outcome")
        if named is None or (report.when == "teardown" and not report.failed):
            return None
        outcome = Outcome(named)
        category = {Outcome.BROKEN: "error"}.get(outcome, outcome.value)
        return category, _LETTERS[outcome], (outcome.value.upper(), {_COLOURS.get(outcome, "light"): True})

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write every report and set the exit code by the verdicts."""
        if not self._recorder.events:
            self._recorder.folder.discard()
            return
        try:
            session.exitstatus = self._recorder.finish(int(exitstatus))
        except UserError as error:
            session.exitstatus = EXIT_UNDECIDED
            session.config.stash[PROBLEM] = redaction.shown(str(error))
        place = remembering.place(self._recorder.options)
        session.config.stash[UNREMEMBERED] = redaction.shown(remembering.remember(self._recorder.run, place))

    @pytest.hookimpl(trylast=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        """End with the matrix and the paths."""
        if not self._recorder.events:
            return
        terminalreporter.section("compatibility matrix", bold=True)
        columns = shutil.get_terminal_size((0, 0)).columns or None
        said = console.render(self._recorder.run, colour=terminalreporter.hasmarkup, width=columns)
        terminalreporter.write_line(said)
        terminalreporter.write_line(f"reports in {self._recorder.folder.path}:")
        for name in _REPORTS:
            if (self._recorder.folder.path / name).exists():
                terminalreporter.write_line(f"  {name}")
        if problem := config.stash.get(PROBLEM, ""):
            terminalreporter.write_line(problem, red=True)
        if warning := config.stash.get(UNREMEMBERED, ""):
            terminalreporter.write_line(warning, yellow=True)


PROBLEM: pytest.StashKey[str] = pytest.StashKey()
UNREMEMBERED: pytest.StashKey[str] = pytest.StashKey()


def _foreseen(error: BaseException) -> bool:
    """The exception says everything by itself; a traceback would only frighten."""
    return isinstance(error, (Undecided, Unavailable))


def _of_fixture(error: BaseException) -> Judgement:
    """A set-up or tear-down that was not gone through speaks against nobody's image."""
    outcome = Outcome.BLOCKED if isinstance(error, Blocked) else Outcome.BROKEN
    skipped = isinstance(error, pytest.skip.Exception)
    return Judgement(outcome=Outcome.NOT_APPLICABLE if skipped else outcome, message=str(error))


def _safe(told: Any) -> Any:
    """What pytest shows of a case: a text, or the file, the line and the reason of a skip."""
    if isinstance(told, str):
        return redaction.clean(told)
    return (*told[:-1], redaction.clean(told[-1])) if isinstance(told, tuple) else told


def _explained(act: Callable[_P, None], *args: _P.args, **kwargs: _P.kwargs) -> None:
    """Do what writes to the disk; a disk that takes no more ends the run with one line."""
    with user_errors.shown(exit_code=EXIT_UNDECIDED):
        act(*args, **kwargs)
