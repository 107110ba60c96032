"""Objects of the API as JSON: what of them is the operator's, and where two of them differ. Pure.

Called by the transaction around production, which captures, restores and proves by these.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]

RUN = "vllm-qualify/run"
"""The annotation by which what a run makes for itself is known as that run's."""

_SERVER_METADATA = frozenset(
    {"creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields"}
    | {"resourceVersion", "selfLink", "uid"}
)
# Counted up by the Deployment controller with every change of the pod template, a change back included.
_SERVER_ANNOTATIONS = frozenset({"deployment.kubernetes.io/revision"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDifference:
    """One field in which two objects differ; ``None`` where it is absent."""

    path: str
    was: Any = None
    now: Any = None

    def __str__(self) -> str:
        return f"{self.path}: was {_short(self.was)}, is {_short(self.now)}"

    def ahead(self) -> str:
        """The same of a change that is yet to be made."""
        return f"{self.path}: is {_short(self.was)}, will be {_short(self.now)}"


def copied(value: Any) -> Any:
    """A copy of JSON that shares nothing with it; some times faster than what knows of more than JSON."""
    if isinstance(value, dict):
        return {key: copied(each) for key, each in value.items()}
    return [copied(each) for each in value] if isinstance(value, list) else value


def cleaned(obj: Object) -> Object:
    """The object without what the server keeps there for itself; this can be sent back to it as it is."""
    return dict(copied(_cleaned(obj)))


def _cleaned(obj: Object) -> Object:
    kept = {key: value for key, value in obj.items() if key != "status"}
    metadata = {key: value for key, value in kept.get("metadata", {}).items() if key not in _SERVER_METADATA}
    annotations = metadata.get("annotations") or {}
    metadata["annotations"] = {key: value for key, value in annotations.items() if key not in _SERVER_ANNOTATIONS}
    if not metadata["annotations"]:
        del metadata["annotations"]
    return kept | {"metadata": metadata}


def differences(was: Object, now: Object) -> tuple[FieldDifference, ...]:
    """Where two objects differ, the server's own fields aside; empty when they are the same to an operator."""
    return tuple(_differences(_cleaned(was), _cleaned(now), ""))


def name_of(obj: Object) -> str:
    """Kind and name, as messages have it."""
    return f"{obj.get('kind', 'object')} {obj.get('metadata', {}).get('name', '')}"


def run_of(obj: Object | None) -> str:
    """The run that made an object for itself; ``""`` where none did."""
    annotations = obj["metadata"].get("annotations") if obj is not None else None
    return str((annotations or {}).get(RUN, ""))


def instead(wanted: Object, *, of: Object) -> Object:
    """An object that takes the place of the one that was read, and of no other.

    The uid is in it because a PUT makes a Lease anew that was deleted, whichever resourceVersion it names.
    """
    this = {key: of["metadata"][key] for key in ("uid", "resourceVersion")}
    return wanted | {"metadata": wanted["metadata"] | this}


def only(obj: Object) -> dict[str, str]:
    """By what a deletion names this very object, as it was read: ``uid`` and ``version``."""
    return {"uid": str(obj["metadata"]["uid"]), "version": str(obj["metadata"]["resourceVersion"])}


def replicas(obj: Object) -> int:
    """How many replicas a Deployment asks for; absent means one."""
    asked = obj.get("spec", {}).get("replicas")
    return 1 if asked is None else int(asked)


def with_replicas(obj: Object, count: int) -> Object:
    """The same Deployment with that many replicas."""
    changed: Object = copied(obj)
    changed["spec"]["replicas"] = count
    return changed


def with_namespace(obj: Object, namespace: str) -> Object:
    """The same object in a namespace."""
    changed: Object = copied(obj)
    changed["metadata"]["namespace"] = namespace
    return changed


def with_image(obj: Object, image: str, *, container: str) -> Object:
    """The same Deployment with another image in one container.

    Raises:
        KeyError: it has no such container.
    """
    changed: Object = copied(obj)
    for one in changed["spec"]["template"]["spec"]["containers"]:
        if one.get("name") == container:
            one["image"] = image
            return changed
    raise KeyError(container)


def image(obj: Object, *, container: str) -> str:
    """The image of one container of a pod, or of a Deployment's pods; ``""`` where it has no such container."""
    spec = obj.get("spec", {})
    pod = spec.get("template", {}).get("spec", spec)
    return next((str(one["image"]) for one in pod.get("containers") or [] if one.get("name") == container), "")


def selector(obj: Object) -> str:
    """The label selector of a Deployment's or Service's pods, as the API takes it in a query."""
    chosen = obj["spec"].get("selector", {})
    labels = chosen.get("matchLabels", {}) if "matchLabels" in chosen else chosen
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items()))


def _differences(was: Any, now: Any, path: str) -> Iterator[FieldDifference]:
    if was == now:
        return
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in sorted(was.keys() | now.keys()):
            yield from _differences(was.get(key), now.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        for place, (one, other) in enumerate(zip(was, now, strict=True)):
            yield from _differences(one, other, f"{path}[{place}]")
    else:
        yield FieldDifference(path=path, was=was, now=now)


def _short(value: Any, *, limit: int = 80) -> str:
    text = "absent" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else f"{text[:limit]}..."
