"""A run on a cluster as a whole: what keeps it from beginning, what it tells, and how it ends when it is broken off."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.targets.home import Home, holder
from tests.unit.targets.whole import Whole, closed, settings, taken_up
from vllm_qualify.kube import lease, objects, snapshot
from vllm_qualify.targets.base import Mode, NotReady

Object = dict[str, Any]


def variables(spec: Object) -> list[Object]:
    """Those of a pod's only container."""
    found: list[Object] = spec["containers"][0]["env"]
    return found


def test_a_run_that_is_not_ready_changes_nothing(whole: Whole) -> None:
    """Somebody has the lock, or left production away: it is said, and nothing is touched."""
    whole.home.leave(whole.home.kept(), by=holder("run-0"))
    before = dict(whole.home.api.store)

    with pytest.raises(NotReady, match="run run-1 ended without putting production back"):
        whole.target.open()
    whole.target.close()

    assert whole.home.api.store == before


def test_a_lock_that_is_lost_while_images_are_pulled_ends_the_run_untouched(whole: Whole) -> None:
    """A laptop slept over the pull, and a colleague tries candidates of their own by now."""
    api = whole.home.api

    def take_over() -> None:
        if api.requests[-1].key[0] == "Pod" and api.requests[-1].verb == "create":
            api.put(lease.lease(holder("run-2"), namespace="ml"), manager="vllm-qualify")

    for number in range(1, 400):
        api.before[number] = take_over
    with pytest.raises(NotReady, match=r"lost its lock.*it is held by run-2@elsewhere"):
        whole.target.open()
    ended = closed(whole)

    assert ended.restoration.complete
    assert not [line for line in api.written if "Deployment" in line]


@pytest.mark.parametrize("wrong", ["", "kind: [", "kind: ConfigMap\n"], ids=["empty", "no-yaml", "no-workload"])
def test_a_manifest_that_cannot_be_read(whole: Whole, wrong: str) -> None:
    """The file is named, the cluster is not even asked."""
    manifest = whole.settings.modes.ml.manifest
    manifest.write_text(wrong)

    with pytest.raises(NotReady, match=manifest.name):
        whole.target.open()
    assert whole.target.close() is None
    assert whole.home.api.requests == []


@pytest.mark.parametrize("at", range(3, 70, 4))
def test_a_run_that_is_interrupted_anywhere(whole: Whole, at: int) -> None:
    """Wherever that is, lock, snapshot and helper pods are gone, and production is what it was."""

    def interrupt() -> None:
        raise KeyboardInterrupt

    whole.at(at, interrupt)
    with pytest.raises(KeyboardInterrupt):
        taken_up(whole).start(Mode.ML)

    ended = whole.target.close()
    assert ended is None or ended.restoration.complete
    assert whole.home.problems() == []


def test_variables_of_the_run_are_the_candidates_alone(home: Home, tmp_path: Path) -> None:
    """Its Deployment and the pod that asks its parser have them; production has neither before nor after."""
    whole = Whole(home=home, settings=settings(tmp_path), environment={"LD_LIBRARY_PATH": "/usr/lib"})
    wanted = {"name": "LD_LIBRARY_PATH", "value": "/usr/lib"}
    asked: list[Object] = []
    stored: Callable[..., Object] = home.api._stored

    def watched(key: tuple[str, str, str], body: Object, *words: Any) -> Object:
        asked.extend([body] if key[0] == "Pod" and key[2].startswith("vllm-qualify-0") else [])
        return stored(key, body, *words)

    home.api._stored = watched  # type: ignore[method-assign, assignment]
    candidate = taken_up(whole)
    before = home.live("vllm-server")
    candidate.start(Mode.ML)
    during = home.live("vllm-server")
    closed(whole)

    assert [wanted in variables(one["spec"]) for one in asked] == [True]
    assert [wanted in variables(one["spec"]["template"]["spec"]) for one in (before, during)] == [False, True]
    assert "LD_LIBRARY_PATH" not in str(home.live("vllm-server"))
    assert home.problems() == []


def test_secrets_in_plain_sight_are_known(whole: Whole) -> None:
    """So that no report shows them, and none of the run's own words does."""
    taken_up(whole).start(Mode.ML)
    (secret,) = whole.target.secrets()
    closed(whole)

    told = json.dumps([[step.phase, step.what, step.command] for step in whole.steps])
    assert secret not in told
    assert secret not in "\n".join(whole.home.said)


def test_steps_are_journalled_before_they_act(whole: Whole) -> None:
    """Each change of the cluster is preceded by its step."""
    seen: list[int] = []
    stored: Callable[..., Object] = whole.home.api._stored

    def watched(*words: Any) -> Object:
        seen.append(len(whole.steps))
        return stored(*words)

    whole.home.api._stored = watched  # type: ignore[method-assign, assignment]
    taken_up(whole).start(Mode.ML)
    closed(whole)

    assert seen == sorted(seen)
    assert seen[0] > 0
    assert [step.phase for step in whole.steps[:3]] == ["lock", "capture", "prepare"]
    assert whole.home.api.find("Secret", snapshot.NAME) is None
    assert whole.home.api.find("Lease", lease.NAME) is None
    assert objects.replicas(whole.home.live("vllm-server")) == 1


def test_an_evicted_pod_does_not_make_production_one_that_never_served(whole: Whole) -> None:
    """It is captured as ready and serving by the pods that count, and so is waited for and asked at the end."""
    whole.home.api.controller.evict("vllm-server")
    whole.home.api.controller.settle()

    whole.target.open()
    assert whole.target._production is not None
    captured = whole.target._production.snapshot

    assert captured is not None
    assert (captured.ready, captured.served) == ({"vllm-server": 1}, ("qwen",))


def test_production_that_was_only_partly_ready_is_asked_and_waited_for(whole: Whole) -> None:
    """As many pods as were ready when the run began, and they have to answer."""
    whole.home.api.edit("Deployment", "vllm-server", lambda obj: obj["spec"].update(replicas=2))
    whole.home.api.controller.settle()
    taken_up(whole).start(Mode.ML)

    restoration = closed(whole).restoration

    assert restoration.complete
    assert "1 of 2 pods of Deployment vllm-server were ready when the run began, and are again" in restoration.notes
    assert restoration.checked[-1] == "production answers as qwen"
