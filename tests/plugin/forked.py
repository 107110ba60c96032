"""Qualifications in processes of their own that import next to nothing, which is most of what a short run takes.

Each is forked from a server without threads that has imported what the plugin needs, but neither the plugin itself nor
a conftest nor a suite. ``test_other_plugins.py`` starts an interpreter, as a user does.
"""

from __future__ import annotations

import atexit
import multiprocessing.forkserver  # Before pytester looks what there is, else each test would have a server of its own.
import os
import sys
import time
from pathlib import Path

import pytest

from vllm_qualify.core import shipped

IMPORTED = (
    "_pytest.junitxml",
    "allure_commons.logger",
    "allure_commons.reporter",
    "anyio.pytest_plugin",
    "httpcore",
    "jinja2",
    "pytest",
    "pytest_kubernetes.plugin",
    "scipy.stats",
    "tests.plugin.scripted",
    "unittest",
    "vllm_qualify.checks.gpu_mode",
    "vllm_qualify.litellm.check",
    "vllm_qualify.reports.allure_results",
    "vllm_qualify.reports.console",
    "vllm_qualify.reports.csv",
    "vllm_qualify.reports.html",
    "vllm_qualify.reports.junit",
    "vllm_qualify.reports.remake",
    "vllm_qualify.selection.search",
    "vllm_qualify.targets.kubernetes.target",
    "vllm_qualify.targets.local.target",
    "vllm_qualify.targets.route",
    "vllm_qualify.targets.table",
)
# Whoever qualifies has none of these, since requirements/run.txt does not.
_TESTERS = ("hypothesispytest", "syrupy", "xdist", "xdist.looponfail")
_WORDS = (
    # As its entry point does where the harness is installed.
    *("-p", "vllm_qualify.plugin"),
    *(word for name in _TESTERS for word in ("-p", f"no:{name}")),
    # That is the point of it.
    *("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning"),
)


def run_pytest(folder: Path, *arguments: str) -> pytest.RunResult:
    """Run pytest in a folder, with the variables of now, to its end."""
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(list(IMPORTED))
    # Else numpy starts threads as it is imported, and a fork leaves them behind.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    began = time.perf_counter()
    child = server.Process(target=_child, args=(folder, [*_WORDS, *arguments], dict(os.environ)))
    child.start()
    child.join()
    assert child.exitcode is not None
    said = [(folder / name).read_text(encoding="utf-8").splitlines() for name in ("stdout", "stderr")]
    return pytest.RunResult(child.exitcode, *said, time.perf_counter() - began)


def _child(folder: Path, arguments: list[str], env: dict[str, str]) -> None:
    """As ``python -m pytest`` does it, also what an interpreter does at its end."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(folder)
    # Not those of this checkout: a test may add its own.
    shipped.SUITES = folder / "suites"
    for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr)):
        with (folder / name).open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    sys.path.insert(0, str(folder))
    sys.argv = [pytest.__file__, *arguments]
    code = pytest.main(arguments)
    atexit._run_exitfuncs()
    sys.exit(code)
