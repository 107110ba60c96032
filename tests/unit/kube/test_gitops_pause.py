"""What of a GitOps object is changed to hold it still, and that it is as it was afterwards."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from vllm_qualify.kube import controllers, gitops_pause

Object = dict[str, Any]
OBJECTS = {
    "argo": ("Application", {"annotations": {"mine": "x"}}, {"syncPolicy": {"automated": {}}}),
    "argo-bare": ("Application", {}, {}),
    "argo-false": ("Application", {"annotations": {controllers.SKIP: "false"}}, {}),
    "flux": ("Kustomization", {}, {"interval": "5m"}),
    "flux-false": ("HelmRelease", {"annotations": {"mine": "x"}}, {"suspend": False}),
}


def found(metadata: Object, spec: Object) -> Object:
    """An object as the API has it, with a status that must not be lost."""
    return {"metadata": {"name": "llm", "namespace": "ops"} | metadata, "spec": spec, "status": {"health": "good"}}


@pytest.mark.parametrize(("kind", "metadata", "spec"), OBJECTS.values(), ids=OBJECTS)
def test_it_stands_still_and_then_is_as_it_was(kind: str, metadata: Object, spec: Object) -> None:
    """One field and the mark of the run are changed, and both are gone afterwards."""
    before = found(copy.deepcopy(metadata), copy.deepcopy(spec))
    kept = gitops_pause.held(kind, before)

    made = gitops_pause.paused(kept, before, run="r1")

    assert gitops_pause.ours(kept, made, run="r1")
    assert made["status"] == before["status"]
    after = gitops_pause.resumed(kept, made)
    assert (after["spec"], after["metadata"].get("annotations") or {}) == (spec, metadata.get("annotations", {}))


@pytest.mark.parametrize(("kind", "metadata", "spec"), OBJECTS.values(), ids=OBJECTS)
def test_paused_it_would_not_act(kind: str, metadata: Object, spec: Object) -> None:
    """By the same rules by which a run is refused where it would."""
    held = gitops_pause.paused(gitops_pause.held(kind, found(metadata, spec)), found(metadata, spec), run="r1")
    controller = controllers.Controller(kind=kind, name="llm", namespace="ops", sign="", what="")

    assert controllers.judged(controller, held).acts is controllers.WriteTrigger.BY_HAND


@pytest.mark.parametrize("change", ["run", "field", "gone"])
def test_what_somebody_else_changed_is_not_the_run_s(change: str) -> None:
    """Another run's mark, a switch that a person threw, or nothing at all."""
    kept = gitops_pause.held("Kustomization", found({}, {}))
    made = gitops_pause.paused(kept, found({}, {}), run="other" if change == "run" else "r1")
    if change == "field":
        made["spec"]["suspend"] = False

    assert not gitops_pause.ours(kept, None if change == "gone" else made, run="r1")


def test_the_command_that_lets_it_go_on() -> None:
    """For whoever has to do it by hand."""
    argo = gitops_pause.PausedObject(kind="Application", namespace="argocd", name="llm")
    flux = gitops_pause.PausedObject(kind="Kustomization", namespace="flux-system", name="apps")

    assert argo.resume == "kubectl -n argocd annotate applications.argoproj.io llm argocd.argoproj.io/skip-reconcile-"
    assert flux.resume.startswith("kubectl -n flux-system patch kustomization.kustomize.toolkit.fluxcd.io apps ")
