"""Which build stands in for a candidate on this machine: the one that the operator's own lock names, else a known one.

Called by the plugin, which tells what cannot be tried, and by the local target.
"""

from __future__ import annotations

from dataclasses import replace

from vllm_qualify.config import Local
from vllm_qualify.core.errors import BadConfig
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube import manifest_files
from vllm_qualify.targets.local import cpu_builds, gpu_builds
from vllm_qualify.targets.local.cpu_builds import EnginePlan, NoBuild


def of(image: ImageRef, local: Local, *, gpu: bool = False) -> EnginePlan | NoBuild:
    """The plan for a candidate, or why there is none.

    Args:
        image: the candidate.
        local: names the operator's own locks by release.
        gpu: engines run on the GPU of this machine; a lock of a build for the CPU is taken at its word all the same.
    """
    path = local.locks.get(str(image.release or ""))
    if path is None:
        return gpu_builds.plan_for(image) if gpu else cpu_builds.plan_for(image)
    try:
        plan = cpu_builds.own_plan(image, manifest_files.text(path), source=str(path))
    except BadConfig as error:
        return NoBuild(reason=str(error))
    if isinstance(plan, NoBuild):
        return plan
    return replace(plan, gpu=gpu and "cpu" not in str(plan.stand_in))
