"""How long ``vllm-qualify preflight`` takes, the start of the process included, beside a Python that does nothing.

The two are measured in turn, since these machines are noisy; the time of the processor says what the waiting does not.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.figure import Figure

ROOT = Path(__file__).parents[1]
ALLOWED_SECONDS = 1.0
RUNS = 9
_NODE = ("--gpu", "RTX 3060", "--driver", "570.195.03", "--toolkit", "1.18.0")
_PREFLIGHT = (sys.executable, "-m", "vllm_qualify", "preflight", *_NODE)
_MANIFEST = ("--manifest", "examples/home-lab/applications/vllm/deployment.yaml")
_SETTINGS = ("--config", "examples/home-lab/qualify.toml")
_NOTHING = (sys.executable, "-c", "pass")
MEASURED: dict[str, Sequence[str]] = {
    "--all, one manifest": (*_PREFLIGHT, "--all", *_MANIFEST),
    "--all, both modes of qualify.toml": (*_PREFLIGHT, "--all", *_SETTINGS),
    "one image": (*_PREFLIGHT, "vllm/vllm-openai:v0.11.0", *_MANIFEST),
}


def figures() -> Iterator[Figure]:
    """Median seconds of each command, and of a Python that does nothing; 1 s is allowed for the table."""
    for name, command in MEASURED.items():
        pairs = [(_run(command), _run(_NOTHING)) for _ in range(RUNS + 1)][1:]
        walls, cpus = zip(*(one for one, _ in pairs), strict=True)
        nothing, _ = zip(*(two for _, two in pairs), strict=True)
        yield Figure(
            name=f"preflight {name}: of {ALLOWED_SECONDS:g} s allowed", value=statistics.median(walls), unit="s"
        )
        yield Figure(name=f"preflight {name}: the slowest", value=max(walls), unit="s")
        yield Figure(name=f"preflight {name}: processor", value=statistics.median(cpus), unit="s")
        yield Figure(name=f"preflight {name}: python -c pass", value=statistics.median(nothing), unit="s")


def _run(command: Sequence[str]) -> tuple[float, float]:
    """Seconds that passed, and seconds of processor."""
    started = time.perf_counter()
    # An operator's Python keeps what it compiled; a test machine's may be told not to.
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}; only what works can be measured")
    return seconds, used.ru_utime + used.ru_stime


if __name__ == "__main__":
    for figure in figures():
        print(f"{figure.name:72} {figure.value:8.2f} {figure.unit}")
