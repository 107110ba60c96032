"""``--pause-gitops``: what would write production back stands still for the run, and goes on as before after it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from tests.rehearsed import apart
from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import Home, Killed
from tests.unit.targets.kubernetes.test_dry_run import qualified, rehearsed
from tests.unit.targets.whole import IMAGE, Whole, settings
from vllm_qualify.kube import controllers, objects, snapshot
from vllm_qualify.targets.base import Mode, NotReady
from vllm_qualify.targets.kubernetes import dry_run, restore_command

Object = dict[str, Any]
APPLICATION = ("Application", "argocd", "llm")


def managed(home: Home) -> Object:
    """Argo CD has production, with self-heal; gives its Application."""
    mark = {"argocd.argoproj.io/tracking-id": "llm:apps/Deployment:ml/vllm-server"}
    home.api.edit("Deployment", "vllm-server", lambda obj: obj["metadata"]["annotations"].update(mark))
    home.api.groups.add("argoproj.io")
    spec = {"syncPolicy": {"automated": {"selfHeal": True}}}
    metadata = {"name": "llm", "namespace": "argocd", "annotations": {"mine": "x"}}
    made = home.api.put({"kind": "Application", "apiVersion": "v1", "metadata": metadata, "spec": spec})
    home.api.controller.settle()
    home.first = {key: one for key, one in home.api.store.items() if key[0] != "Pod"}

    def heal() -> None:
        live, app = home.api.find("Deployment", "vllm-server"), home.api.store[APPLICATION]
        git = home.first["Deployment", "ml", "vllm-server"]
        skipped = (app["metadata"].get("annotations") or {}).get(controllers.SKIP) == "true"
        if not skipped and live is not None and live["spec"] != git["spec"]:
            home.api.put(objects.cleaned(git), manager="argocd-controller")

    home.api.clock.on_tick.append(heal)
    return made


def problems(whole: Whole) -> list[str]:
    """What is not as it was; a real server drops the owner of a field that is gone, which the fake one does not."""
    return [one for one in whole.home.problems() if one != f"the run owns fields of {APPLICATION}"]


@pytest.fixture
def pausing(home: Home, tmp_path: Path) -> Whole:
    """A run that pauses the self-heal which has production."""
    managed(home)
    return Whole(home=home, settings=settings(tmp_path), pause_gitops=True)


def test_without_the_option_a_run_does_not_begin(home: Home, tmp_path: Path) -> None:
    """Nothing is paused that nobody asked for."""
    managed(home)
    whole = Whole(home=home, settings=settings(tmp_path))

    with pytest.raises(NotReady) as caught:
        whole.target.open()

    assert "K20" in {one.id for one in caught.value.findings}
    assert whole.changes == []


def test_self_heal_stands_still_for_the_run(pausing: Whole) -> None:
    """The candidate is what serves, in both modes; afterwards Deployment and Application are as they were."""
    qualified(pausing)

    assert problems(pausing) == []
    order = [place.rpartition("/")[2].partition("?")[0] for _, place in pausing.changes]
    assert order.index("llm") < order.index("vllm-server")
    assert len(order) - order[::-1].index("llm") > len(order) - order[::-1].index("vllm-server")


def test_the_rehearsal_tells_it(pausing: Whole) -> None:
    """The same commands on the same paths in the same order."""
    expected = dry_run.changes(rehearsed(pausing))

    qualified(pausing)

    assert apart(pausing.changes) == apart(expected)


@pytest.mark.parametrize("fault", [Fault.CONFLICT, Fault.RESET_COMMITTED, Fault.STALE, Fault.UNAVAILABLE])
def test_trouble_with_the_application_alone(pausing: Whole, fault: Fault) -> None:
    """Whatever becomes of each request about it, pausing and resuming come to their end."""
    usual = pausing.home.api.run
    left = 4

    def run(argv: list[str], **how: Any) -> Any:
        nonlocal left
        if left and any("applications/llm" in word for word in argv):
            left -= 1
            pausing.home.api.faults[len(pausing.home.api.requests) + 1] = fault
        return usual(argv, **how)

    pausing.target.open()
    pausing.home.api.run = run  # type: ignore[method-assign]
    with pausing.target.deploy(IMAGE) as candidate:
        assert candidate.start(Mode.ML).ready is not None
    assert pausing.target.close().restoration.complete  # type: ignore[union-attr]
    assert problems(pausing) == []


@pytest.mark.parametrize("at", range(1, 60, 3))
def test_a_kill_anywhere_leaves_nothing_paused(pausing: Whole, at: int) -> None:
    """``restore`` lets it go on, from what the Secret says."""

    def kill() -> None:
        raise Killed

    pausing.target.open()
    pausing.at(at, kill)
    with contextlib.suppress(Killed):
        with pausing.target.deploy(IMAGE) as candidate:
            candidate.start(Mode.ML)
        pausing.target.close()
    lock = pausing.target._production._lock if pausing.target._production else None
    if lock is not None:
        lock.abandon()

    done = restore_command.recover(pausing.home.reach)

    assert done.problems == ()
    assert pausing.home.api.store[APPLICATION]["metadata"]["annotations"] == {"mine": "x"}
    assert problems(pausing) == []


def test_what_a_person_changed_meanwhile_is_left_to_them(pausing: Whole) -> None:
    """They took the pause away, or paused it for themselves; it is told."""
    pausing.target.open()
    with pausing.target.deploy(IMAGE) as candidate:
        candidate.start(Mode.ML)
    theirs = {"annotations": {controllers.SKIP: "true", "why": "maintenance"}}
    app = pausing.home.api.store[APPLICATION]
    pausing.home.api.put(app | {"metadata": app["metadata"] | theirs})

    ended = pausing.target.close()

    assert ended is not None
    assert ended.restoration.complete
    assert "Application argocd/llm is not as the run paused it, so it stays as it is" in ended.restoration.notes
    assert pausing.home.api.store[APPLICATION]["metadata"]["annotations"] == theirs["annotations"]


def test_where_production_is_not_back_it_stays_paused(pausing: Whole) -> None:
    """And whoever finishes it by hand hears the command; `--keep` tells it again."""
    pausing.target.open()
    with pausing.target.deploy(IMAGE) as candidate:
        candidate.start(Mode.ML)
    pausing.home.api.edit("Deployment", "vllm-server", lambda obj: obj["spec"].update(progressDeadlineSeconds=5))

    ended = pausing.target.close()
    kept = restore_command.recover(pausing.home.reach, keep=True)

    assert ended is not None
    assert not ended.restoration.complete
    for notes in (ended.restoration.notes, kept.notes):
        assert any("stays paused; to resume it: kubectl -n argocd annotate" in note for note in notes)
    assert pausing.home.api.find("Secret", snapshot.NAME) is None


def test_whoever_may_not_write_it_hears_so_before_anything_is_touched(pausing: Whole) -> None:
    """The permission is named with the very object."""
    pausing.home.api.denied.add(("update", "applications"))

    with pytest.raises(NotReady) as caught:
        pausing.target.open()

    (found,) = [one for one in caught.value.findings if one.id == "A01"]
    assert found.subject == "permission to update applications.argoproj.io llm"
    assert pausing.changes == []
