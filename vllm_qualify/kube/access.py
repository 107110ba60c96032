"""What a run must be allowed to do, verb by verb, each with its reason. Pure.

``deploy/rbac.yaml`` grants exactly this; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from vllm_qualify.core.records import Finding, Severity
from vllm_qualify.core.rules import RuleResult, entry
from vllm_qualify.kube import lease, placement, snapshot
from vllm_qualify.kube.objects import Object

NEEDED = entry("A01", "permission is missing", "the account may do what every run needs")
OPTIONAL = entry("A02", "permission is missing", "the account may read all that a run reports on", Severity.NOTE)
RULES = (NEEDED, OPTIONAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One verb on one resource.

    Attributes:
        verb: as RBAC names it.
        group: API group; ``""`` for the core.
        resource: as RBAC names it, in the plural.
        subresource: such as ``log``; ``""`` for the object itself.
        name: the one object that it is needed for; ``""`` for any.
        why: what a run cannot do without it.
        cluster: it is needed beyond the namespace.
        optional: a run goes on without it and says what it could not look at.
    """

    verb: str
    resource: str
    why: str
    group: str = ""
    subresource: str = ""
    name: str = ""
    cluster: bool = False
    optional: bool = False

    def __str__(self) -> str:
        of = f".{self.group}" if self.group else ""
        below = f"/{self.subresource}" if self.subresource else ""
        named = f" {self.name}" if self.name else ""
        where = " in the whole cluster" if self.cluster else ""
        return f"{self.verb} {self.resource}{of}{below}{named}{where}"


def missing(allowed: Mapping[Need, bool], *, needs: Iterable[Need] | None = None) -> tuple[Finding, ...]:
    """What the API server does not allow, the verb and its purpose named.

    Args:
        allowed: its answers; a need that was not asked about is taken as granted.
        needs: of a run; ``None`` for those of every run.
    """
    return tuple(_finding(need) for need in (NEEDS if needs is None else needs) if not allowed.get(need, True))


def review(need: Need, namespace: str) -> Object:
    """The question whether whoever runs this may do it.

    Source: Kubernetes' authorization.k8s.io/v1, SelfSubjectAccessReview, which every account may ask.
    """
    asked = {
        "verb": need.verb,
        "group": need.group,
        "resource": need.resource,
        "subresource": need.subresource,
        "name": need.name,
        "namespace": "" if need.cluster else namespace,
    }
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": {key: value for key, value in asked.items() if value}},
    }


def rules_review(namespace: str) -> Object:
    """The question what all may be done in a namespace: one request in the place of one for each need.

    Source: Kubernetes' authorization.k8s.io/v1, SelfSubjectRulesReview. Its answer may be incomplete, so it proves what
    is allowed and never what is not.
    """
    spec = {"namespace": namespace}
    return {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": spec}


def granted(need: Need, answer: Object) -> bool:
    """Tell whether the answer to ``rules_review`` shows that a need of the namespace is met."""
    rules: list[Object] = answer.get("status", {}).get("resourceRules") or []
    resource = f"{need.resource}/{need.subresource}" if need.subresource else need.resource
    asked = ((need.verb, "verbs"), (need.group, "apiGroups"), (resource, "resources"))
    return not need.cluster and any(
        all({word, "*"} & set(rule.get(kind) or ()) for word, kind in asked)
        and (not rule.get("resourceNames") or need.name in rule["resourceNames"])
        for rule in rules
    )


def _finding(need: Need) -> Finding:
    where = "ClusterRole" if need.cluster else "Role"
    result = RuleResult(
        title=f"the account of this run may {need}",
        subject=f"permission to {need}",
        path=f"{need.resource}/{need.subresource}" if need.subresource else need.resource,
        expected=f"allowed: {need.why}",
        actual="the API server says that this is not allowed",
        remedy=f"grant it; the {where} vllm-qualify of deploy/rbac.yaml does",
    )
    return (OPTIONAL if need.optional else NEEDED).finding(result)


def _deployments() -> Iterator[Need]:
    for verb, why in {
        "get": "to capture production before anything changes, and to prove that it is back",
        "create": "to put back a Deployment that somebody deleted, and to start a candidate beside production",
        "update": "to scale production down, to set the candidate's image, and to put production back",
        "delete": "to delete what was not there before",
    }.items():
        yield Need(verb=verb, group="apps", resource="deployments", why=why)


def _revisions() -> Iterator[Need]:
    for verb, why in {
        "list": "to read the history of production's rollouts",
        "delete": "to remove candidates from it, so that `kubectl rollout undo` starts none",
    }.items():
        yield Need(verb=verb, group="apps", resource="replicasets", why=why, optional=True)


def _pods() -> Iterator[Need]:
    for verb, why in {
        "get": "to tell a starting pod from a hopeless one",
        "list": "to find the pods of a Deployment, and to see that production's are gone",
        "create": "to pull an image and run its parser while production still serves",
        "delete": "to delete those helper pods",
    }.items():
        yield Need(verb=verb, resource="pods", why=why)
    yield Need(verb="get", resource="pods", subresource="log", why="to find out why a server died")
    measured = "to query the server and the GPU from inside its pod, without a port-forward"
    # Which of the two an API server checks depends on the protocol that kubectl speaks: WebSockets get, SPDY posts.
    yield Need(verb="create", resource="pods", subresource="exec", why=measured)
    yield Need(verb="get", resource="pods", subresource="exec", why=measured)


def _held() -> Iterator[Need]:
    """The lock of a run and its snapshot of production."""
    group, resource = "coordination.k8s.io", "leases"
    lock = "the lock that prevents a second run"
    yield Need(verb="create", group=group, resource=resource, why=f"to take {lock}")
    for verb, what in {"get": "to see who holds", "update": "to keep, or take over,", "delete": "to release"}.items():
        yield Need(verb=verb, group=group, resource=resource, name=lease.NAME, why=f"{what} {lock}")
    kept = "the snapshot of production, from which any machine can put it back"
    yield Need(verb="create", resource="secrets", why=f"to keep {kept}")
    for verb, what in {"get": "to read", "update": "to complete", "delete": "to delete, once it is put back,"}.items():
        yield Need(verb=verb, resource="secrets", name=snapshot.NAME, why=f"{what} {kept}")


def _looks() -> Iterator[Need]:
    """What is only looked at, and what the strategy ``beside`` adds."""
    yield Need(verb="list", resource="events", why="to find out why a pod does not start")
    yield Need(verb="get", resource="configmaps", why="to verify that a run changed none that production reads")
    yield Need(verb="get", resource="services", why="to find the address at which production serves")
    beside = 'to create a Service for a candidate beside production (only with strategy = "beside")'
    yield Need(verb="create", resource="services", why=beside, optional=True)
    yield Need(verb="delete", resource="services", name=placement.BESIDE, why=beside, optional=True)


def _cluster() -> Iterator[Need]:
    yield Need(verb="get", resource="nodes", cluster=True, why="to see that the GPU's node is ready and has disk space")
    name = "to list the nodes when qualify.toml names a wrong one"
    yield Need(verb="list", resource="nodes", cluster=True, why=name, optional=True)
    holder = "to see who else holds the GPU"
    yield Need(verb="list", resource="pods", cluster=True, why=holder, optional=True)


def _controllers() -> Iterator[Need]:
    """Who else may write the Deployments; without these a run says that it cannot see them."""
    for resource, group in {
        "horizontalpodautoscalers": "autoscaling",
        "scaledobjects": "keda.sh",
        "verticalpodautoscalers": "autoscaling.k8s.io",
    }.items():
        why = "to see that no autoscaler acts on production during the run"
        yield Need(verb="list", group=group, resource=resource, why=why, optional=True)
    for resource, group in {
        "applications": "argoproj.io",
        "helmreleases": "helm.toolkit.fluxcd.io",
        "kustomizations": "kustomize.toolkit.fluxcd.io",
    }.items():
        why = "to see whether a GitOps controller would write production back during the run"
        yield Need(verb="get", group=group, resource=resource, why=why, cluster=True, optional=True)


NEEDS = (*_deployments(), *_revisions(), *_pods(), *_held(), *_looks(), *_cluster(), *_controllers())
"""All of them, those of the namespace first."""
