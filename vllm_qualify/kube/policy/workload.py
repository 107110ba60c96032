"""House rules about the Deployments that start vLLM: strategy, GPU, arguments, image, labels, probes. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from vllm_qualify.arguments import command_line
from vllm_qualify.core import foreign
from vllm_qualify.core.rules import RuleResult
from vllm_qualify.kube.manifests import GPU
from vllm_qualify.kube.policy.subject import POD, PolicyObject, PolicyScope
from vllm_qualify.kube.quantity import same

_LABELS = {"app.kubernetes.io/name": "vllm", "app.kubernetes.io/part-of": "home-lab"}
_MOVING = ("latest", "main", "master", "nightly")


def arguments(manifest: PolicyObject, _: PolicyScope) -> Iterator[RuleResult]:
    """``--enforce-eager`` stands in the command line and is not taken back behind it."""
    switches = [command_line.canonical(group.flag) for group in manifest.flags()]
    said = [switch for switch in switches if switch in {"--enforce-eager", "--no-enforce-eager"}]
    if not said or said[-1] != "--enforce-eager":
        path = (*manifest.container, "args")
        yield manifest.broken(path, expected="--enforce-eager", actual=said[-1] if said else "no such argument")


def gpu(manifest: PolicyObject, _: PolicyScope) -> Iterator[RuleResult]:
    """Exactly one GPU: the node has no second one, and a request beside it must say the same."""
    path = (*manifest.container, "resources")
    limit = foreign.mapping(manifest.at(*path, "limits")).get(GPU)
    request = foreign.mapping(manifest.at(*path, "requests")).get(GPU)
    if limit is None or not same(limit, 1):
        actual = "no limit" if limit is None else str(limit)
        yield manifest.broken((*path, "limits", GPU), expected="1", actual=actual)
    if request is not None and not same(request, 1):
        yield manifest.broken((*path, "requests", GPU), expected="1, or none", actual=str(request))


def image(manifest: PolicyObject, _: PolicyScope) -> Iterator[RuleResult]:
    """The tag names a release, so that what is put back is what ran."""
    written = str(manifest.at(*manifest.container, "image") or "")
    if "@sha256:" in written:
        return
    tag = written.rpartition("/")[2].partition(":")[2]
    if not tag or tag.startswith(_MOVING):
        path = (*manifest.container, "image")
        expected = "a tag that names a release, or a digest"
        yield manifest.broken(path, expected=expected, actual=f"{written or 'no image'}, which may change over time")


def labels(manifest: PolicyObject, _: PolicyScope) -> Iterator[RuleResult]:
    """The labels by which the operator finds everything of vLLM."""
    for path in ((), ("spec", "template")):
        found = manifest.labels(*path)
        for label, value in _LABELS.items():
            if found.get(label) != value:
                where = (*path, "metadata", "labels", label)
                yield manifest.broken(where, expected=value, actual=str(found.get(label) or "no such label"))


def patience(manifest: PolicyObject, scope: PolicyScope) -> Iterator[RuleResult]:
    """No probe ends a server that still loads within its budget."""
    startup, liveness = manifest.probe("startup"), manifest.probe("liveness")
    # While a startup probe has not succeeded, Kubernetes does not ask the liveness probe.
    kind, probe = ("startup", startup) if startup else ("liveness", liveness)
    if probe is not None and probe.patience_seconds < scope.load_seconds:
        yield manifest.broken(
            (*manifest.container, f"{kind}Probe"),
            expected=f"at least the load budget of {scope.load_seconds:g} s before it gives up",
            actual=f"gives up after {probe.patience_seconds} s "
            f"({probe.initial_delay_seconds} + {probe.failure_threshold} x {probe.period_seconds})",
            remedy=(
                "raise failureThreshold of a startupProbe; a server that is killed while it loads never becomes ready"
            ),
        )


def readiness(manifest: PolicyObject, _: PolicyScope) -> Iterator[RuleResult]:
    """Something holds requests back until the model is loaded."""
    if manifest.probe("readiness") is None and manifest.probe("startup") is None:
        path = (*manifest.container, "readinessProbe")
        yield manifest.broken(
            path, expected="a readinessProbe on /health", actual="no probe: ready as soon as the container runs"
        )


def replicas(manifest: PolicyObject, _: PolicyScope) -> Iterator[RuleResult]:
    """One replica, or none while the other mode runs."""
    count = manifest.at("spec", "replicas")
    if count not in (None, 0, 1):
        yield manifest.broken(("spec", "replicas"), expected="0 or 1", actual=str(count))


def strategy(manifest: PolicyObject, _: PolicyScope) -> Iterator[RuleResult]:
    """Recreate: a rolling update waits for a second GPU for ever."""
    written = foreign.mapping(manifest.at("spec", "strategy"))
    kind = written.get("type")
    if kind != "Recreate":
        actual = str(kind or "none, which means RollingUpdate")
        yield manifest.broken(("spec", "strategy", "type"), expected="Recreate", actual=actual)
    elif written.get("rollingUpdate") is not None:
        path = ("spec", "strategy", "rollingUpdate")
        yield manifest.broken(path, expected="absent", actual="present, which the API server refuses beside Recreate")


def pod_labels(manifest: PolicyObject) -> dict[str, object]:
    """The labels of the pods that a Deployment makes."""
    return dict(manifest.labels(*POD[:-1]))
