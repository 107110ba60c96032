"""Somebody else acts in the middle of a run: the verdict is about the candidate, or there is none."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.plugin.scripted import WORK
from tests.unit.targets import controller
from tests.unit.targets.home import NEW, OLD, Home
from tests.unit.targets.whole import IMAGE, Whole, settings
from vllm_qualify.checks import api
from vllm_qualify.checks.production import TransactionEnd as RunEnded
from vllm_qualify.core import images, outcomes
from vllm_qualify.core.outcomes import Blocked
from vllm_qualify.core.records import Judgement, Outcome
from vllm_qualify.kube import objects
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.base import Mode, NotReady, Unavailable
from vllm_qualify.targets.candidate import Candidate
from vllm_qualify.targets.kubernetes import watch

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


def taken_up(whole: Whole, image: images.ImageRef = IMAGE) -> Candidate:
    """The candidate, at its turn."""
    whole.home.api.executes = lambda *_: CompletedProcess(exit_code=1, stderr="no such command")
    deployment = whole.target.deploy(image).__enter__()
    return Candidate(image, deployment=deployment, work=WORK, keep_log=lambda *_: None)


def closed(whole: Whole) -> RunEnded:
    """The end of the run."""
    ended = whole.target.close()
    assert ended is not None
    return ended


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
    candidate = taken_up(whole)
    later(whole.home, seconds + 1.0, revert)

    with pytest.raises(Unavailable, match=r"argocd-controller.*Make sure that nothing else changes"):
        candidate.start(Mode.ML)

    assert closed(whole).restoration.complete
    assert whole.home.problems() == []


@pytest.mark.parametrize(("act", "said"), ACTS.values(), ids=ACTS)
def test_a_case_in_which_somebody_acted_shows_nothing(whole: Whole, act: Act, said: str) -> None:
    """What passed until then is broken, and says who did what; what comes after is blocked, and not asked."""
    whole.target.open()
    candidate = taken_up(whole)
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
    candidate = taken_up(whole)
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
    first, second = taken_up(whole), taken_up(whole, OTHER)
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
    candidate = taken_up(whole)
    candidate.start(Mode.ML)
    whole.home.api.edit("Deployment", "vllm-server", lambda obj: obj["metadata"]["annotations"].update(seen="yes"))

    candidate.serving(Mode.ML)

    assert candidate.judged(GOOD, during="DEPLOY/health").outcome is Outcome.PASSED


def test_a_death_that_somebody_else_brought_about_is_not_the_image_s(whole: Whole) -> None:
    """The container ends with an exit code while the controller takes its pod away."""
    whole.target.open()
    candidate = taken_up(whole)
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
        taken_up(whole).start(Mode.ML)
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

    assert taken_up(whole).start(Mode.ML).digest == same


def test_a_tag_that_was_moved_meanwhile_is_another_image(whole: Whole, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was pulled and asked while production served is not what runs now."""
    whole.target.open()
    monkeypatch.setattr(controller, "digest", lambda _: f"sha256:{'9' * 64}")

    with pytest.raises(Unavailable, match=r"sha256:9.*its tag was moved during the run, so name the candidate by"):
        taken_up(whole).start(Mode.ML)


def test_whoever_scales_up_what_is_taken_down_is_noticed_at_once(whole: Whole) -> None:
    """Nobody waits five minutes for pods to end that somebody else keeps alive."""
    whole.target.open()
    candidate, began = taken_up(whole), whole.home.api.clock.now
    later(whole.home, 0.1, scale("vllm-server", 1))

    with pytest.raises(Unavailable, match=r"spec\.replicas: was 0, is 1"):
        candidate.start(Mode.ML)

    assert whole.home.api.clock.now - began < 20.0
    assert closed(whole).restoration.complete
    assert whole.home.problems() == []


def conditioned(home: Home, condition: Object) -> None:
    """The Deployment controller says this of every Deployment, and makes no pod."""
    usual = home.api.set_status

    def set_status(key: tuple[str, str, str], status: Object, annotations: dict[str, str] | None = None) -> None:
        usual(key, status | ({"conditions": [condition]} if key[0] == "Deployment" else {}), annotations)

    home.api.set_status = set_status  # type: ignore[method-assign]
    home.api.controller._create = lambda *_: None  # type: ignore[method-assign]


def test_a_quota_is_nobody_s_failure(whole: Whole) -> None:
    """It is told by the cluster's own words, soon, and production comes back."""
    whole.target.open()
    said = 'pods "vllm-server-1" is forbidden: exceeded quota: gpus'
    conditioned(whole.home, {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": said})
    candidate, began = taken_up(whole), whole.home.api.clock.now

    start = candidate.start(Mode.ML)

    assert (start.ready, start.death, said in start.reason) == (None, None, True)
    assert whole.home.api.clock.now - began < 60.0
    assert api.started(ready=False, reason=start.reason, death=start.death).outcome is Outcome.INCONCLUSIVE


def unlucky(whole: Whole, status: Object) -> None:
    """Let the candidate's pod come to this instead of running."""
    usual = whole.home.api.controller._running

    def running(key: Any, pod: Object) -> Object:
        mine = pod["spec"]["containers"][0]["image"] == NEW
        return status if mine else usual(key, pod)

    whole.home.api.controller._running = running  # type: ignore[method-assign]


WAITING = {
    "type": "PodScheduled",
    "status": "False",
    "reason": "Unschedulable",
    "lastTransitionTime": "2020-01-01T00:00:00Z",
}
UNLUCKY = {
    "no-room": {"phase": "Pending", "conditions": [WAITING | {"message": "0/1 nodes: 1 Insufficient nvidia.com/gpu."}]},
    "evicted": {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: ephemeral-storage."},
    "gpu-taken": {"phase": "Failed", "reason": "UnexpectedAdmissionError", "message": "no GPU is left"},
    "node-left": {"phase": "Failed", "reason": "NodeLost", "message": "Node k3s-gpu-worker is gone"},
}


@pytest.mark.parametrize("status", UNLUCKY.values(), ids=UNLUCKY)
def test_a_candidate_without_a_place_has_not_failed(whole: Whole, status: Object) -> None:
    """Nothing of that is evidence against the image; the reason is told, and later cases are blocked."""
    whole.target.open()
    unlucky(whole, status)
    candidate = taken_up(whole)

    start = candidate.start(Mode.ML)

    judged = api.started(ready=start.ready is not None, reason=start.reason, death=start.death)
    assert judged.outcome is Outcome.INCONCLUSIVE
    assert "says nothing about the image" in judged.message
    with pytest.raises(Blocked, match="never became ready"):
        candidate.serving(Mode.ML)


@pytest.mark.parametrize("name", ["evicted", "gpu-taken", "node-left"])
def test_one_that_lost_its_place_at_work_has_not_failed(whole: Whole, name: str) -> None:
    """The case is broken, whatever it had seen."""
    whole.target.open()
    candidate = taken_up(whole)
    candidate.start(Mode.ML)
    unlucky(whole, UNLUCKY[name])
    whole.home.api.controller.tick()

    judged = candidate.judged(GOOD, during="DEPLOY/health")

    assert judged.outcome is Outcome.BROKEN
    assert UNLUCKY[name]["reason"] in judged.message


def stray(home: Home) -> None:
    """A pod of somebody else answers behind the Service."""
    labels = {"app": "vllm-server"}
    metadata = {"name": "stray", "namespace": "ml", "uid": "uid-stray", "labels": labels, "resourceVersion": "1"}
    status = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    spec = {"containers": [{"name": "x", "image": OLD, "args": ["--model", "qwen"]}]}
    home.api.store["Pod", "ml", "stray"] = {"kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


def test_who_else_answers_behind_the_service_is_not_measured(whole: Whole) -> None:
    """It is found when it comes, and nothing is held for the candidate's from then on."""
    whole.target.open()
    candidate = taken_up(whole)
    candidate.start(Mode.ML)
    stray(whole.home)

    with pytest.raises(Unavailable, match="Service vllm-api also leads to stray, so it is not known who answers"):
        candidate.serving(Mode.ML)


def test_a_run_does_not_begin_where_somebody_else_answers(whole: Whole) -> None:
    """Production would not be away for nothing."""
    stray(whole.home)

    with pytest.raises(NotReady) as caught:
        whole.target.open()

    assert [(one.id, one.actual) for one in caught.value.findings if one.blocks] == [("K23", "it also leads to stray")]
    assert whole.changes == []


def test_a_service_without_a_selector_says_nothing(whole: Whole) -> None:
    """Its endpoints are made by hand."""
    stray(whole.home)
    whole.home.api.edit("Service", "vllm-api", lambda obj: obj["spec"].pop("selector"))

    assert watch.others_behind(whole.home.site) == ()
