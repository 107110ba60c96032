"""Holds GitOps objects still for the time of a run, and lets them go on as they were; ``--pause-gitops``. Pure.

Of an Application the annotation ``skip-reconcile``, of Flux's objects ``spec.suspend``: one field each, the least that
stops them, and none that git names, so that a parent which manages them leaves it alone. A second annotation names the
run, so that only what a run paused is let go on, and only while nobody else has changed it.
"""

from __future__ import annotations

from dataclasses import dataclass

from vllm_qualify.kube import controllers, objects
from vllm_qualify.kube.objects import Object

KINDS = ("Application", "HelmRelease", "Kustomization")
_APPLICATION = "Application"


@dataclass(frozen=True, slots=True, kw_only=True)
class PausedObject:
    """What is held still.

    Attributes:
        kind: one of ``KINDS``.
        namespace: where it is.
        name: how it is called.
        was: what stood in its field before; ``None`` where nothing did.
    """

    kind: str
    namespace: str
    name: str
    was: str | bool | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"

    @property
    def resume(self) -> str:
        """The command that lets it go on by hand."""
        if self.kind == _APPLICATION:
            return f"kubectl -n {self.namespace} annotate applications.argoproj.io {self.name} {controllers.SKIP}-"
        resource, off = f"{self.kind.lower()}.{controllers.FLUX[self.kind]}", '{"spec":{"suspend":false}}'
        return f"kubectl -n {self.namespace} patch {resource} {self.name} --type merge -p '{off}'"


def held(kind: str, obj: Object) -> PausedObject:
    """What is to be kept of an object before it is paused."""
    metadata = obj["metadata"]
    return PausedObject(kind=kind, namespace=metadata["namespace"], name=metadata["name"], was=_field(kind, obj))


def paused(one: PausedObject, obj: Object, *, run: str) -> Object:
    """The object, paused by a run."""
    return _with(one.kind, obj, value="true" if one.kind == _APPLICATION else True, run=run)


def resumed(one: PausedObject, obj: Object) -> Object:
    """The object as it was before the run paused it."""
    return _with(one.kind, obj, value=one.was, run="")


def ours(one: PausedObject, obj: Object | None, *, run: str) -> bool:
    """Whether an object stands as the run paused it, and nobody let it go on or changed that meanwhile."""
    return obj is not None and objects.run_of(obj) == run and _field(one.kind, obj) in {"true", True}


def _field(kind: str, obj: Object) -> str | bool | None:
    if kind != _APPLICATION:
        suspended: bool | None = (obj.get("spec") or {}).get("suspend")
        return suspended
    note: str | None = (obj["metadata"].get("annotations") or {}).get(controllers.SKIP)
    return note


def _with(kind: str, obj: Object, *, value: str | bool | None, run: str) -> Object:
    """Everything else stays, the status included: an Application has it in the same document."""
    made: Object = objects.copied(obj)
    notes = made["metadata"].get("annotations") or {}
    place, key = (notes, controllers.SKIP) if kind == _APPLICATION else (made["spec"], "suspend")
    place.pop(key, None)
    place |= {} if value is None else {key: value}
    notes.pop(objects.RUN, None)
    notes |= {objects.RUN: run} if run else {}
    made["metadata"]["annotations"] = notes
    return made
