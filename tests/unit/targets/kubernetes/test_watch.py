"""Somebody else acts in the middle of a run: the verdict is about the candidate, or there is none."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.unit.targets import controller
from tests.unit.targets.home import NEW, OLD, Home
from tests.unit.targets.whole import IMAGE, Whole, closed, judged_candidate, settings
from vllm_qualify.core import images, outcomes
from vllm_qualify.core.outcomes import Blocked
from vllm_qualify.core.records import Judgement, Outcome
from vllm_qualify.kube import objects
from vllm_qualify.targets.base import Mode, Unavailable

Object = dict[str, Any]
Act = Callable[[Home], None]
GOOD = Judgement(outcome=Outcome.PASSED, message="fine")
OTHER = images.parse("vllm/vllm-openai:v0.12.0")


def revert(home: Home) -> None:
    """A GitOps controller writes back what its repository says."""
    git = objects.cleaned(home.first["Deployment", "ml", "vllm-server"])
    home.api.put(git, manager="argocd-controller")


def edit(home: Home) -> None:
    """A person sets the image of production again."""

    def change(obj: Object) -> None:
        obj["spec"]["template"]["spec"]["containers"][0]["image"] = OLD

    home.api.edit("Deployment", "vllm-server", change)


def scale(name: str, replicas: int) -> Act:
    """An autoscaler, or a person who switches the mode."""
    return lambda home: home.api.edit("Deployment", name, lambda obj: obj["spec"].update(replicas=replicas))


def delete(home: Home) -> None:
    """A tool that prunes what it does not know."""
    del home.api.store["Deployment", "ml", "vllm-server"]


def remake(home: Home) -> None:
    """A tool that deletes and creates where others replace; the same image and all."""
    obj = copy.deepcopy(home.api.store["Deployment", "ml", "vllm-server"])
    delete(home)
    home.api.put(obj)


def later(home: Home, seconds: float, act: Act) -> None:
    """Let it happen once, so many seconds from now."""
    clock, due = home.api.clock, home.api.clock.now + seconds

    def tick() -> None:
        if clock.now >= due and tick in clock.on_tick:
            clock.on_tick.remove(tick)
            act(home)

    clock.on_tick.append(tick)


def back_and_forth(name: str) -> Act:
    """Somebody switches, and switches back before anybody looks."""

    def act(home: Home) -> None:
        for replicas in (1, 0) if name == "vllm-r1" else (2, 1):
            scale(name, replicas)(home)

    return act


ACTS = {
    "there-and-back": (back_and_forth("vllm-server"), "generation, so it was changed and changed back"),
    "mode-there-and-back": (back_and_forth("vllm-r1"), "vllm-r1 was changed.*so it was changed and changed back"),
    "gitops": (revert, r"Deployment vllm-server was changed by somebody else \(argocd-controller at .*image: was"),
    "person": (edit, r"\(kubectl-edit at .*v0\.8\.5\.post1\", is \"vllm/vllm-openai:v0\.5\.5\""),
    "autoscaler": (scale("vllm-server", 2), "spec.replicas: was 1, is 2"),
    "scaled-away": (scale("vllm-server", 0), "spec.replicas: was 1, is 0"),
    "other-mode": (scale("vllm-r1", 1), "Deployment vllm-r1 was changed.*spec.replicas: was 0, is 1"),
    "pruned": (delete, "Deployment vllm-server was deleted by somebody else"),
    "made-anew": (remake, "Deployment vllm-server was changed by somebody else.*metadata.uid"),
}


@pytest.mark.parametrize("seconds", [0.0, 3.0, 8.0, 20.0, 29.5, 60.0])
def test_a_revert_while_the_candidate_loads(whole: Whole, monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Production's own image gets ready then, and is not taken for the candidate; production is back afterwards."""
    monkeypatch.setattr(controller, "LOAD_SECONDS", 30.0 if seconds < 60.0 else 90.0)
    whole.target.open()
    candidate = judged_candidate(whole)
    later(whole.home, seconds + 1.0, revert)

    with pytest.raises(Unavailable, match=r"argocd-controller.*Make sure that nothing else changes"):
        candidate.start(Mode.ML)

    assert closed(whole).restoration.complete
    assert whole.home.problems() == []


@pytest.mark.parametrize(("act", "said"), ACTS.values(), ids=ACTS)
def test_a_case_in_which_somebody_acted_shows_nothing(whole: Whole, act: Act, said: str) -> None:
    """What passed until then is broken, and says who did what; what comes after is blocked, and not asked."""
    whole.target.open()
    candidate = judged_candidate(whole)
    candidate.start(Mode.ML)
    act(whole.home)

    judged = candidate.judged(GOOD, during="DEPLOY/health")

    assert judged.outcome is Outcome.BROKEN
    assert re.search(said, judged.message)
    for ask in (candidate.memory, candidate.kv_cache, lambda: candidate.serving(Mode.ML)):
        with pytest.raises(Blocked, match="by somebody else"):
            ask()
    assert candidate.judged(GOOD, during="CLI_ARGS/accepted").outcome is Outcome.PASSED


@pytest.mark.parametrize(("act", "said"), ACTS.values(), ids=ACTS)
def test_no_request_of_a_case_reaches_a_stranger(whole: Whole, act: Act, said: str) -> None:
    """It is looked before each case as well; the next candidate is not started, and nobody is blamed."""
    whole.target.open()
    candidate = judged_candidate(whole)
    candidate.start(Mode.ML)
    act(whole.home)

    with pytest.raises(Unavailable, match=said) as caught:
        candidate.serving(Mode.ML)
    assert outcomes.classify(caught.value, in_suite=False).outcome is Outcome.BROKEN
    with pytest.raises(Blocked, match=said):
        candidate.start(Mode.R1)


def test_the_next_candidate_is_blocked_too(home: Home, tmp_path: Path) -> None:
    """Whoever took production back has it; the way back finds it as it was."""
    whole = Whole(home=home, settings=settings(tmp_path), images=(IMAGE, OTHER))
    whole.target.open()
    first, second = judged_candidate(whole), judged_candidate(whole, OTHER)
    first.start(Mode.ML)
    revert(home)
    with pytest.raises(Unavailable):
        first.serving(Mode.ML)

    with pytest.raises(Blocked, match="argocd-controller"):
        second.start(Mode.ML)

    assert closed(whole).restoration.complete
    assert home.problems() == []


def test_a_note_on_the_deployment_is_no_interference(whole: Whole) -> None:
    """Dashboards write annotations there; no pod is another one for that."""
    whole.target.open()
    candidate = judged_candidate(whole)
    candidate.start(Mode.ML)
    whole.home.api.edit("Deployment", "vllm-server", lambda obj: obj["metadata"]["annotations"].update(seen="yes"))

    candidate.serving(Mode.ML)

    assert candidate.judged(GOOD, during="DEPLOY/health").outcome is Outcome.PASSED


def test_a_death_that_somebody_else_brought_about_is_not_the_image_s(whole: Whole) -> None:
    """The container ends with an exit code while the controller takes its pod away."""
    whole.target.open()
    candidate = judged_candidate(whole)
    candidate.start(Mode.ML)

    def die(_: httpx.Request) -> httpx.Response:
        revert(whole.home)
        return httpx.Response(503)

    whole.home.health = die
    judged = candidate.judged(GOOD, during="DEPLOY/health")

    assert "argocd-controller" in judged.message
    assert judged.outcome is Outcome.BROKEN


def test_pods_that_get_another_image_are_not_asked(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """A webhook that rewrites pods: the Deployment is the candidate's, and what runs is not."""
    usual = controller.Controller._create

    def create(self: controller.Controller, deployment: Object, template: str) -> None:
        changed = copy.deepcopy(deployment)
        changed["spec"]["template"]["spec"]["containers"][0]["image"] = OLD
        usual(self, changed, template)

    whole.target.open()
    monkeypatch.setattr(controller.Controller, "_create", create)
    began = whole.home.api.clock.now

    with pytest.raises(Unavailable, match=r"runs vllm/vllm-openai:v0\.5\.5.*the candidate is .*v0\.8\.5\.post1"):
        judged_candidate(whole).start(Mode.ML)
    assert whole.home.api.clock.now - began < 60.0
    assert closed(whole).restoration.complete


def test_a_mirror_may_give_the_candidate_another_name(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest says that it is the one that was prepared."""
    same = controller.digest(NEW)
    usual = controller.Controller._create

    def create(self: controller.Controller, deployment: Object, template: str) -> None:
        changed = copy.deepcopy(deployment)
        changed["spec"]["template"]["spec"]["containers"][0]["image"] = f"mirror.example/{NEW}"
        usual(self, changed, template)

    whole.target.open()
    monkeypatch.setattr(controller, "digest", lambda _: same)
    monkeypatch.setattr(controller.Controller, "_create", create)

    assert judged_candidate(whole).start(Mode.ML).digest == same


def test_a_tag_that_was_moved_meanwhile_is_another_image(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was pulled and asked while production served is not what runs now."""
    whole.target.open()
    monkeypatch.setattr(controller, "digest", lambda _: f"sha256:{'9' * 64}")

    with pytest.raises(Unavailable, match=r"sha256:9.*its tag was moved during the run, so name the candidate by"):
        judged_candidate(whole).start(Mode.ML)


def test_whoever_scales_up_what_is_taken_down_is_noticed_at_once(whole: Whole) -> None:
    """Nobody waits five minutes for pods to end that somebody else keeps alive."""
    whole.target.open()
    candidate, began = judged_candidate(whole), whole.home.api.clock.now
    later(whole.home, 0.1, scale("vllm-server", 1))

    with pytest.raises(Unavailable, match=r"spec\.replicas: was 0, is 1"):
        candidate.start(Mode.ML)

    assert whole.home.api.clock.now - began < 20.0
    assert closed(whole).restoration.complete
    assert whole.home.problems() == []
