"""A run on a cluster as a whole: what keeps it from beginning, what it tells, and how it ends when it is broken off."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.targets.home import holder
from tests.unit.targets.whole import IMAGE, Whole
from vllm_qualify import images
from vllm_qualify.judge.restoring import Ended as RunEnded
from vllm_qualify.kube import lease, objects, snapshot
from vllm_qualify.targets.base import Mode, NotReady
from vllm_qualify.targets.in_cluster import InCluster

Object = dict[str, Any]


def taken_up(whole: Whole, image: images.ImageRef = IMAGE) -> InCluster:
    """The candidate, at its turn."""
    whole.target.open()
    return whole.target.deploy(image).__enter__()


def closed(whole: Whole) -> RunEnded:
    """The end of the run."""
    ended = whole.target.close()
    assert ended is not None
    return ended


def test_a_run_that_is_not_ready_changes_nothing(whole: Whole) -> None:
    """Somebody has the lock, or left production away: it is said, and nothing is touched."""
    whole.home.leave(whole.home.kept(), by=holder("run-0"))
    before = dict(whole.home.api.store)

    with pytest.raises(NotReady, match="run run-0 ended without putting production back"):
        whole.target.open()
    whole.target.close()

    assert whole.home.api.store == before


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
