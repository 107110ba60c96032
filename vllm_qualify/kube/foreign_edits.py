"""What others did to a Deployment while a run had it: what means no harm is kept, an edit is left alone. Pure.

A snapshot is about a Deployment's spec and its own labels; whoever changes those has edited it. Annotations, labels
beside them, finalizers and owners are where controllers and dashboards keep their own, so they are merged: what may
have been written, what is there, what shall be.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vllm_qualify.core import foreign
from vllm_qualify.kube import objects
from vllm_qualify.kube.objects import FieldDifference, Object
from vllm_qualify.kube.pod_templates import at

_MAPS = ("annotations", "labels")
_WHOLE = ("finalizers", "ownerReferences")
_RESTARTS = frozenset({"kubectl.kubernetes.io/restartedAt", "reloader.stakater.com/last-reloaded-from"})
"""Of a pod template: they ask for new pods and say nothing of them (kubectl's ``polymorphichelpers``; Reloader)."""
_STAMPED = "spec.template.metadata.annotations"
_SCALE = "scale"
_AUTOSCALERS = ("kube-controller-manager", "keda", "autoscaler")
"""Field managers, or parts of them: the HorizontalPodAutoscaler writes by the first of them."""


def edits(base: Object, live: Object) -> tuple[FieldDifference, ...]:
    """What somebody changed of that which a snapshot is about, the number of replicas aside.

    Args:
        base: what was written.
        live: what is there.
    """
    labels = _labels(base)
    return objects.differences(_about(base, labels), _about(live, labels))


def beside(base: Object, live: Object) -> tuple[FieldDifference, ...]:
    """What somebody changed of the rest, which does no harm."""
    labels = _labels(base)
    return objects.differences(_beside(base, labels), _beside(live, labels))


def stamps(found: Iterable[FieldDifference]) -> tuple[tuple[FieldDifference, ...], tuple[FieldDifference, ...]]:
    """Differences between what was sent and the answer to it, and apart from them the stamps of a webhook.

    Those are annotations that it adds to the pod template: every write of the operator gets them as well.
    """
    every = tuple(found)
    stamped = tuple(one for one in every if one.was is None and one.path.startswith(_STAMPED))
    return tuple(one for one in every if one not in stamped), stamped


def nearest(known: Iterable[Object], live: Object) -> Object | None:
    """Of what may have been written, that from which an object differs least; ``None`` where there is none."""
    return min(known, key=lambda one: (len(edits(one, live)), len(beside(one, live))), default=None)


def merged(wanted: Object, *, known: Iterable[Object], live: Object) -> Object:
    """An object with what others keep beside it: what nobody but they can have left there stands.

    A key is held against all that may have been written, one by one: the run and the operator's command write only
    some of what a Deployment has, and where somebody wrote the spec of another state back, the rest is of the last one.

    Args:
        wanted: what shall be there.
        known: what may have been written.
        live: what is there.
    """
    result: Object = objects.copied(wanted)
    ours, now = result["metadata"], objects.cleaned(live)["metadata"]
    before = [objects.cleaned(one)["metadata"] for one in known]
    for part in _MAPS:
        found = _chosen(ours.pop(part, None) or {}, [one.get(part) or {} for one in before], now.get(part) or {})
        ours |= {part: found} if found else {}
    for part in _WHOLE:
        if now.get(part) not in [one.get(part) for one in before]:
            ours.pop(part, None)
            ours |= {part: now[part]} if now.get(part) else {}
    return result


def autoscaler(live: Object) -> str:
    """The field manager that an autoscaler set the number of replicas as; ``""`` where somebody else did.

    Source: ``managedFields`` name who owns a field; autoscalers write by the subresource ``scale``, as people do with
    ``kubectl scale``, whose manager is another.
    """
    for entry in live.get("metadata", {}).get("managedFields") or ():
        manager = str(entry.get("manager", ""))
        owns = "f:replicas" in ((entry.get("fieldsV1") or {}).get("f:spec") or {})
        if owns and entry.get("subresource") == _SCALE and any(one in manager for one in _AUTOSCALERS):
            return manager
    return ""


def _chosen(wanted: dict[str, Any], known: Sequence[dict[str, Any]], live: dict[str, Any]) -> dict[str, Any]:
    keys = sorted(wanted.keys() | live.keys())
    ours = {key for key in keys if live.get(key) in [one.get(key) for one in known]}
    chosen = {key: wanted.get(key) if key in ours else live.get(key) for key in keys}
    return {key: value for key, value in chosen.items() if value is not None}


def _labels(obj: Object) -> frozenset[str]:
    return frozenset(obj.get("metadata", {}).get("labels") or ())


def _about(obj: Object, labels: frozenset[str]) -> Object:
    metadata, spec = obj.get("metadata", {}), objects.copied(obj.get("spec"))
    if isinstance(spec, dict):
        spec.pop("replicas", None)
        for name in _RESTARTS & _template(spec).keys():
            del _template(spec)[name]
        if not _template(spec):
            _template_metadata(spec).pop("annotations", None)
    own = {key: value for key, value in (metadata.get("labels") or {}).items() if key in labels}
    named = {"name": metadata.get("name"), "namespace": metadata.get("namespace"), "labels": own}
    return {"kind": obj.get("kind"), "metadata": named, "spec": spec}


def _beside(obj: Object, labels: frozenset[str]) -> Object:
    metadata, spec = obj.get("metadata", {}), obj.get("spec")
    kept = {"annotations": metadata.get("annotations") or {}} | {part: metadata.get(part) or [] for part in _WHOLE}
    others = {key: value for key, value in (metadata.get("labels") or {}).items() if key not in labels}
    asked = {key: value for key, value in _template(spec).items() if key in _RESTARTS}
    return {"metadata": kept | {"labels": others}, "template": asked}


def _template(spec: object) -> dict[str, Any]:
    return _template_metadata(spec).get("annotations") or {}


def _template_metadata(spec: object) -> dict[str, Any]:
    return foreign.mapping(at(spec, "template", "metadata"))
