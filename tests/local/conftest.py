"""Real engines: runs of the real command in a folder of its own, on the user's own cache."""

from __future__ import annotations

import dataclasses
import functools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.local import remembered
from vllm_qualify.system import caches

ROOT = Path(__file__).parents[2]
_REMEMBERED = "remembered"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs real engines."""
    for item in items:
        item.add_marker("local")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Each report says what was remembered for it; what a test failed on is not remembered again."""
    report = yield
    if report.failed:
        remembered.forget(item.path.stem)
    report.user_properties += [(_REMEMBERED, name) for name in remembered.told()]
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Nobody takes what was remembered for what was tried."""
    reports = [report for group in terminalreporter.stats.values() for report in group]
    every = [one for report in reports for one in getattr(report, "user_properties", ())]
    if names := sorted({value for name, value in every if name == _REMEMBERED}):
        terminalreporter.section("remembered: nothing that these depend on has changed, so no engine was started")
        terminalreporter.line("\n".join(names))
        terminalreporter.line(
            f"to try all of it anew: rm -r {caches.default().root}/{{deaths,observations,parser-answers}}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One finished run of the command.

    Attributes:
        code: its exit code.
        said: what it printed.
        matrix: its matrix.json.
    """

    code: int
    said: str
    matrix: dict[str, Any]

    @property
    def candidates(self) -> dict[str, dict[str, Any]]:
        """The candidates of matrix.json by the tag of their image."""
        return {candidate["image"].partition(":")[2]: candidate for candidate in self.matrix["candidates"]}

    def case(self, tag: str, case: str) -> dict[str, Any]:
        """One case of one candidate."""
        return next(one for one in self.candidates[tag]["cases"] if one["id"] == case)


def command(reports: Path, *arguments: str) -> list[str]:
    """The command line of a qualification, as the README has it."""
    return [sys.executable, "-m", "pytest", "suites", "--reports-dir", str(reports), *arguments]


def environment(**more: str) -> dict[str, str]:
    """What a user's shell has, without what the outer pytest put there."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    return inherited | more


@pytest.fixture(scope="session")
def qualified(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Run]:
    """Qualify for real; takes minutes."""

    def run(*arguments: str, **more: str) -> Run:
        reports = tmp_path_factory.mktemp("run") / "reports"
        done = subprocess.run(
            command(reports, *arguments),
            cwd=ROOT,
            env=environment(**more),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        matrix = reports / "latest" / "matrix.json"
        assert matrix.exists(), done.stdout
        return Run(code=done.returncode, said=done.stdout, matrix=json.loads(matrix.read_text()))

    return run


@pytest.fixture(scope="module")
def observed(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Remembers what is seen of real engines, for as long as the harness is the same."""
    return functools.partial(remembered.observation, module=request.path.stem)


@pytest.fixture(scope="module")
def seen(qualified: Callable[..., Run], observed: Callable[..., Any]) -> Callable[..., Run]:
    """Qualify for real, or remember how that went: by name, with the arguments of the command."""

    def run(name: str, *arguments: str) -> Run:
        tags = [word.partition(":v")[2] for word in arguments if ":v" in word]
        return Run(**observed(name, lambda: dataclasses.asdict(qualified(*arguments)), releases=tags))

    return run
