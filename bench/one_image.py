"""Where the wall time of one qualified image goes, with its engine cached: starts, requests, and what is ours."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure
from vllm_qualify.core.records import CaseRecord
from vllm_qualify.reports import run_folder

ROOT = Path(__file__).parents[1]
IMAGE = "vllm/vllm-openai:v0.15.1"
ALLOWED_SECONDS = 30.0
_STARTS = frozenset({"DEPLOY/starts", "R1/switch", "R1/switch-back"})


def figures() -> Iterator[Figure]:
    """Seconds of the whole run, of its parts, and what is left for us; at most 30 s of that are allowed."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        command = (sys.executable, "-m", "pytest", "suites", "--image", IMAGE, "--reports-dir", folder)
        subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
        wall = time.perf_counter() - started
        cases = run_folder.load(Path(folder) / run_folder.LATEST).candidates[0].cases
    starts = _sum(case for case in cases if case.id in _STARTS)
    parser = _sum(case for case in cases if case.requirement == "ARGS")
    requests = _sum(case for case in cases if case.id not in _STARTS and case.requirement != "ARGS")
    for name, value in (
        ("wall time", wall),
        ("engine starts, first requests included", starts),
        ("measured requests", requests),
        ("argument parser", parser),
        (f"above starts and requests, of {ALLOWED_SECONDS:g} s allowed", wall - starts - requests),
    ):
        yield Figure(name=f"one image: {name}", value=value, unit="s")


def _sum(cases: Iterator[CaseRecord]) -> float:
    return sum(case.seconds for case in cases)
