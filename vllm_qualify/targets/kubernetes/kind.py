"""The operator's cluster as a target: its row in the table of targets, which every start reads.

What a method needs it loads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from vllm_qualify.core import fact_names, verdict_facts
from vllm_qualify.targets.kind import Ability, Lack, TargetKind, TargetRun

if TYPE_CHECKING:
    from vllm_qualify.config import Cluster, Settings
    from vllm_qualify.core.standing import PresentFacts
    from vllm_qualify.doctor.findings import MachineFacts
    from vllm_qualify.preflight import NodeFacts
    from vllm_qualify.targets.base import Target

_ON_THIS_MACHINE = "give --target local to try CPU builds on this machine, which says nothing about the cluster"


class KubernetesKind(TargetKind):
    """The operator's Deployments, with a candidate's image in the place of production's or beside it."""

    name = "kubernetes"
    holds_for = (*verdict_facts.OF_AN_IMAGE, fact_names.CONTEXT, *verdict_facts.ANYWHERE)

    def make(self, settings: Settings, run: TargetRun) -> Target:
        """The cluster, for a run."""
        from vllm_qualify.targets.kubernetes import target

        return target.made(settings, named(settings), run)

    def lacks(self, settings: Settings) -> Mapping[Ability, Lack]:
        """Engines of this machine, and what the way of trying rules out."""
        found = {
            Ability.PULLS_IMAGES: Lack(reason="images are pulled to the cluster's node, and its kubelet removes them"),
            Ability.RUNS_ENGINES_HERE: Lack(
                reason="applies to engines on this machine, but this run is for the cluster"
            ),
        }
        if settings.cluster is not None and settings.cluster.strategy == "beside":
            found[Ability.PAUSES_GITOPS] = Lack(
                reason="candidates beside production change nothing that could be written back"
            )
        elif settings.gpu_mode is not None:
            # It knows production's Deployments alone, not those beside it.
            found[Ability.SETS_VARIABLES] = Lack(
                reason="the command of [gpu_mode] applies its own copies of the manifests, which --env does not change",
                remedy="remove [gpu_mode] for this run, add the variable to the manifests and their copies",
            )
        return found

    def unnamed(self, settings: Settings) -> str:
        """That no cluster is named."""
        if settings.cluster is not None:
            return ""
        return (
            "no cluster is named, and only a named one is ever touched; "
            "add [cluster] with its context and namespace to qualify.toml"
        )

    def reach(self, settings: Settings) -> None:
        """Ask whether it answers.

        Raises:
            NoContext: no kubeconfig knows it.
            NoAnswer: it does not answer.
        """
        from vllm_qualify.kube import reachability

        try:
            reachability.check(named(settings).context)
        except reachability.NoContext as problem:
            raise reachability.NoContext(f"[cluster] {problem}; {_ON_THIS_MACHINE}") from problem
        except reachability.NoAnswer as problem:
            raise reachability.NoAnswer(f"{problem}; try again when it answers, or {_ON_THIS_MACHINE}") from problem

    def node(self, settings: Settings) -> tuple[NodeFacts, str] | None:
        """What the labels of its node tell."""
        return known(named(settings))

    def elsewhere(self, settings: Settings) -> str:
        """The cluster."""
        return f"the cluster {named(settings).context}"

    def production(self, settings: Settings) -> str:
        """Which Deployments make room, by what, and for how long."""
        from vllm_qualify.preflight import settings_subject

        cluster = named(settings)
        names = [settings_subject.serving(mode).name for mode in settings.modes.named.values()]
        where = f"what serves as {' or '.join(names)} in namespace {cluster.namespace} of {cluster.context}"
        if cluster.strategy == "beside":
            return f'{where} goes on serving: candidates start beside it (strategy = "beside")'
        by = "scaled to 0" if settings.gpu_mode is None else f"switched by `{' '.join(settings.gpu_mode.command)}`"
        return f"{where} is {by} while a candidate is tried, {cluster.downtime}, and put back as it was"

    def surroundings(self, settings: Settings, *, offline: bool = False) -> PresentFacts:
        """The node as the settings name it, and what its labels tell."""
        from vllm_qualify.core.standing import PresentFacts
        from vllm_qualify.targets import gpu_facts

        cluster = named(settings)
        named_by = {fact_names.CONTEXT: cluster.context, fact_names.NODE: cluster.node}
        place = PresentFacts(known={name: value for name, value in named_by.items() if value})
        if offline:
            why = f"the cluster {cluster.context} is not asked (--offline)"
            return place | PresentFacts(unknown=dict.fromkeys(verdict_facts.OF_THE_NODE, why))
        node, why = known(cluster)
        return place | gpu_facts.of_node(node, toolkit=cluster.toolkit, why=why)

    def missing(self, facts: MachineFacts) -> tuple[str, ...]:
        """What reaches a cluster."""
        from vllm_qualify.doctor import findings

        return findings.lacks_for_kubernetes(facts)


def named(settings: Settings) -> Cluster:
    """The cluster that the settings name."""
    if settings.cluster is None:
        raise AssertionError("a target was made of a cluster that nobody named")
    return settings.cluster


def node_of(cluster: Cluster) -> NodeFacts:
    """What the labels of the cluster's node tell, and what the settings tell of it.

    Raises:
        BadInput: the labels cannot be read, or tell no GPU.
    """
    from vllm_qualify.preflight import ToolkitMode, node_lookup

    mode = ToolkitMode.of(cluster.runtime_mode)
    return node_lookup.from_cluster(cluster.context, cluster.node, toolkit=cluster.toolkit, mode=mode)


def known(cluster: Cluster, read: Callable[[Cluster], NodeFacts] = node_of) -> tuple[NodeFacts, str]:
    """The node as far as it is known, and what the reader must know of that."""
    from vllm_qualify import preflight
    from vllm_qualify.preflight.launch_specs import BadInput

    try:
        node = read(cluster)
    except BadInput as problem:
        return preflight.node(), f"preflight knows nothing about the node, so it rules out little: {problem}"
    if not cluster.toolkit:
        return node, "preflight would be more certain with `toolkit` in [cluster]; nvidia-ctk --version prints it"
    return node, ""
