"""What engines of this machine run on: the GPU that NVML shows, or the CPU. Pure, but for ``here``, which looks.

Called by the row of the local target, which tells what was chosen and why.
"""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from typing import Literal

from vllm_qualify.core.errors import UserError
from vllm_qualify.gpu import nvml
from vllm_qualify.gpu.reading import Gpu, GpuReading

Wish = Literal["auto", "cpu", "gpu"]

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""The variable by which CUDA is told its GPUs; what it hides from the harness it hides from engines."""


class NoGpu(UserError):
    """A GPU was asked for where an engine would find none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What an engine runs on.

    Attributes:
        gpu: the one that it uses, the first that CUDA shows it; ``None``: it runs on the CPU.
        why: how that came, in one sentence for the operator.
    """

    gpu: Gpu | None = None
    why: str = "local engines run on the CPU"

    def of(self, reading: GpuReading) -> GpuReading:
        """Of a look at all GPUs, the one that is used here; a problem stays what it is."""
        found = tuple(one for one in reading.gpus if self.gpu is not None and one.key == self.gpu.key)
        if reading.problem or self.gpu is None:
            return reading
        problem = "" if found else f"{self.gpu.name}, on which the engine runs, is no longer shown"
        return GpuReading(gpus=found, source=reading.source, cuda=reading.cuda, problem=problem)


def chosen(wish: Wish, reading: GpuReading, *, visible: str | None = None) -> Device:
    """The device of a wish.

    Args:
        wish: ``auto`` takes the GPU where there is one.
        reading: what NVML shows.
        visible: the value of ``CUDA_VISIBLE_DEVICES``; ``None`` where it is not set.

    Raises:
        NoGpu: ``gpu`` was asked for, and there is none.
    """
    if wish == "cpu":
        return Device(why="local engines run on the CPU, as asked for: CPU builds stand in")
    gpu = _first(reading, visible)
    if gpu is not None:
        facts = f"{gpu.memory_total_mib or 'unknown'} MiB, driver {gpu.driver}"
        taken = "official CUDA wheels are used; --device cpu takes CPU builds"
        return Device(gpu=gpu, why=f"local engines run on the GPU that NVML shows, {gpu.name} ({facts}): {taken}")
    problem = reading.problem or f"{VISIBLE}={visible} shows an engine none of this machine's GPUs"
    if wish == "gpu":
        raise NoGpu(f"--device gpu: {problem}; repair that, or leave the option out to use CPU builds")
    return Device(why=f"local engines run on the CPU, as CPU builds: {problem}")


@functools.cache
def here() -> GpuReading:
    """What NVML shows on this machine; looked at once a process, since a driver that hangs takes its whole deadline."""
    return nvml.read()


def of_this_machine(wish: Wish) -> Device:
    """The device of a wish here and now.

    Raises:
        NoGpu: ``gpu`` was asked for, and there is none.
    """
    if wish == "cpu":
        return chosen(wish, GpuReading(problem="not looked at"))
    return chosen(wish, here(), visible=os.environ.get(VISIBLE))


def _first(reading: GpuReading, visible: str | None) -> Gpu | None:
    """The first GPU that CUDA shows an engine, which vLLM takes where it needs one.

    Source: CUDA C++ Programming Guide, "CUDA Environment Variables": a list of indices or of beginnings of UUIDs, which
    ends at the first that does not exist. The name of a MIG slice tells no GPU by itself, so the first stands for it.
    """
    if visible is None:
        return next(iter(reading.gpus), None)
    name = visible.split(",")[0].strip()
    if name.startswith("MIG-"):
        return next(iter(reading.gpus), None)
    same = (
        one for one in reading.gpus if name == str(one.index) or (name.startswith("GPU-") and one.uuid.startswith(name))
    )
    return next(same, None)
