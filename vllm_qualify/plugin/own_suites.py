"""The operator's own suites: which folders they are in, and what has to hold of them before anything is touched."""

from __future__ import annotations

import os
import traceback
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from vllm_qualify.config import Settings
from vllm_qualify.core import shipped
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.requirements import Requirement
from vllm_qualify.plugin import own_cases, user_errors


def folders(settings: Settings, *, beside: Path) -> tuple[Path, ...]:
    """The folders that the settings or the command line name.

    Args:
        settings: with what the command line gives in their place.
        beside: the folder that relative paths are meant from.
    """
    return tuple(dict.fromkeys(Path(os.path.normpath(beside / one)) for one in settings.suites))


def unusable(found: Iterable[Path]) -> Iterator[str]:
    """Why a folder can hold no own suites, a line each."""
    suites = shipped.SUITES.resolve()
    for folder in found:
        if not os.path.isdir(folder):  # noqa: PTH112 - pathlib raises where a folder may not be entered.
            yield f"--suites: there is no folder {folder}"
            continue
        inside = Path(os.path.realpath(folder))
        if inside.is_relative_to(suites) or suites.is_relative_to(inside):
            yield f"--suites: {folder} is, holds or lies in the shipped suites; give a folder of your own suites alone"


def folder_of(path: Path, found: Iterable[Path]) -> Path | None:
    """The folder of own suites that a file is in; ``None`` for one that is in none."""
    return next((folder for folder in found if path.is_relative_to(folder)), None)


def ask_for(config: pytest.Config, found: Sequence[Path]) -> None:
    """Have the folders collected after what was asked for, but for those that a path already names a part of."""
    # What cannot be collected is told in a line; pytest would tell it again.
    config.option.reportchars = ""
    if config.option.tbstyle == "auto":
        config.option.tbstyle = "no"
    named = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    config.args += [str(one) for one in found if not any(path.is_relative_to(one) for path in named)]


class OwnSuiteHooks:
    """Refuses own suites that could not be judged; mutable because problems gather while they are collected.

    Args:
        found: the folders of the suites.
        own: the operator's own requirements.
    """

    def __init__(self, found: Sequence[Path], own: Iterable[Requirement]) -> None:
        self._folders = found
        self._declared = [one.id for one in own]
        self._broken: list[str] = []
        self._told = False

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Keep why a file cannot be imported."""
        report = yield
        folder = folder_of(collector.path, self._folders)
        if report.failed and folder is not None:
            raised = getattr(getattr(report, "call", None), "excinfo", None)
            error = raised.value if raised is not None else ImportError(str(report.longrepr))
            self._broken.append(_not_imported(collector.path, folder, error))
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Tell everything that is wrong, before any case is chosen or run."""
        self._tell(config, items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """The same where pytest gave up at the first file (``-x``), and chooses nothing any more."""
        if session.testsfailed and not self._told:
            self._tell(session.config, session.items)

    def _tell(self, config: pytest.Config, items: Iterable[pytest.Item]) -> None:
        own = [item for item in items if folder_of(item.path, self._folders) is not None]
        problems = [*self._broken, *own_cases.faults(own, declared=self._declared)]
        if not self._broken:
            problems += self._empty(config, own)
        if problems:
            self._told = True
            with user_errors.shown():
                raise UserError("\n".join(dict.fromkeys(problems)))

    def _empty(self, config: pytest.Config, own: Sequence[pytest.Item]) -> Iterator[str]:
        for folder in self._folders:
            asked = str(folder) in config.args
            if asked and not any(item.path.is_relative_to(folder) for item in own):
                yield f"{folder}: holds no case; put functions test_... into files test_*.py there"


def _not_imported(path: Path, folder: Path, error: BaseException) -> str:
    """Where an import ended, and by what; pytest wraps it in words of its own."""
    first = error.__cause__ or error
    frames = [one for one in traceback.extract_tb(first.__traceback__) if Path(one.filename).is_relative_to(folder)]
    if isinstance(first, SyntaxError):
        place = f"{first.filename}:{first.lineno}"
    else:
        place = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else str(path)
    return f"{place}: cannot be imported: {traceback.format_exception_only(first)[-1].strip()}"
