"""The operator's house rules as a table, and their check over the manifests before anything is applied. Pure.

A rule blocks where going on would endanger production, or make the result one for another configuration; conventions
warn. An object may waive a rule with a reason: annotation ``vllm-qualify/waive-H03: "the node has two GPUs"``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from vllm_qualify.core import foreign
from vllm_qualify.core.records import Finding, Severity
from vllm_qualify.core.rules import CheckedRule, entry
from vllm_qualify.kube.policy import service as house_service
from vllm_qualify.kube.policy import storage, subject, workload
from vllm_qualify.kube.policy.subject import PolicyObject, PolicyScope
from vllm_qualify.kube.yamltext import YamlDocument

WAIVER = "vllm-qualify/waive-"


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRule(CheckedRule[[PolicyObject, PolicyScope]]):
    """One house rule.

    Attributes:
        servers_only: it is about the Deployments that start vLLM, and no other object.
    """

    servers_only: bool = True


WAIVERS = entry("H00", "waiver of an unknown rule", "a waiver names a house rule", Severity.WARN)
RULES = (
    HouseRule(
        id="H01",
        brief="another namespace",
        title="every object is in the namespace of qualify.toml",
        rationale="objects in another namespace are neither captured nor put back",
        check=house_service.namespace,
        servers_only=False,
    ),
    HouseRule(
        id="H02",
        brief="strategy is not Recreate",
        title="the strategy is Recreate",
        rationale="there is one GPU: a rolling update starts the new pod first, which then waits forever",
        check=workload.strategy,
    ),
    HouseRule(
        id="H03",
        brief="more than one replica",
        title="there is at most one replica",
        rationale="a second one waits forever for a second GPU, and the Deployment never becomes ready",
        check=workload.replicas,
    ),
    HouseRule(
        id="H04",
        brief="model cache not on the node",
        title="the model cache is a folder on the node, never NFS",
        rationale="gigabytes are read at every start: over a network, the load budget would measure the network",
        check=storage.model_cache,
    ),
    HouseRule(
        id="H05",
        brief="shared memory is a disk",
        title="the folder /dev/shm is an emptyDir in memory",
        rationale="vLLM's processes share tensors there, and the default of 64 MB is too small for them",
        check=storage.shared_memory,
    ),
    HouseRule(
        id="H06",
        brief="not exactly one GPU",
        title="the server asks for exactly one GPU",
        rationale="without the limit, two servers may share one card; with a limit of two, no node can run the pod",
        check=workload.gpu,
    ),
    HouseRule(
        id="H07",
        brief="labels of the home lab",
        title="the Deployment and its pods have the labels of the home lab",
        severity=Severity.WARN,
        rationale="the operator finds all vLLM objects by them",
        check=workload.labels,
    ),
    HouseRule(
        id="H08",
        brief="Service that callers do not know",
        title="the Service has the name, type, port and selector that callers use",
        severity=Severity.WARN,
        rationale="the proxy and the ingress refer to its name and port",
        check=house_service.service,
        servers_only=False,
    ),
    HouseRule(
        id="H09",
        brief="pods that the Service does not select",
        title="the pods of every mode have the labels that the Service selects",
        rationale="a mode without them is never reached, whatever the image",
        check=house_service.selected,
    ),
    HouseRule(
        id="H10",
        brief="no --enforce-eager",
        title="--enforce-eager is set",
        rationale="CUDA graphs use memory that the KV cache needs: the result would be for another configuration",
        check=workload.arguments,
    ),
    HouseRule(
        id="H11",
        brief="no requirements in the head",
        title="the comment at the top of the file names its requirements",
        severity=Severity.WARN,
        rationale="whoever changes the file must know which requirements it meets",
        check=house_service.header,
        servers_only=False,
    ),
    HouseRule(
        id="H12",
        brief="image is not pinned",
        title="the image is pinned to a release",
        severity=Severity.WARN,
        rationale="a moving tag restores another image than the one that ran",
        check=workload.image,
    ),
    HouseRule(
        id="H13",
        brief="probe is too impatient",
        title="no probe ends the server within the load budget",
        severity=Severity.WARN,
        rationale="a server that is killed while it loads restarts and never becomes ready",
        check=workload.patience,
    ),
    HouseRule(
        id="H14",
        brief="no probe holds requests back",
        title="a probe holds back requests while the model loads",
        severity=Severity.WARN,
        rationale="without one, the Service sends requests to a server that does not listen yet",
        check=workload.readiness,
    ),
    HouseRule(
        id="H15",
        brief="compiles into production's caches",
        title="no candidate compiles into production's caches",
        severity=Severity.WARN,
        rationale="production may reuse what another release left, and no start shows the cost of an empty cache",
        check=storage.compile_caches,
    ),
)
"""The house rules, by id."""


def check(
    documents: Sequence[tuple[str, YamlDocument]],
    *,
    namespace: str,
    load_seconds: float = 120.0,
    service: str = "vllm-api",
    port: int = 8000,
) -> tuple[Finding, ...]:
    """Hold the operator's manifests to the house rules.

    Args:
        documents: each with the name of its file, those of all modes and of the Service together.
        namespace: where everything belongs.
        load_seconds: how long a model may take to load.
        service: the Service that callers know.
        port: its port.

    Returns:
        One finding for each violation, its subject ``file:line``; in the order of the documents, then of the rules.
    """
    every = tuple(one for file, document in documents for one in subject.objects(file, document) if one.kind)
    scope = PolicyScope(namespace=namespace, manifests=every, load_seconds=load_seconds, service=service, port=port)
    return tuple(finding for manifest in every for finding in _findings(manifest, scope))


def _findings(manifest: PolicyObject, scope: PolicyScope) -> Iterator[Finding]:
    yield from _unknown_waivers(manifest)
    serves = manifest.serves_vllm()
    for rule in RULES:
        if serves or not rule.servers_only:
            for result in rule.check(manifest, scope):
                yield _waived(rule.finding(result), manifest)


def _waived(finding: Finding, manifest: PolicyObject) -> Finding:
    waivers = _waivers(manifest)
    key = f"{WAIVER}{finding.id}"
    if key not in waivers:
        return finding
    reason = str(waivers[key] or "").strip()
    if reason:
        return replace(finding, waived=reason)
    said = f"the annotation {key} gives no reason, so it does not count; add why the rule does not matter here"
    return replace(finding, remedy=f"{finding.remedy}; {said}")


def _waivers(manifest: PolicyObject) -> dict[str, object]:
    found = foreign.mapping(manifest.at("metadata", "annotations"))
    return {str(key): value for key, value in found.items() if str(key).startswith(WAIVER)}


def _unknown_waivers(manifest: PolicyObject) -> Iterator[Finding]:
    known = {f"{WAIVER}{rule.id}" for rule in RULES}
    for key in _waivers(manifest):
        if key not in known:
            yield WAIVERS.finding(
                manifest.broken(
                    ("metadata", "annotations", key),
                    expected=f"{WAIVER}{RULES[0].id} to {WAIVER}{RULES[-1].id}",
                    actual=key,
                    remedy="correct the id, or remove the annotation",
                )
            )
