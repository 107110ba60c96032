"""Looks at the GPUs through NVML, in a process of its own: a hanging driver must not hang the harness.

`read` looks at this machine. For a pod, run `command` there and give its output to `parse`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from vllm_qualify.gpu import _nvml_script, reading
from vllm_qualify.gpu.reading import GpuReading
from vllm_qualify.system import process_runner

DEADLINE_SECONDS = 10.0
_LONGEST = 300


def command(python: str = "python3", *, deadline_seconds: float = DEADLINE_SECONDS) -> list[str]:
    """The command line that looks once; inside an image as well, where nothing of the harness is installed.

    Args:
        python: a Python that has pynvml, or vLLM with its copy of it.
        deadline_seconds: after so long it ends itself, so that nothing stays behind in a pod.
    """
    return [python, "-c", Path(_nvml_script.__file__).read_text(encoding="utf-8"), f"{deadline_seconds:g}"]


def parse(stdout: str, stderr: str = "") -> GpuReading:
    """Read what `command` printed; anything but its document is a problem and no error."""
    body, ended, _ = stdout.rpartition(f"\n{_nvml_script.BEGIN}\n")[2].partition(f"\n{_nvml_script.END}")
    if not ended:
        # So faulthandler begins when the time is over.
        return GpuReading(source="nvml", problem=reading.TIMEOUT if "Timeout (" in stderr else _silent(stdout, stderr))
    try:
        return reading.from_nvml(json.loads(body))
    except (KeyError, TypeError, ValueError) as error:
        return GpuReading(source="nvml", problem=f"the answer about the GPUs cannot be read: {error!r}")


def read(
    deadline_seconds: float = DEADLINE_SECONDS,
    *,
    python: str = sys.executable,
    environ: Mapping[str, str] = os.environ,
) -> GpuReading:
    """Look at the GPUs of this machine; comes back within the deadline and a second, whatever the driver does.

    Args:
        deadline_seconds: how long the driver may take.
        python: the interpreter that asks.
        environ: variables of the process that asks.
    """
    try:
        argv = command(python, deadline_seconds=deadline_seconds)
        ended = process_runner.run(argv, env=environ, deadline_seconds=deadline_seconds, grace_seconds=0.0)
    except TimeoutError:
        return GpuReading(source="nvml", problem=reading.TIMEOUT)
    except OSError as error:
        return GpuReading(source="nvml", problem=f"NVML cannot be used, because {python} does not start: {error}")
    return parse(ended.stdout, ended.stderr)


def _silent(stdout: str, stderr: str) -> str:
    said = " ".join((stderr.strip() or stdout.strip()).split())
    return f"NVML could not be used: {said[-_LONGEST:] or 'the Python that queries it printed nothing'}"
