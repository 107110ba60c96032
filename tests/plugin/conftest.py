"""A qualification in a folder of its own: the real suites, fixtures and plugin on the scripted target."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.plugin import forked

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
HEAD = """
    import pytest
    from tests.plugin.scripted import Script, ScriptedTarget

    pytest_plugins = ["vllm_qualify.plugin"]

    @pytest.fixture(scope="session")
    def target():
        return ScriptedTarget(scripts={scripts})
"""

DECLARED = '[requirements.LATENCY]\nsentence = "It is quick."\n[requirements.WHOLE]\nsentence = "It is whole."\n'
SUITE = "import pytest\nfrom vllm_qualify.plugin.suites import *\n"

Qualify = Callable[..., pytest.RunResult]


@pytest.fixture
def checkout(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder like the project's own: the suites, the conftest, the settings of pytest."""
    shutil.copytree(ROOT / "suites", pytester.path / "suites", ignore=shutil.ignore_patterns("__pycache__"))
    pytester.makepyprojecttoml(
        """
        [tool.pytest]
        testpaths = ["suites"]
        addopts = ["--import-mode=importlib", "-p", "no:cacheprovider"]
        """
    )
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    # Of the job that runs the tests; a run in one of them would add its matrix there.
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return pytester


@pytest.fixture
def qualify(checkout: pytest.Pytester) -> Qualify:
    """Run pytest in that folder as a user would; ``scripts`` says what the scripted engines do."""

    def run(*arguments: str, scripts: str = "{}") -> pytest.RunResult:
        (checkout.path / "conftest.py").write_text(textwrap.dedent(HEAD).replace("{scripts}", scripts))
        return forked.run_pytest(checkout.path, *arguments)

    return run


@pytest.fixture
def suite(checkout: pytest.Pytester) -> Callable[..., None]:
    """Writes a file of own suites, and declares two requirements."""
    (checkout.path / "qualify.toml").write_text(DECLARED)
    (checkout.path / "checks").mkdir()

    def write(text: str, *, name: str = "test_own.py") -> None:
        (checkout.path / "checks" / name).write_text(SUITE + textwrap.dedent(text))

    return write


@pytest.fixture
def matrix(checkout: pytest.Pytester) -> Callable[[], dict[str, Any]]:
    """Reads the newest matrix."""
    return lambda: json.loads((checkout.path / "reports" / "latest" / "matrix.json").read_text())


def outcomes(candidate: dict[str, Any]) -> dict[str, str]:
    """The outcome of every case of a candidate in matrix.json."""
    return {case["id"]: case["outcome"] for case in candidate["cases"]}
