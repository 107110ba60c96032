"""The GPU as a container sees it: by nvidia-smi, else by NVML from its own Python."""

from __future__ import annotations

from collections.abc import Callable

from vllm_qualify.container.engine import ContainerEngine, EngineRefused
from vllm_qualify.gpu import nvml
from vllm_qualify.gpu import reading as gpu
from vllm_qualify.gpu.reading import GpuReading

_ASK_SECONDS = 20.0


def inside(engine: ContainerEngine, container: str) -> GpuReading:
    """Look from inside a container that runs.

    Args:
        engine: that has it.
        container: its id.
    """
    seen = _asked(engine, container, gpu.smi_command(), gpu.parse_smi)
    return seen if seen.gpus else _asked(engine, container, nvml.command(), nvml.parse)


def _asked(
    engine: ContainerEngine, container: str, command: list[str], read: Callable[[str, str], GpuReading]
) -> GpuReading:
    try:
        ended = engine.execute(container, command, seconds=_ASK_SECONDS)
    except (EngineRefused, TimeoutError) as error:
        return GpuReading(problem=f"the container could not be reached: {error}")
    return read(ended.stdout, ended.stderr)
