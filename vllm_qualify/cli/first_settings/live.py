"""Asks what runs now in the current context and on the container engine of this host. Only reads, and soon gives up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from vllm_qualify.arguments import server_likeness
from vllm_qualify.cli.first_settings.workloads import FoundWorkload
from vllm_qualify.container import inspection
from vllm_qualify.container.engine import ContainerEngine, EngineRefused
from vllm_qualify.container.inspection import Container
from vllm_qualify.core import foreign
from vllm_qualify.kube import kubeconfig, paths, serving_container
from vllm_qualify.kube.kubeconfig import Kubeconfig
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pod_templates import at
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.targets.container import engines

_SECONDS = 5.0
_KIND = "Deployment"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDeployment:
    """A Deployment of the cluster that may serve."""

    namespace: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveCluster:
    """What the current context of the kubeconfig leads to.

    Attributes:
        context: its name; ``""`` where there is none.
        contexts: all that there are.
        deployments: those of it that run vLLM.
        problem: why it was not, or could not be asked; ``""`` where it answered.
    """

    context: str = ""
    contexts: tuple[str, ...] = ()
    deployments: tuple[LiveDeployment, ...] = ()
    problem: str = ""

    def has(self, namespace: str, name: str) -> bool:
        """A Deployment runs there; without a namespace, in any."""
        return any(name == one.name and namespace in {"", one.namespace} for one in self.deployments)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveContainer:
    """A container that runs vLLM now, and the program that told of it."""

    program: str
    container: Container = field(repr=False)


def _kubectl(context: str) -> Kubectl:
    return Kubectl(context=context, patience_seconds=0)


def _engine(program: str) -> ContainerEngine:
    return engines.of(program, "")


def cluster(
    named: Iterable[LiveDeployment],
    *,
    context: str = "",
    read: Callable[[], Kubeconfig] = kubeconfig.read,
    kubectl: Callable[[str], Kubectl] = _kubectl,
) -> LiveCluster:
    """Look for Deployments that run vLLM.

    Args:
        named: by the manifests; looked for one by one where the cluster does not show all that it has.
        context: of the kubeconfig; ``""`` for the current one.
        read: reads the kubeconfig.
        kubectl: makes the way to a context.
    """
    known = read()
    found = LiveCluster(context=context or known.current, contexts=known.contexts)
    if not found.context:
        return replace(found, problem=known.problem or "the kubeconfig has no current context")
    asked = kubectl(found.context)
    try:
        try:
            deployments = asked.items(paths.path(_KIND))
        except Refused as refusal:
            if refusal.kind is not RefusalKind.FORBIDDEN:
                raise
            deployments = _each(asked, named)
    except Refused as refusal:
        return replace(found, problem=str(refusal))
    return replace(found, deployments=tuple(_named(one) for one in deployments if _serves(one)))


def service(context: str, workload: FoundWorkload, *, kubectl: Callable[[str], Kubectl] = _kubectl) -> str:
    """Name of the only Service of the cluster that selects the pods of a workload; ``""`` where there is none.

    Args:
        context: of the kubeconfig.
        workload: that runs there.
        kubectl: makes the way to a context.
    """
    try:
        there = kubectl(context).items(paths.path("Service", workload.manifest.namespace))
    except Refused:
        return ""
    selectors = {str(at(one, "metadata", "name")): foreign.mapping(at(one, "spec", "selector")) for one in there}
    names = [name for name, one in selectors.items() if one and one.items() <= workload.labels.items()]
    return names[0] if len(names) == 1 else ""


def containers(ask: Callable[[str], ContainerEngine] = _engine) -> tuple[LiveContainer, ...]:
    """The containers that run vLLM, of the first engine that answers; empty where none does.

    Args:
        ask: makes the way to Docker or Podman.
    """
    for program in ("docker", "podman"):
        engine = ask(program)
        try:
            lines = engine.read("ps", "--format", "{{.Names}}\t{{.Image}}\t{{.Command}}", seconds=_SECONDS)
            # A kubelet's containers are the cluster's to start and to stop.
            names = [line.partition("\t")[0] for line in lines.splitlines() if "vllm" in line and line[:4] != "k8s_"]
            return tuple(_serving(engine, names))
        except EngineRefused:
            continue
    return ()


def _serving(engine: ContainerEngine, names: Sequence[str]) -> list[LiveContainer]:
    read = [inspection.container(found, None) for name in names if (found := engine.container(name)) is not None]
    return [
        LiveContainer(program=engine.program, container=one)
        for one in read
        if server_likeness.weight(one.spec.image, entrypoint=(), arguments=one.argv, gpu=False)
        >= server_likeness.RUNS_VLLM
    ]


def _each(asked: Kubectl, named: Iterable[LiveDeployment]) -> tuple[Object, ...]:
    """The Deployments of these names that there are."""
    there = (asked.get(paths.path(_KIND, one.namespace, one.name)) for one in named if one.namespace)
    return tuple(one for one in there if one is not None)


def _named(found: Object) -> LiveDeployment:
    metadata = foreign.mapping(found.get("metadata"))
    return LiveDeployment(namespace=str(metadata.get("namespace", "")), name=str(metadata.get("name", "")))


def _serves(found: Object) -> bool:
    containers = foreign.mappings(at(found, "spec", "template", "spec", "containers"))
    return any(serving_container.weight(one) >= server_likeness.RUNS_VLLM for one in containers)
