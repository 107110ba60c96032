"""Who else writes a Deployment by itself: GitOps and Helm controllers, owners, and tools that update or restart. Pure.

Recognised by what they leave on the Deployment; ``judged`` then tells from their own object whether they would act
while a run has it. Autoscalers are in ``autoscalers``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from vllm_qualify.core.records import Certainty, Finding, Severity
from vllm_qualify.core.rules import RuleResult, entry
from vllm_qualify.kube.objects import Object

SKIP = "argocd.argoproj.io/skip-reconcile"
"""Of an Application: all of its processing stops. Nothing of its spec is lost, and an Application that itself comes out
of git keeps it, since git does not name it. Source: Argo CD's user guide, "Skip Application Reconcile", since 2.7."""
_TRACKING = "argocd.argoproj.io/tracking-id"
_ARGO_NAMESPACE = "argocd"
FLUX = {"Kustomization": "kustomize.toolkit.fluxcd.io", "HelmRelease": "helm.toolkit.fluxcd.io"}
_LEFT_ALONE = {
    "kustomize.toolkit.fluxcd.io/reconcile": {"disabled"},
    "kustomize.toolkit.fluxcd.io/ssa": {"ignore", "ifnotpresent"},
}
"""On a Deployment: the kustomize-controller does not apply it. Source: Flux, "Controlling the apply behavior"."""
_RELOADER = ("reloader.stakater.com/", "configmap.reloader.stakater.com/", "secret.reloader.stakater.com/")


_NOBODY_ELSE = "nothing else writes the Deployment while a candidate is tried"
ACTS = entry("K20", "somebody else writes the Deployment", _NOBODY_ELSE)
MAY_ACT = entry("K21", "somebody else may write it", _NOBODY_ELSE, Severity.WARN)
ACTS_ELSEWHEN = entry("K22", "somebody else writes it on an occasion", _NOBODY_ELSE, Severity.WARN)
RULES = (ACTS, MAY_ACT, ACTS_ELSEWHEN)


class WriteTrigger(Enum):
    """When a controller would write the Deployment."""

    BY_ITSELF = "at any time"
    ELSEWHEN = "when something else changes"
    BY_HAND = "when somebody triggers it"
    UNKNOWN = "at an unknown time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """One of them, for one Deployment.

    Attributes:
        kind: of its own object, or its name where it has none.
        name: of that object; ``""`` where nothing tells.
        namespace: of that object; ``""`` where it has none.
        sign: by what it was recognised.
        acts: when it writes the Deployment.
        what: what it does then.
        pause: the command that keeps it away for the time of a run; ``""`` where there is none.
    """

    kind: str
    sign: str
    what: str
    name: str = ""
    namespace: str = ""
    acts: WriteTrigger = WriteTrigger.UNKNOWN
    pause: str = ""

    @property
    def readable(self) -> bool:
        """Its own object tells whether it would act."""
        return bool(self.name) and self.kind in {"Application", *FLUX}

    def __str__(self) -> str:
        where = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {where}{self.name}".strip()


def of(deployment: Object) -> tuple[Controller, ...]:
    """Whoever left a sign on a Deployment; ``judged`` is still to be asked about those that are ``readable``."""
    return (*_argo(deployment), *_flux(deployment), *_helm(deployment), *_owners(deployment), *_tools(deployment))


def judged(controller: Controller, obj: Object | None, *, problem: str = "") -> Controller:
    """The same, by its own object.

    Args:
        controller: as it was recognised.
        obj: its object; ``None`` where there is none, or it could not be read.
        problem: why it could not be read.
    """
    if obj is None:
        return replace(controller, what=problem or f"there is no {controller}, so whether it acts is not known")
    acts, what = _argo_acts(obj) if controller.kind == "Application" else _flux_acts(obj)
    return replace(controller, acts=acts, what=what)


def finding(controller: Controller, deployment: str, *, pausing: bool = False) -> Finding:
    """What a controller means for a run: one that would act stands in the way, one that only may is told.

    Args:
        controller: as it was found.
        deployment: the name of what it writes.
        pausing: the run pauses what it can.
    """
    if pausing and controller.readable and controller.acts is WriteTrigger.BY_ITSELF:
        said = f"{controller.what}; this run pauses it, and resumes it afterwards"
        controller = replace(controller, acts=WriteTrigger.BY_HAND, what=said, pause="")
    rule = {WriteTrigger.BY_ITSELF: ACTS, WriteTrigger.UNKNOWN: MAY_ACT}.get(controller.acts, ACTS_ELSEWHEN)
    hand = "do not use it during the run"
    result = RuleResult(
        severity=Severity.NOTE if controller.acts is WriteTrigger.BY_HAND else None,
        subject=f"Deployment {deployment}",
        path=controller.sign,
        expected="any writer is paused during the run",
        actual=f"{controller}: {controller.what}",
        remedy=f"pause it, and resume it afterwards: {controller.pause}" if controller.pause else hand,
        certainty=Certainty.POSSIBLE if controller.acts is WriteTrigger.UNKNOWN else Certainty.CERTAIN,
    )
    return rule.finding(result)


def _argo(deployment: Object) -> Iterator[Controller]:
    metadata, labels, notes = deployment["metadata"], _labels(deployment), _annotations(deployment)
    tracked, _, rest = notes.get(_TRACKING, "").partition(":")
    managers = [manager for manager in _managers(deployment) if manager.startswith("argocd")]
    # An annotation that was copied with the manifest names another object, and Argo CD does not take it for its own.
    if tracked and rest == f"apps/Deployment:{metadata.get('namespace', '')}/{metadata['name']}":
        namespace, _, name = tracked.rpartition("_")
        yield _application(name, namespace or _ARGO_NAMESPACE, f"annotation {_TRACKING}")
    elif name := labels.get("argocd.argoproj.io/instance", ""):
        yield _application(name, _ARGO_NAMESPACE, "label argocd.argoproj.io/instance")
    elif managers:
        name = labels.get("app.kubernetes.io/instance", "")
        yield _application(name, _ARGO_NAMESPACE if name else "", f"field manager {managers[0]}")


def _application(name: str, namespace: str, sign: str) -> Controller:
    command = f"kubectl -n {namespace} annotate applications.argoproj.io {name} {SKIP}=true (and {SKIP}- afterwards)"
    return Controller(
        kind="Application",
        name=name,
        namespace=namespace,
        sign=sign,
        what="Argo CD wrote it, but the Application is not known",
        pause=command if name else "find its Application, and stop its automated sync",
    )


def _argo_acts(application: Object) -> tuple[WriteTrigger, str]:
    automated = (application.get("spec", {}).get("syncPolicy") or {}).get("automated")
    if str(_annotations(application).get(SKIP, "")).lower() == "true":
        return WriteTrigger.BY_HAND, f"its reconciliation is stopped by the annotation {SKIP}"
    if automated is None or automated.get("enabled") is False:
        return WriteTrigger.BY_HAND, "it syncs when somebody triggers it"
    if automated.get("selfHeal"):
        return WriteTrigger.BY_ITSELF, "self-heal writes git's version back within seconds"
    return WriteTrigger.BY_ITSELF, "it syncs git's version by itself whenever git changes"


def _flux(deployment: Object) -> Iterator[Controller]:
    labels, notes, managers = _labels(deployment), _annotations(deployment), _managers(deployment)
    for kind, group in FLUX.items():
        name, manager = (
            labels.get(f"{group}/name", ""),
            "kustomize-controller" if kind == "Kustomization" else "helm-controller",
        )
        if not name and manager not in managers:
            continue
        found = _reconciler(kind, group, name, labels.get(f"{group}/namespace", ""), manager=manager)
        alone = [key for key, values in _LEFT_ALONE.items() if {**labels, **notes}.get(key, "").lower() in values]
        if kind == "Kustomization" and alone:
            found = replace(
                found, name="", acts=WriteTrigger.BY_HAND, what=f"it ignores this object, as {alone[0]} says"
            )
        yield found


def _reconciler(kind: str, group: str, name: str, namespace: str, *, manager: str) -> Controller:
    resource = f"{kind.lower()}s.{group}"
    suspend = f'kubectl -n {namespace} patch {resource} {name} --type merge -p \'{{"spec":{{"suspend":true}}}}\''
    return Controller(
        kind=kind,
        name=name,
        namespace=namespace,
        sign=f"label {group}/name" if name else f"field manager {manager}",
        what=f"Flux's {manager} wrote it, but the {kind} is not known",
        pause=f"{suspend} (and false afterwards)" if name else f"find its {kind}, and suspend it",
    )


def _flux_acts(obj: Object) -> tuple[WriteTrigger, str]:
    spec = obj.get("spec", {})
    if spec.get("suspend"):
        return WriteTrigger.BY_HAND, "it is suspended"
    return WriteTrigger.BY_ITSELF, f"it applies git's version again every {spec.get('interval', 'few minutes')}"


def _helm(deployment: Object) -> Iterator[Controller]:
    release = _annotations(deployment).get("meta.helm.sh/release-name", "")
    if release:
        namespace = _annotations(deployment).get("meta.helm.sh/release-namespace", "")
        sign, what = "annotation meta.helm.sh/release-name", "`helm upgrade` writes it when somebody runs it"
        yield Controller(
            kind="Helm release", name=release, namespace=namespace, sign=sign, acts=WriteTrigger.BY_HAND, what=what
        )


def _owners(deployment: Object) -> Iterator[Controller]:
    for owner in deployment["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            yield Controller(
                kind=str(owner.get("kind", "")),
                name=str(owner.get("name", "")),
                sign="ownerReferences",
                acts=WriteTrigger.BY_ITSELF,
                what="it owns the Deployment, and its controller reverts changes",
                pause="by its controller's own means, or scale that controller to 0 during the run",
            )


def _tools(deployment: Object) -> Iterator[Controller]:
    name, namespace = deployment["metadata"]["name"], deployment["metadata"].get("namespace", "")
    notes = {**_labels(deployment), **_annotations(deployment)}
    if notes.get("keel.sh/policy", "never") != "never":
        what = "it sets a newer image when the registry has one"
        yield _tool(
            "Keel", "keel.sh/policy", what, f"kubectl -n {namespace} annotate deployment {name} keel.sh/policy-"
        )
    if key := next((key for key in notes if key.startswith(_RELOADER)), ""):
        what = "it restarts the pods when a ConfigMap or Secret changes"
        yield _tool("Reloader", key, what, f"kubectl -n {namespace} annotate deployment {name} {key}-")


def _tool(kind: str, sign: str, what: str, pause: str) -> Controller:
    return Controller(kind=kind, sign=sign, acts=WriteTrigger.ELSEWHEN, what=what, pause=pause)


def _labels(obj: Object) -> Mapping[str, str]:
    return {key: str(value) for key, value in (obj["metadata"].get("labels") or {}).items()}


def _annotations(obj: Object) -> Mapping[str, str]:
    return {key: str(value) for key, value in (obj["metadata"].get("annotations") or {}).items()}


def _managers(obj: Object) -> tuple[str, ...]:
    return tuple(str(entry.get("manager", "")) for entry in obj["metadata"].get("managedFields") or ())
