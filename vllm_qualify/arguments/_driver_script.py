"""Tells what can be seen of the CUDA driver from inside an image, without taking any of the GPU's memory.

Run by the Python of the candidate in a process of its own, never imported by the harness: standard library only, in
the syntax of Python 3.9. Writes JSON objects, one a line: the environment first, then what the driver itself says,
which may hang or crash. ``vllm_qualify.arguments.parser_report.DriverFacts`` says what the keys mean.
"""

from __future__ import annotations

import ctypes
import json
import os
import pathlib
from typing import Any


def surroundings() -> dict[str, Any]:
    """What stands in the environment."""
    names = "LD_LIBRARY_PATH", "NVIDIA_REQUIRE_CUDA", "CUDA_VERSION"
    return {"env": {name: os.environ[name] for name in names if name in os.environ}}


def called(name: str = "libcuda.so.1") -> dict[str, Any]:
    """What the driver says. cuInit makes no context, so nothing of the GPU is taken."""
    try:
        cuda = ctypes.CDLL(name)
    except OSError as error:
        return {"problem": str(error)}
    version = ctypes.c_int(0)
    said = {"init": cuda.cuInit(0)}
    said["version"] = None if cuda.cuDriverGetVersion(ctypes.byref(version)) else version.value
    # Which of several libraries it was is seen in the map of the process alone.
    lines = pathlib.Path("/proc/self/maps").read_text(errors="replace").splitlines()
    said["library"] = next((line.split(None, 5)[5] for line in lines if "libcuda.so" in line), "")
    return said


def main() -> None:
    """Tell both; the first at once, since nobody knows whether the second will come."""
    # vLLM must not see a GPU while it parses; the driver must.
    os.environ.pop("CUDA_VISIBLE_DEVICES", None)
    for tell in (surroundings, called):
        print(json.dumps(tell()), flush=True)  # noqa: T201 - that is how it tells.


if __name__ == "__main__":
    main()
