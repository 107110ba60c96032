"""Asks NVML for the GPUs; starts nothing on them and takes none of their memory.

Run by whatever Python is there, on this machine or inside a pod, never as a part of the harness: standard library
and a binding of NVML only, in the syntax of Python 3.8. The first argument is the number of seconds after which it
ends itself. Writes one JSON document between two sentinel lines to standard output.
"""

from __future__ import annotations

import faulthandler
import importlib
import importlib.util
import json
import os
import sys
from types import ModuleType
from typing import Any

BEGIN = "-----BEGIN VLLM-QUALIFY NVML-----"
END = "-----END VLLM-QUALIFY NVML-----"

# Not supported, no permission, no such function, another version of its argument: that one fact is missing.
MISSING = frozenset({3, 4, 13, 25})


# NVML_CLOCK_SM; and why it is held down, under the name of today and that of drivers and bindings before it.
SM_CLOCK = 1
REASONS = ("nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons")


def binding() -> ModuleType | None:
    """Load pynvml, or the copy that vLLM brings: from its file, since importing vllm itself takes torch along."""
    try:
        return importlib.import_module("pynvml")
    except ImportError:
        vllm = importlib.util.find_spec("vllm")
    for folder in (vllm.submodule_search_locations if vllm else None) or ():
        path = os.path.join(folder, "third_party", "pynvml.py")  # noqa: PTH118 - pathlib costs as much as the rest
        spec = importlib.util.spec_from_file_location("pynvml", path)
        if spec and spec.loader and os.path.exists(path):  # noqa: PTH110 - as above
            module = importlib.util.module_from_spec(spec)
            sys.modules["pynvml"] = module  # It looks itself up there.
            spec.loader.exec_module(module)
            return module
    return None


def ask(nvml: Any, name: str, *arguments: Any) -> Any:
    """Call a function of NVML; ``None`` when this binding, driver or GPU does not have it."""
    function = getattr(nvml, name, None)
    if function is None:
        return None
    try:
        return function(*arguments)
    except nvml.NVMLError as error:
        if error.value in MISSING:
            return None
        raise
    except getattr(nvml, "NVMLLibraryMismatchError", ()):  # So pynvml words that the driver is too old for it.
        return None


def text(value: Any) -> str:
    """Decode what older bindings give as bytes."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""


def memory(nvml: Any, device: Any) -> Any:
    """Ask in the second form, which tells apart what the driver keeps for itself, else in the first."""
    version = getattr(nvml, "nvmlMemory_v2", None)
    found = ask(nvml, "nvmlDeviceGetMemoryInfo", device, version) if version else None
    return found or ask(nvml, "nvmlDeviceGetMemoryInfo", device)


def gpu(nvml: Any, index: int) -> dict[str, Any]:
    """Gather the facts of one GPU."""
    device = nvml.nvmlDeviceGetHandleByIndex(index)
    capability = ask(nvml, "nvmlDeviceGetCudaComputeCapability", device) or ()
    used = memory(nvml, device)
    busy = ask(nvml, "nvmlDeviceGetUtilizationRates", device)
    return {
        "index": index,
        "name": text(ask(nvml, "nvmlDeviceGetName", device)),
        "uuid": text(ask(nvml, "nvmlDeviceGetUUID", device)),
        "total": used and used.total,
        "used": used and used.used,
        "capability": ".".join(map(str, capability)),
        "clock": ask(nvml, "nvmlDeviceGetClockInfo", device, SM_CLOCK),
        "held": next((held for name in REASONS if (held := ask(nvml, name, device)) is not None), None),
        "busy": busy and busy.gpu,
    }


def look(nvml: Any) -> dict[str, Any]:
    """Gather the facts of all GPUs, or the first error that is more than a missing fact."""
    try:
        nvml.nvmlInit()
        count = nvml.nvmlDeviceGetCount()
        return {
            "binding": getattr(nvml, "__file__", ""),
            "driver": text(ask(nvml, "nvmlSystemGetDriverVersion")),
            "cuda": ask(nvml, "nvmlSystemGetCudaDriverVersion_v2"),
            "gpus": [gpu(nvml, index) for index in range(count)],
        }
    except nvml.NVMLError as error:
        return {"error": {"code": error.value, "text": str(error)}}


def main() -> None:
    """Look once. A call that hangs in the driver holds this thread for ever, so another one keeps the time."""
    faulthandler.dump_traceback_later(float(sys.argv[1]), exit=True)
    sys.path = [folder for folder in sys.path if folder]  # What lies in the current folder is no binding.
    nvml = binding()
    found = {"binding": None} if nvml is None else look(nvml)
    faulthandler.cancel_dump_traceback_later()
    sys.stdout.write("\n".join(("", BEGIN, json.dumps(found), END, "")))


if __name__ == "__main__":
    main()
