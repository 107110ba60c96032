"""Whether a named cluster answers now; asked once, before a run decides anything.

A cluster that somebody named is a wish: where it cannot be had, the run ends. It is never replaced by this machine,
since a CPU build that passes here would then read as a verdict of the cluster.
"""

from __future__ import annotations

from collections.abc import Callable

from vllm_qualify.core.errors import UserError
from vllm_qualify.core.outcomes import EXIT_UNDECIDED
from vllm_qualify.kube import kubeconfig
from vllm_qualify.kube.kubeconfig import Kubeconfig
from vllm_qualify.kube.kubectl import IN_CLUSTER, Kubectl
from vllm_qualify.kube.refusals import RefusalKind, Refused


class NoContext(UserError, ValueError):
    """No kubeconfig has a context of that name; the message says which there are."""


class NoAnswer(UserError):
    """The cluster does not answer, or not to us; the message holds kubectl's own words."""

    exit_code = EXIT_UNDECIDED


def check(context: str, *, read: Callable[[], Kubeconfig] = kubeconfig.read) -> None:
    """Ask a cluster whether it is there.

    Args:
        context: of the kubeconfig.
        read: reads that.

    Raises:
        NoContext: there is no such context.
        NoAnswer: the cluster, or the way to it, said no.
    """
    try:
        Kubectl(context=context, patience_seconds=0).get("/version")
    except Refused as refusal:
        if refusal.kind is not RefusalKind.NO_KUBECTL and (problem := _unknown(context, read)):
            raise NoContext(problem) from refusal
        raise NoAnswer(f"the cluster {context} does not answer: {refusal}") from refusal


def _unknown(context: str, read: Callable[[], Kubeconfig]) -> str:
    """Why the kubeconfig does not lead to the context; ``""`` where it does."""
    # The service account of a pod has no kubeconfig.
    return "" if context == IN_CLUSTER else kubeconfig.lacks(read(), context)
