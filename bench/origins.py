"""How long it takes to look up where an exception was raised: the first time in a process, and each time after that.

The first one loads the file of messages; process and modules are there already, as they are when a log was read.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure

ROOT = Path(__file__).parents[1]
ALLOWED_MS = 50.0
RUNS = 9
_PROGRAM = """
import time
from vllm_qualify.diagnosis import origins
from vllm_qualify.diagnosis.exceptions import Frame, RootException
from vllm_qualify.diagnosis.logs import Line

file = "/usr/local/lib/python3.12/dist-packages/vllm/v1/worker/gpu/buffer_utils.py"
frame = Frame(file=file, line=24, function="__init__", code='raise RuntimeError("UVA is not available")')
exception = RootException(kind="RuntimeError", message="UVA is not available", frames=(frame,), line=Line(number=1))
for _ in range(2):
    started, used = time.perf_counter(), time.process_time()
    found = origins.find(exception, release="0.20.2", production="0.8.5")
    print((time.perf_counter() - started) * 1000, (time.process_time() - used) * 1000)
assert found is not None
"""


def figures() -> Iterator[Figure]:
    """Median milliseconds of the first look-up, of the processor alone, and of one after it; 50 ms are allowed."""
    measured = [_run() for _ in range(RUNS)]
    names = (f"origins, the first: of {ALLOWED_MS:g} ms allowed", "origins, the first: processor", "origins, the next")
    for place, name in enumerate(names):
        yield Figure(name=name, value=statistics.median(one[place] for one in measured), unit="ms")


def _run() -> tuple[float, ...]:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True)
    return tuple(map(float, done.stdout.split()))


if __name__ == "__main__":
    for figure in figures():
        print(f"{figure.name:72} {figure.value:8.2f} {figure.unit}")
