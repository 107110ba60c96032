"""Who else writes a Deployment is known by what they leave on it, and when they act by their own object."""

from __future__ import annotations

from typing import Any

import pytest

from vllm_qualify.core.records import Severity
from vllm_qualify.kube import controllers
from vllm_qualify.kube.controllers import WriteTrigger

Object = dict[str, Any]
TRACKED = "argocd.argoproj.io/tracking-id"
FLUX = "kustomize.toolkit.fluxcd.io"
HELM = "helm.toolkit.fluxcd.io"


def deployment(
    annotations: Object | None = None, labels: Object | None = None, managers: tuple[str, ...] = (), **metadata: Any
) -> Object:
    """One with these signs on it."""
    managed = [{"manager": manager} for manager in managers]
    named = {"name": "vllm", "namespace": "ml", "annotations": annotations, "labels": labels, "managedFields": managed}
    return {"kind": "Deployment", "metadata": named | metadata, "spec": {}}


SIGNS = {
    "argo-annotation": (deployment({TRACKED: "llm:apps/Deployment:ml/vllm"}), "Application argocd/llm"),
    "argo-elsewhere": (deployment({TRACKED: "team_llm:apps/Deployment:ml/vllm"}), "Application team/llm"),
    "argo-label": (deployment(labels={"argocd.argoproj.io/instance": "llm"}), "Application argocd/llm"),
    "argo-manager": (
        deployment(labels={"app.kubernetes.io/instance": "llm"}, managers=("argocd-controller",)),
        "Application argocd/llm",
    ),
    "argo-unnamed": (deployment(managers=("argocd-application-controller",)), "Application"),
    "flux": (deployment(labels={f"{FLUX}/name": "apps", f"{FLUX}/namespace": "flux-system"}), "Kustomization"),
    "flux-manager": (deployment(managers=("kustomize-controller",)), "Kustomization"),
    "flux-helm": (deployment(labels={f"{HELM}/name": "vllm", f"{HELM}/namespace": "ml"}), "HelmRelease ml/vllm"),
    "helm": (
        deployment({"meta.helm.sh/release-name": "v", "meta.helm.sh/release-namespace": "ml"}),
        "Helm release ml/v",
    ),
    "owner": (deployment(ownerReferences=[{"kind": "LLM", "name": "qwen", "controller": True}]), "LLM qwen"),
    "keel": (deployment({"keel.sh/policy": "minor"}), "Keel"),
    "keel-label": (deployment(labels={"keel.sh/policy": "all"}), "Keel"),
    "reloader": (deployment({"reloader.stakater.com/auto": "true"}), "Reloader"),
    "reloader-one": (deployment({"configmap.reloader.stakater.com/reload": "x"}), "Reloader"),
}
NO_SIGNS = {
    "bare": deployment(),
    "people": deployment(managers=("kubectl-client-side-apply", "kube-controller-manager", "vllm-qualify")),
    "copied": deployment({TRACKED: "llm:apps/Deployment:prod/other"}),
    "helm's-label-alone": deployment(labels={"app.kubernetes.io/instance": "llm"}),
    "keel-never": deployment({"keel.sh/policy": "never"}),
    "no-controller": deployment(ownerReferences=[{"kind": "LLM", "name": "qwen"}]),
}


@pytest.mark.parametrize(("found", "name"), SIGNS.values(), ids=SIGNS)
def test_each_is_recognised_by_its_sign(found: Object, name: str) -> None:
    """With what to do about it in the words of its own tools."""
    (one,) = controllers.of(found)

    assert str(one).startswith(name)
    assert controllers.finding(one, "vllm").remedy


@pytest.mark.parametrize("found", NO_SIGNS.values(), ids=NO_SIGNS)
def test_what_is_no_sign(found: Object) -> None:
    """Neither a copied annotation nor a label that everybody uses makes a controller."""
    assert controllers.of(found) == ()


AUTOMATED: Object = {"syncPolicy": {"automated": {"selfHeal": True}}}
STATES = {
    "self-heal": ("argo-annotation", AUTOMATED, {}, WriteTrigger.BY_ITSELF, "K20"),
    "auto-sync": ("argo-annotation", {"syncPolicy": {"automated": {}}}, {}, WriteTrigger.BY_ITSELF, "K20"),
    "by-hand": ("argo-annotation", {"syncPolicy": {}}, {}, WriteTrigger.BY_HAND, "K22"),
    "no-policy": ("argo-annotation", {}, {}, WriteTrigger.BY_HAND, "K22"),
    "disabled": ("argo-annotation", {"syncPolicy": {"automated": {"enabled": False}}}, {}, WriteTrigger.BY_HAND, "K22"),
    "skipped": ("argo-annotation", AUTOMATED, {controllers.SKIP: "true"}, WriteTrigger.BY_HAND, "K22"),
    "skip-false": ("argo-annotation", AUTOMATED, {controllers.SKIP: "false"}, WriteTrigger.BY_ITSELF, "K20"),
    "flux": ("flux", {"interval": "10m"}, {}, WriteTrigger.BY_ITSELF, "K20"),
    "suspended": ("flux", {"suspend": True}, {}, WriteTrigger.BY_HAND, "K22"),
    "release": ("flux-helm", {"suspend": False}, {}, WriteTrigger.BY_ITSELF, "K20"),
}


@pytest.mark.parametrize(("sign", "spec", "notes", "acts", "rule"), STATES.values(), ids=STATES)
def test_its_own_object_tells_when_it_acts(
    sign: str, spec: Object, notes: Object, acts: WriteTrigger, rule: str
) -> None:
    """One that writes by itself stands in the way; one that was paused is only told."""
    (one,) = controllers.of(SIGNS[sign][0])

    judged = controllers.judged(one, {"metadata": {"annotations": notes}, "spec": spec})

    found = controllers.finding(judged, "vllm")
    assert (judged.acts, found.id) == (acts, rule)
    assert found.severity is {"K20": Severity.BLOCK, "K22": Severity.NOTE}[rule]


def test_the_command_that_pauses_is_exact() -> None:
    """It can be copied as it is, and says how to let it go on."""
    found = {sign: controllers.of(SIGNS[sign][0])[0].pause for sign in ("argo-annotation", "flux", "reloader")}

    assert found["argo-annotation"].startswith(
        "kubectl -n argocd annotate applications.argoproj.io llm argocd.argoproj.io/skip-reconcile=true"
    )
    assert found["flux"].startswith(
        "kubectl -n flux-system patch kustomizations.kustomize.toolkit.fluxcd.io apps --type merge "
        """-p '{"spec":{"suspend":true}}'"""
    )
    assert found["reloader"] == "kubectl -n ml annotate deployment vllm reloader.stakater.com/auto-"


@pytest.mark.parametrize("problem", ["", "forbidden"])
def test_what_could_not_be_read_is_said_and_not_guessed(problem: str) -> None:
    """Neither as harmless nor as a danger."""
    (one,) = controllers.of(SIGNS["argo-annotation"][0])

    found = controllers.finding(controllers.judged(one, None, problem=problem), "vllm")

    assert (found.id, found.severity) == ("K21", Severity.WARN)
    assert (problem or "there is no Application argocd/llm") in found.actual


@pytest.mark.parametrize("key", ["reconcile: disabled", "ssa: IfNotPresent"])
def test_flux_leaves_alone_what_says_so(key: str) -> None:
    """Its Kustomization need not be asked then."""
    name, _, value = key.partition(": ")
    (one,) = controllers.of(deployment({f"{FLUX}/{name}": value}, {f"{FLUX}/name": "apps"}))

    assert (one.acts, one.readable) == (WriteTrigger.BY_HAND, False)
