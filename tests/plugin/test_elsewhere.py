"""A qualification in an operator's own folder, which holds no suites and may hold tests and settings of pytest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.plugin.conftest import ROOT
from vllm_qualify.core.shipped import COMMAND, HOME_LAB

Run = Callable[..., subprocess.CompletedProcess[str]]
IMAGE = ("--image", "vllm/vllm-openai:v0.12.0")
LOOK = ("--collect-only", "-q")
OWN = "def test_own():\n    pass\n"
CASE = "test_deploy.py::test_health[v0.12.0]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a test of the operator's, whose name is that of a suite, and settings that would break ours."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_deploy.py").write_text(OWN)
    (tmp_path / "pytest.ini").write_text("[pytest]\ntestpaths = tests\naddopts = --import-mode=prepend\n")
    return tmp_path


@pytest.fixture
def run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module in that folder as the installed program would run: by the name of its plugin."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_PLUGINS", "vllm_qualify.plugin")
    monkeypatch.setenv("PYTHONSAFEPATH", "1")
    return lambda *words: subprocess.run(
        [sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False
    )


def test_an_image_is_enough(run: Run) -> None:
    """Without a path, the suites that come with the harness are taken, not the tests of the folder."""
    done = run("pytest", *IMAGE, *LOOK)

    assert done.returncode == pytest.ExitCode.OK, done.stdout
    assert CASE in done.stdout
    assert "test_own" not in done.stdout


@pytest.mark.parametrize("form", ["--config FILE", "--config=FILE"])
def test_settings_of_another_folder_are_read_in_either_spelling(
    run: Run, tmp_path_factory: pytest.TempPathFactory, form: str
) -> None:
    """What follows an option is its value, though pytest looks at it before it knows the option."""
    settings = tmp_path_factory.mktemp("elsewhere") / "qualify.toml"
    settings.write_text('candidates = ["vllm/vllm-openai:v0.12.0"]\n')

    done = run("pytest", *form.replace("FILE", str(settings)).split(" "), *LOOK)

    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    assert CASE in done.stdout


def test_a_folder_for_reports_that_is_there_is_no_path_to_tests(run: Run, tmp_path: Path) -> None:
    """Nothing differs between the first run and the second."""
    (tmp_path / "out").mkdir()

    done = run("pytest", *IMAGE, "--reports-dir", str(tmp_path / "out"), *LOOK)

    assert CASE in done.stdout


def test_the_command_needs_no_option(run: Run, folder: Path) -> None:
    """It takes the candidates of qualify.toml, and nothing of what the folder configures for its own tests."""
    (folder / "qualify.toml").write_text('candidates = ["vllm/vllm-openai:v0.12.0"]\n')
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --made-up-option\n")

    done = run("vllm_qualify", "run", *LOOK)

    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    assert CASE in done.stdout
    assert not (folder / "reports").exists()


def test_plain_pytest_runs_the_tests_of_the_folder_and_tells_of_the_settings(run: Run, folder: Path) -> None:
    """Nobody starts a qualification by the way: it takes production down."""
    (folder / "qualify.toml").write_text('candidates = ["vllm/vllm-openai:v0.12.0"]\n')

    done = run("pytest")

    assert done.returncode == pytest.ExitCode.OK, done.stdout
    assert "1 passed" in done.stdout
    assert f"`{COMMAND}`" in done.stdout


def test_plain_pytest_without_settings_says_nothing_of_it(run: Run) -> None:
    """Who only has the harness installed meets its options, no more."""
    done = run("pytest")

    assert COMMAND not in done.stdout


@pytest.mark.parametrize("words", [("pytest", *IMAGE, "tests"), ("vllm_qualify", "run", "tests")])
def test_a_path_without_suites_is_refused(run: Run, words: tuple[str, ...]) -> None:
    """An option or a command that would do nothing is a mistake, told in one line."""
    done = run(*words)

    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    [line] = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
    assert "tests: no suite is there" in line


def test_the_example_is_looked_at_as_it_is(run: Run, folder: Path) -> None:
    """Its own settings, read from a copy of it, list every case."""
    (folder / "qualify.toml").write_bytes((HOME_LAB / "qualify.toml").read_bytes())
    (folder / "applications").symlink_to(HOME_LAB / "applications")

    done = run("vllm_qualify", "run", "--list-checks")

    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    assert "DEPLOY/health" in done.stdout
