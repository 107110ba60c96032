"""Whether a named cluster answers now; asked once, before a run decides what it runs on."""

from __future__ import annotations

from vllm_qualify.edge.kubectl import Kubectl
from vllm_qualify.kube.refusals import Refused


def problem(context: str) -> str:
    """Why the cluster does not answer, in a few words; ``""`` when it does."""
    try:
        Kubectl(context=context, patience_seconds=0).get("/version")
    except Refused as refusal:
        return str(refusal)
    return ""
