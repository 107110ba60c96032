"""House rules about names: namespace, comment header, and the Service that callers know. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from vllm_qualify.core import foreign
from vllm_qualify.core.records import Severity
from vllm_qualify.core.rules import RuleResult
from vllm_qualify.kube.policy.subject import PolicyObject, PolicyScope
from vllm_qualify.kube.policy.workload import pod_labels

_REQUIREMENT = re.compile(r"\bN?FR\d+\b")
_SELECTOR = {"app": "vllm-server"}
_WITHOUT_NAMESPACE = frozenset(
    {"ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition", "IngressClass", "Kustomization", "Namespace"}
    | {"Node", "PersistentVolume", "PriorityClass", "RuntimeClass", "StorageClass"}
)


def header(manifest: PolicyObject, _: PolicyScope) -> Iterator[RuleResult]:
    """The comment at the head of the file names the requirements that it is for."""
    if not _REQUIREMENT.search(manifest.header):
        actual = "a comment without one" if "#" in manifest.header else "no comment at the top of the file"
        yield manifest.broken((), expected="requirement ids such as FR203 or NFR115", actual=actual)


def namespace(manifest: PolicyObject, scope: PolicyScope) -> Iterator[RuleResult]:
    """Every object says that it belongs into the namespace of qualify.toml."""
    written = manifest.at("metadata", "namespace")
    if manifest.kind in _WITHOUT_NAMESPACE or not manifest.kind or written == scope.namespace:
        return
    yield manifest.broken(
        ("metadata", "namespace"),
        expected=scope.namespace,
        actual=str(written or "none, so it depends on who applies the file"),
        severity=None if written else Severity.WARN,
    )


def selected(manifest: PolicyObject, scope: PolicyScope) -> Iterator[RuleResult]:
    """The Service reaches the pods of every mode."""
    for service in _services(scope):
        wanted = foreign.mapping(service.at("spec", "selector"))
        found = pod_labels(manifest)
        lacking = {label: value for label, value in wanted.items() if found.get(label) != value}
        if lacking:
            yield manifest.broken(
                ("spec", "template", "metadata", "labels"),
                expected=f"{_words(lacking)}, which the {service.name} selects",
                actual=_words({label: found[label] for label in lacking if label in found}) or "no such label",
                remedy="without it, the Service selects no pod, and callers get no answer",
            )


def service(manifest: PolicyObject, scope: PolicyScope) -> Iterator[RuleResult]:
    """Name, type, port and selector are those that the proxy and the ingress hold."""
    if manifest not in _services(scope):
        return
    name = manifest.at("metadata", "name")
    if name != scope.service:
        yield manifest.broken(("metadata", "name"), expected=scope.service, actual=str(name))
    kind = manifest.at("spec", "type")
    if kind not in (None, "ClusterIP"):
        yield manifest.broken(("spec", "type"), expected="ClusterIP", actual=str(kind))
    ports = [foreign.mapping(port).get("port") for port in manifest.list("spec", "ports")]
    if scope.port not in ports:
        actual = ", ".join(map(str, ports)) or "none"
        yield manifest.broken(("spec", "ports"), expected=f"port {scope.port}", actual=actual)
    selector = foreign.mapping(manifest.at("spec", "selector"))
    if selector != _SELECTOR:
        actual = _words(selector) or "none"
        yield manifest.broken(("spec", "selector"), expected=_words(_SELECTOR), actual=actual)


def _services(scope: PolicyScope) -> list[PolicyObject]:
    """The Service that callers know; where none has its name, those that select a server."""
    every = [each for each in scope.manifests if each.kind == "Service"]
    named = [each for each in every if each.at("metadata", "name") == scope.service]
    pods = [pod_labels(server) for server in scope.servers]
    chosen = [(each, foreign.mapping(each.at("spec", "selector"))) for each in every]
    selecting = [each for each, labels in chosen if labels and any(labels.items() <= pod.items() for pod in pods)]
    return named or selecting


def _words(labels: Mapping[str, object]) -> str:
    return ", ".join(f"{label}: {value}" for label, value in labels.items())
