"""Which build stands in for a candidate on this machine: the one that the operator's own lock names, else a known one.

Called by the plugin, which tells what cannot be tried, and by the local target.
"""

from __future__ import annotations

from vllm_qualify.config import Local
from vllm_qualify.core.errors import BadConfig
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube import manifest_files
from vllm_qualify.targets.local import cpu_builds
from vllm_qualify.targets.local.cpu_builds import EnginePlan, NoCpuBuild


def of(image: ImageRef, local: Local) -> EnginePlan | NoCpuBuild:
    """The plan for a candidate, or why there is none.

    Args:
        image: the candidate.
        local: names the operator's own locks by release.
    """
    path = local.locks.get(str(image.release or ""))
    if path is None:
        return cpu_builds.plan_for(image)
    try:
        return cpu_builds.own_plan(image, manifest_files.text(path), source=str(path))
    except BadConfig as error:
        return NoCpuBuild(reason=str(error))
