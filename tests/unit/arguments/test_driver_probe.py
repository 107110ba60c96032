"""The probe of the CUDA driver, on a stand-in for its library."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from vllm_qualify.arguments import _driver_script, _probe_script, probe
from vllm_qualify.arguments.command_line import Entrypoint
from vllm_qualify.arguments.parser_report import DriverFacts, ProbeRequest

ENV = probe.pod_env(ProbeRequest(entrypoint=Entrypoint.SERVE, argvs={}))

LIBRARY = """
#include <stdlib.h>
int cuInit(unsigned flags) { %s; return getenv("CUDA_VISIBLE_DEVICES") ? 100 : 804; }
int cuDriverGetVersion(int *version) { *version = 12080; return 0; }
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="the stand-in for libcuda is made with a C compiler: no cc")
@pytest.mark.parametrize(
    ("does", "init", "problem"),
    [
        ("", 804, ""),
        ("*(volatile int *)0 = 1", None, "the driver ended the calling process, exit code -11"),
    ],
    ids=["answers", "crashes"],
)
def test_a_pod_tells_what_the_driver_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, does: str, init: int | None, problem: str
) -> None:
    """What the driver answers is there before production is touched, and where it crashes the report still comes."""
    library = tmp_path / "libcuda.so.1"
    compile_it = ["cc", "-shared", "-fPIC", "-w", "-x", "c", "-", "-o", str(library)]
    subprocess.run(compile_it, input=LIBRARY % does, text=True, check=True)

    env = {"LD_LIBRARY_PATH": str(tmp_path), "CUDA_VERSION": "12.9.1"}
    for name, value in (env | ENV).items():
        monkeypatch.setenv(name, value)

    driver = DriverFacts.from_json(_probe_script.driver(ENV[_probe_script.DRIVER]))

    assert (driver.init, driver.problem) == (init, problem)
    assert (driver.version, driver.library) == ((12080, str(library)) if init else (None, ""))
    assert driver.env == env


def test_a_driver_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told before the hang is kept, and lines of others are passed over."""
    monkeypatch.setattr(_probe_script, "DRIVER_SECONDS", 0.5)

    seen = _probe_script.driver('import time\nprint(\'{"libcuda": "/a"}\\nhello\', flush=True)\ntime.sleep(600)')

    assert seen == {"libcuda": "/a", "problem": "the driver gave no answer within 0.5 s"}


def test_a_library_that_is_not_there_is_a_fact(tmp_path: Path) -> None:
    """Without a driver the loader's words are kept."""
    facts = DriverFacts.from_json(_driver_script.called(str(tmp_path / "libcuda.so.1")))

    assert (facts.init, facts.version) == (None, None)
    assert "cannot open shared object" in facts.problem
