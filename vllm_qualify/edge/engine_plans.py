"""Which build stands in for a candidate on this machine: the one that the operator's own lock names, else a known one.

Called by the plugin, which tells what cannot be tried, and by the local target.
"""

from __future__ import annotations

from vllm_qualify import standins
from vllm_qualify.config import BadConfig, Local
from vllm_qualify.edge import manifests
from vllm_qualify.images import ImageRef
from vllm_qualify.standins import EnginePlan, NoStandIn


def of(image: ImageRef, local: Local) -> EnginePlan | NoStandIn:
    """The plan for a candidate, or why there is none.

    Args:
        image: the candidate.
        local: names the operator's own locks by release.
    """
    path = local.locks.get(str(image.release or ""))
    if path is None:
        return standins.plan_for(image)
    try:
        return standins.own_plan(image, manifests.text(path), source=str(path))
    except BadConfig as error:
        return NoStandIn(reason=str(error))
