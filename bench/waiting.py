"""How long a user waits before anything happens, each beside a second thing measured in turn with it.

These machines are noisy, so a figure alone says little: the ratio to a plain Python, or a plain pytest, taken in
alternation, says more.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.figure import Figure

ROOT = Path(__file__).parents[1]
RUNS = 7
_PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider")
COMPARED: dict[str, tuple[Sequence[str], Sequence[str]]] = {
    "import of the plugin over python -c pass": (
        (sys.executable, "-c", "import vllm_qualify.plugin, fixtures.candidates"),
        (sys.executable, "-c", "pass"),
    ),
    "collection of the suites over pytest --version": (
        (*_PYTEST, "suites", "--collect-only", "--image", "vllm/vllm-openai:v0.15.1"),
        (*_PYTEST, "--version"),
    ),
    "doctor over python -c pass": (
        (sys.executable, "-m", "vllm_qualify", "doctor"),
        (sys.executable, "-c", "pass"),
    ),
}


def figures() -> Iterator[Figure]:
    """Median seconds of each command and of what it is compared with, and the median ratio of the pairs."""
    for name, (command, other) in COMPARED.items():
        pairs = [(_seconds(command), _seconds(other)) for _ in range(RUNS + 1)][1:]
        first, _, second = name.partition(" over ")
        yield Figure(name=first, value=statistics.median(one for one, _ in pairs), unit="s")
        yield Figure(name=f"{first}: {second}", value=statistics.median(one for _, one in pairs), unit="s")
        yield Figure(name=f"{first}: ratio", value=statistics.median(one / two for one, two in pairs), unit="x")


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - started
