"""Whoever starts the harness waits for nothing that only somebody else needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from vllm_qualify.core.shipped import HOME

ALWAYS = {"allure_commons", "asyncio", "httpx", "jinja2", "jsonschema", "lief", "numpy", "pandas", "pydantic", "rich"}
ALWAYS |= {"pynvml", "scipy"}
"""What takes long to load, and is for what comes after a start."""
YAML = {"yaml"}
COMMAND = "import contextlib, io, sys; sys.argv = ['vllm-qualify', {words}]\nfrom vllm_qualify import cli"
RUN = "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n    cli.main()"
COLLECTION = """import pathlib, runpy, vllm_qualify.plugin.wiring, fixtures.candidates, fixtures.recording
for suite in pathlib.Path("suites").glob("test_*.py"): runpy.run_path(str(suite))"""
MANIFEST = "examples/home-lab/applications/vllm/deployment.yaml"
PREFLIGHT = f"'preflight', '--all', '--gpu', 'RTX 3060', '--driver', '570.195.03', '--manifest', '{MANIFEST}'"


def loaded(code: str) -> set[str]:
    """The modules that are loaded after some lines of Python."""
    said = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        cwd=HOME,
    )
    return set(said.stdout.splitlines()[-1].split())


def command(words: str) -> str:
    """Lines of Python that run a command and show nothing."""
    return f"{COMMAND.format(words=words)}\n{RUN}"


@pytest.mark.parametrize(
    ("code", "slow"),
    [
        ("import vllm_qualify.plugin", ALWAYS | YAML),
        (COLLECTION, ALWAYS | YAML),
        (command("'--help'"), ALWAYS | YAML),
        (command("'doctor'"), ALWAYS),
        (command(PREFLIGHT), ALWAYS),
    ],
    ids=["plugin", "collection", "help", "doctor", "preflight"],
)
def test_nothing_slow_is_loaded_before_it_is_needed(code: str, slow: set[str]) -> None:
    """Libraries take longer to load than all that is ours; only who needs one may wait for it."""
    assert not loaded(code) & slow


def test_a_pytest_that_is_no_qualification_meets_only_the_options() -> None:
    """Every pytest of an environment with the harness in it loads the plugin."""
    before, after = loaded("import pytest"), loaded("import vllm_qualify.plugin")

    own = {name for name in after - before if name.startswith("vllm_qualify.")}
    assert {name.split(".")[1] for name in own} == {"core", "plugin", "targets"}
    assert own <= {f"vllm_qualify.{name}" for name in ("core", "plugin", "targets")} | {
        "vllm_qualify.core.lazy_modules",
        "vllm_qualify.core.option_types",
        "vllm_qualify.core.shipped",
        "vllm_qualify.plugin.asked",
        "vllm_qualify.plugin.option_choices",
        "vllm_qualify.plugin.option_table",
        "vllm_qualify.targets.abilities",
    }


def test_a_collection_loads_no_judge_and_no_report() -> None:
    """Suites name the judges by their package, and their types only for whoever checks types."""
    rooms = {name.split(".")[1] for name in loaded(COLLECTION) if name.startswith("vllm_qualify.")}

    assert rooms <= {"checks", "config", "core", "plugin", "selection", "system", "targets"}
    assert "vllm_qualify.core.records" not in loaded(COLLECTION)
