"""Real engines: runs of the real command in a folder of its own, on the user's own cache."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs real engines."""
    for item in items:
        item.add_marker("local")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One finished run of the command.

    Attributes:
        code: its exit code.
        said: what it printed.
        folder: the folder of the run's reports.
    """

    code: int
    said: str
    folder: Path

    @property
    def candidates(self) -> dict[str, dict[str, Any]]:
        """The candidates of matrix.json by the tag of their image."""
        matrix = json.loads((self.folder / "matrix.json").read_text())
        return {candidate["image"].partition(":")[2]: candidate for candidate in matrix["candidates"]}

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
        return Run(code=done.returncode, said=done.stdout, folder=reports / "latest")

    return run
