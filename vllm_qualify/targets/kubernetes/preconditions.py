"""What must be right on the cluster before anything of it is touched; reads only. For the kubernetes target."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from vllm_qualify.config import Cluster, Settings
from vllm_qualify.core import rules
from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.core.rules import RuleResult, entry
from vllm_qualify.kube import access, drift, objects, paths, rollout
from vllm_qualify.kube.access import Need
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import facts, state
from vllm_qualify.kube.policy import rules as house_rules
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.targets import gpu_mode
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.kubernetes import gitops, other_writers, run_plan, watch
from vllm_qualify.targets.kubernetes.namespace import Namespace
from vllm_qualify.targets.kubernetes.run_plan import ModeManifest

NODE_EXISTS = entry("K02", "node is not there", "the GPU's node exists")
NODE_READY = entry("K03", "node is not ready", "the GPU's node is ready")
NODE_DISK = entry("K04", "node has no disk", "the node has disk space for the image, up to 30 GB")
GPU_FREE = entry("K05", "GPU is held", "the GPU is free, or held by the Deployments of the modes")
GPU_SEEN = entry(
    "K06", "holders of the GPU not all seen", "the pods that hold the GPU can be seen in all namespaces", Severity.NOTE
)
NODE_TAKES_PODS = entry("K07", "node takes no pods", "the node accepts pods")
NODE_GPU = entry("K08", "node offers no GPU", "the node offers a GPU")
NODE_NAMED = entry("K09", "node is not known", "the GPU's node is known")
SERVING = entry("K10", "production does not serve", "production serves before the run", Severity.WARN)
ROLLED_OUT = entry("K11", "rollout is held up", "production can be rolled out")
ALONE = entry("K23", "others behind the Service", "the Service selects only the Deployments of the modes")
RULES = (
    NODE_EXISTS,
    NODE_READY,
    NODE_DISK,
    GPU_FREE,
    GPU_SEEN,
    NODE_TAKES_PODS,
    NODE_GPU,
    NODE_NAMED,
    SERVING,
    ROLLED_OUT,
    ALONE,
)


def everything(
    site: Namespace, settings: Settings, cluster: Cluster, found: Mapping[Mode, ModeManifest], *, pausing: bool = False
) -> tuple[Finding, ...]:
    """All that is looked at before a run.

    Args:
        site: where.
        settings: what is tried.
        cluster: as the operator names it.
        found: the manifests.
        pausing: the run pauses GitOps controllers.

    Raises:
        Refused: the API server does not answer.
    """
    missing = rules.waived(permissions(site), settings.waivers)
    if any(finding.blocks for finding in missing):
        # Whatever else is asked for would be refused, and say nothing of the cluster.
        return missing
    deployments = [str(one.obj["metadata"]["name"]) for one in found.values()]
    live = {name: site.find("Deployment", name) for name in deployments}
    name = cluster.node or _node_of(site, live.values())
    command = run_plan.commanded(settings, cluster)
    looked = (
        *(node(site, name) if name else (_no_node(),)),
        *(gpu_holders(site, name, deployments=deployments) if name and cluster.strategy == "in-place" else ()),
        *house_rules.check(run_plan.documents(settings), namespace=cluster.namespace),
        *_drifted(found, live),
        *_baseline(site, live),
        *_others(site, cluster, live, pausing=pausing),
        *(_hindered(live) if cluster.strategy == "in-place" else ()),
        *(gpu_mode.beforehand(command, settings) if command is not None else ()),
    )
    return (*missing, *rules.waived(looked, settings.waivers))


def _others(
    site: Namespace, cluster: Cluster, live: Mapping[str, Object | None], *, pausing: bool
) -> tuple[Finding, ...]:
    """Whoever else writes production's Deployments; a candidate beside production has Deployments of its own."""
    if cluster.strategy == "beside":
        return ()
    there = [one for one in live.values() if one is not None]
    needed = gitops.permissions(site, gitops.acting(site, there)) if pausing else ()
    return (*other_writers.findings(site, there, pausing=pausing), *needed, *_behind(site, live))


def _behind(site: Namespace, owners: Collection[str]) -> Iterator[Finding]:
    """Who else answers callers of the Service would be measured in the candidate's place."""
    if others := watch.others_behind(site, owners=owners):
        yield ALONE.finding(
            RuleResult(
                subject=f"Service {site.service}",
                expected=f"no pods but those of {', '.join(owners)}",
                actual=f"it also leads to {', '.join(others)}",
                remedy="give the Service a selector of its own, or take them out from behind it while the run lasts",
            )
        )


def _node_of(site: Namespace, deployments: Iterable[Object | None]) -> str:
    """The node on which production runs."""
    running = [pod for one in deployments if one is not None for pod in site.pods_of(one)]
    return next((str(pod["spec"]["nodeName"]) for pod in running if pod["spec"].get("nodeName")), "")


def _drifted(found: Mapping[Mode, ModeManifest], live: Mapping[str, Object | None]) -> Iterator[Finding]:
    for manifest in found.values():
        there = live.get(str(manifest.obj["metadata"]["name"]))
        if there is not None:
            yield from drift.drift(manifest.obj, there)


def _baseline(site: Namespace, live: Mapping[str, Object | None]) -> Iterator[Finding]:
    """Production that does not serve before a run cannot be shown to serve after it."""
    for name, one in live.items():
        if one is None or not objects.replicas(one):
            continue
        running = site.pods_of(one)
        if not running or not all(map(state.ready, running)):
            yield SERVING.finding(
                RuleResult(
                    subject=f"Deployment {name}",
                    expected="every pod ready",
                    actual=f"{sum(map(state.ready, running))} of {objects.replicas(one)} ready",
                    remedy="fix it first, or accept that only this much can be proven to be back",
                )
            )


def _hindered(live: Mapping[str, Object | None]) -> Iterator[Finding]:
    """What can be taken down and not be put back is not taken down."""
    for name, one in live.items():
        if one is not None and (why := rollout.hindrance(one)):
            yield ROLLED_OUT.finding(
                RuleResult(
                    subject=f"Deployment {name}",
                    expected="a completed rollout that is not paused",
                    actual=why,
                    remedy=f"finish it first: `kubectl rollout status deployment/{name}`, or `kubectl rollout resume`",
                )
            )


def _no_node() -> Finding:
    return NODE_NAMED.finding(
        RuleResult(
            subject="qualify.toml",
            path="cluster.node",
            actual="is empty, and no pod of production runs that would reveal it",
            remedy="name the node in [cluster]",
        )
    )


def permissions(site: Namespace) -> tuple[Finding, ...]:
    """Ask the API server for each verb that a run needs; the missing ones by name.

    Raises:
        Refused: the API server does not even answer that.
    """
    answer = _rules(site)
    allowed = {need: access.granted(need, answer) or _allowed(site, need) for need in access.NEEDS}
    return access.missing(allowed)


def node(site: Namespace, name: str) -> tuple[Finding, ...]:
    """The node of the GPU must be ready, take pods, and have room on its disk."""
    found = site.kubectl.get(paths.path("Node", name=name))
    if found is not None:
        return tuple(_node(found, name))
    return (
        NODE_EXISTS.finding(
            RuleResult(
                subject=f"node {name}",
                expected="a node of that name",
                actual="no such node",
                remedy="correct `node` in [cluster] of qualify.toml; `kubectl get nodes` lists them",
            )
        ),
    )


def gpu_holders(site: Namespace, name: str, *, deployments: Sequence[str]) -> tuple[Finding, ...]:
    """The GPU must be free, or held by the Deployments that this run may take down."""
    try:
        listed = site.kubectl.items(paths.path("Pod", fieldSelector=f"spec.nodeName={name}"))
        everywhere = True
    except Refused:
        listed = site.kubectl.items(paths.path("Pod", site.namespace, fieldSelector=f"spec.nodeName={name}"))
        everywhere = False
    foreign = [
        f"{pod['metadata'].get('namespace', '')}/{pod['metadata']['name']}"
        for pod in listed
        if facts.holds_gpu(pod) and not any(facts.owned_by(pod, known) for known in deployments)
    ]
    found = tuple(
        GPU_FREE.finding(
            RuleResult(
                subject=f"pod {who}",
                expected=f"only pods of {', '.join(deployments)} request the GPU of {name}",
                actual="it requests one",
                remedy="stop it, or wait until it ends",
            )
        )
        for who in foreign
    )
    if everywhere:
        return found
    return (*found, _blind(name))


def _blind(name: str) -> Finding:
    return GPU_SEEN.finding(
        RuleResult(
            subject=f"node {name}",
            actual="no permission to list pods of other namespaces",
            remedy="grant `list pods` in all namespaces; see deploy/rbac.yaml",
            certainty=Certainty.POSSIBLE,
        )
    )


def _node(found: Object, name: str) -> Iterator[Finding]:
    conditions = {one["type"]: one for one in found.get("status", {}).get("conditions") or []}
    ready, pressure = conditions.get("Ready", {}), conditions.get("DiskPressure", {})
    gpus = found.get("status", {}).get("allocatable", {}).get("nvidia.com/gpu", "0")
    held = (
        (NODE_READY, "Ready", ready.get("status") == "True", ready.get("message", "not Ready")),
        (NODE_DISK, "no DiskPressure", pressure.get("status") != "True", pressure.get("message", "")),
        (NODE_TAKES_PODS, "schedulable", not found.get("spec", {}).get("unschedulable"), "it is cordoned"),
        (NODE_GPU, "nvidia.com/gpu >= 1", gpus != "0", f"it offers {gpus}"),
    )
    for rule, expected, holds, actual in held:
        if not holds:
            remedy = f"see `kubectl describe node {name}`"
            yield rule.finding(RuleResult(subject=f"node {name}", expected=expected, actual=actual, remedy=remedy))


def _rules(site: Namespace) -> Object:
    """What may be done in the namespace, as far as one answer tells; nothing where there is none."""
    try:
        return site.kubectl.review(access.rules_review(site.namespace))
    except Refused:
        return {}


def _allowed(site: Namespace, need: Need) -> bool:
    answer = site.kubectl.review(access.review(need, site.namespace))
    return bool(answer.get("status", {}).get("allowed"))
