"""Looks for whoever else writes the Deployments of the modes, before they are touched; for ``preconditions``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from vllm_qualify.core.records import Certainty, Finding
from vllm_qualify.core.rules import RuleResult
from vllm_qualify.kube import autoscalers, controllers, paths
from vllm_qualify.kube.controllers import Controller
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.targets.kubernetes.namespace import Namespace

_SCALERS: dict[str, Callable[[Object, Iterable[Object]], Iterator[Controller]]] = {
    "HorizontalPodAutoscaler": autoscalers.horizontal,
    "ScaledObject": autoscalers.keda,
    "VerticalPodAutoscaler": autoscalers.vertical,
}


def findings(site: Namespace, deployments: Iterable[Object], *, pausing: bool = False) -> tuple[Finding, ...]:
    """Each controller that was recognised; what may not be read is said, and never taken for harmless.

    Args:
        site: where they are.
        deployments: those that a run takes down.
        pausing: the run pauses what it can.

    Raises:
        Refused: the API server does not say which kinds it has.
    """
    served, there = _served(site), tuple(deployments)
    found = [
        controllers.finding(_read(site, one, served), str(deployment["metadata"]["name"]), pausing=pausing)
        for deployment in there
        for one in controllers.of(deployment)
    ]
    return (*found, *_scalers(site, there, served))


def gitops(site: Namespace, deployments: Iterable[Object]) -> tuple[Controller, ...]:
    """The controllers whose own objects could be read.

    Raises:
        Refused: as ``findings``.
    """
    served = _served(site)
    found = [one for deployment in deployments for one in controllers.of(deployment) if one.readable]
    return tuple(_read(site, one, served) for one in found)


def _served(site: Namespace) -> frozenset[str]:
    """The API groups; a path of a kind that nobody installed would be answered as by a server in trouble."""
    answer = site.kubectl.get(paths.GROUPS) or {}
    return frozenset(str(group.get("name", "")) for group in answer.get("groups") or ())


def _read(site: Namespace, controller: Controller, served: frozenset[str]) -> Controller:
    if not controller.readable:
        return controller
    if paths.group(controller.kind) not in served:
        return controllers.judged(controller, None)
    try:
        found = site.kubectl.get(paths.path(controller.kind, controller.namespace, controller.name))
    except Refused as refusal:
        return controllers.judged(controller, None, problem=f"could not find out whether it acts: {refusal}")
    return controllers.judged(controller, found)


def _scalers(site: Namespace, deployments: Iterable[Object], served: frozenset[str]) -> Iterator[Finding]:
    for kind, chosen in _SCALERS.items():
        if paths.group(kind) not in served:
            continue
        try:
            found = site.kubectl.items(paths.path(kind, site.namespace))
        except Refused as refusal:
            yield _unread(kind, refusal)
            continue
        for deployment in deployments:
            for one in chosen(deployment, found):
                yield controllers.finding(one, str(deployment["metadata"]["name"]))


def _unread(kind: str, refusal: Refused) -> Finding:
    result = RuleResult(
        subject=f"every {kind} of the namespace",
        expected="none that acts on the Deployments of the modes",
        actual=f"could not find out whether there is one: {refusal}",
        remedy="grant `list` on it (deploy/rbac.yaml does), or check it yourself before the run",
        certainty=Certainty.POSSIBLE,
    )
    return controllers.MAY_ACT.finding(result)
