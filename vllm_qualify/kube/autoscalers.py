"""Autoscalers of a Deployment: HorizontalPodAutoscaler, KEDA and VerticalPodAutoscaler, and when they act. Pure.

Read from autoscaling/v2, keda.sh/v1alpha1 and autoscaling.k8s.io/v1; ``controllers`` has the words for what is found.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vllm_qualify.kube.controllers import Controller, WriteTrigger
from vllm_qualify.kube.objects import Object

_PAUSED = "autoscaling.keda.sh/paused"
"""Stops KEDA where it stands. ``paused-replicas`` is no pause to a run: it holds the number that it names."""
_NEVER = '{"selectPolicy":"Disabled"}'
_DISABLED = f'{{"spec":{{"minReplicas":1,"behavior":{{"scaleUp":{_NEVER},"scaleDown":{_NEVER}}}}}}}'
_OFF = '{"spec":{"updatePolicy":{"updateMode":"Off"}}}'


def horizontal(deployment: Object, found: Iterable[Object]) -> Iterator[Controller]:
    """Of HorizontalPodAutoscalers those that would scale a Deployment; KEDA's own are KEDA's."""
    for hpa in found:
        spec, metadata = hpa.get("spec", {}), hpa["metadata"]
        owned = any(owner.get("kind") == "ScaledObject" for owner in metadata.get("ownerReferences") or ())
        if owned or not _targets(spec.get("scaleTargetRef"), deployment) or _still(spec):
            continue
        low, high = spec.get("minReplicas", 1), spec.get("maxReplicas", 1)
        place = f"kubectl -n {metadata.get('namespace', '')} patch hpa {metadata['name']}"
        yield _acting(
            "HorizontalPodAutoscaler",
            hpa,
            what=f"it keeps {low} to {high} replicas, and a candidate has 1",
            pause=f"{place} --type merge -p '{_DISABLED}'",
        )


def keda(deployment: Object, found: Iterable[Object]) -> Iterator[Controller]:
    """Of ScaledObjects those that would scale a Deployment, from 0 as well."""
    for scaled in found:
        spec, metadata = scaled.get("spec", {}), scaled["metadata"]
        paused = str((metadata.get("annotations") or {}).get(_PAUSED, "")).lower() == "true"
        if paused or not _targets({"kind": "Deployment"} | (spec.get("scaleTargetRef") or {}), deployment):
            continue
        place = f"kubectl -n {metadata.get('namespace', '')} annotate scaledobject {metadata['name']}"
        yield _acting(
            "ScaledObject",
            scaled,
            what="KEDA scales it by its triggers, even while production is down",
            pause=f"{place} {_PAUSED}=true (and {_PAUSED}- afterwards)",
        )


def vertical(deployment: Object, found: Iterable[Object]) -> Iterator[Controller]:
    """Of VerticalPodAutoscalers those that would evict the pods of a Deployment, or change what they ask for."""
    for vpa in found:
        spec, metadata = vpa.get("spec", {}), vpa["metadata"]
        mode = (spec.get("updatePolicy") or {}).get("updateMode", "Auto")
        if mode == "Off" or not _targets(spec.get("targetRef"), deployment):
            continue
        evicts = "" if mode == "Initial" else ", and evicts pods for that"
        yield _acting(
            "VerticalPodAutoscaler",
            vpa,
            what=f"it changes what pods request{evicts} (updateMode {mode})",
            pause=f"kubectl -n {metadata.get('namespace', '')} patch vpa {metadata['name']} --type merge -p '{_OFF}'",
        )


def _acting(kind: str, obj: Object, *, what: str, pause: str) -> Controller:
    metadata = obj["metadata"]
    return Controller(
        kind=kind,
        name=str(metadata["name"]),
        namespace=str(metadata.get("namespace", "")),
        sign=f"{kind} {metadata['name']}",
        acts=WriteTrigger.BY_ITSELF,
        what=what,
        pause=pause,
    )


def _targets(reference: Object | None, deployment: Object) -> bool:
    chosen = reference or {}
    return chosen.get("kind") == "Deployment" and chosen.get("name") == deployment["metadata"]["name"]


def _still(spec: Object) -> bool:
    """It never sets another number than the 1 of a candidate."""
    if spec.get("minReplicas", 1) > 1:
        return False
    behaviour = spec.get("behavior") or {}
    off = [(behaviour.get(way) or {}).get("selectPolicy") == "Disabled" for way in ("scaleUp", "scaleDown")]
    return bool(spec.get("maxReplicas", 1) <= 1 or all(off))
