"""Production on the cluster is asked where it serves, before it is taken down and after it is back."""

from __future__ import annotations

import pytest

from tests.unit.targets.home import OLD
from tests.unit.targets.whole import Whole, closed
from vllm_qualify.kube import objects
from vllm_qualify.kube.pods import state
from vllm_qualify.system.process_runner import CompletedProcess
from vllm_qualify.targets.base import Mode, Unavailable


@pytest.fixture(autouse=True)
def _no_gpu(whole: Whole) -> None:
    """No pod has a program that shows one."""
    whole.home.api.executes = lambda *_: CompletedProcess(exit_code=1, stderr="no such command")


def test_it_is_asked_before_it_is_taken_down_and_again_when_it_is_back(whole: Whole) -> None:
    """Without a write of its own in either turn, and without the lock in the second."""
    target, written = whole.target, whole.home.api.written
    target.open()
    before = list(written)
    with target.serving() as production:
        start = production.start(Mode.ML)
        assert (start.model, str(production.image)) == ("qwen", OLD)
        assert production.client.models().ids == ("qwen",)
        assert production.end() is None
        production.stop()
    assert written == before
    with target.deploy(whole.images[0]) as candidate:
        assert candidate.start(Mode.ML).ready is not None
    assert closed(whole).restoration.complete

    after = list(written)
    with target.serving() as production:
        assert production.start(Mode.ML).ready is not None
        assert production.client.models().ids == ("qwen",)
    assert written == after
    assert whole.home.problems() == []


def test_production_that_is_down_is_no_baseline(whole: Whole) -> None:
    """The reason names what to look at."""
    whole.target._read()
    whole.home.api.put(objects.with_replicas(whole.home.live("vllm-server"), 0))
    whole.home.api.controller.settle()

    with pytest.raises(Unavailable, match="vllm-server has no pod that is ready"), whole.target.serving():
        pass


def test_a_pod_that_goes_meanwhile_is_found_out(whole: Whole) -> None:
    """Whoever answers from then on is another one."""
    whole.target.open()
    with whole.target.serving() as production:
        (pod,) = [one for key, one in whole.home.api.store.items() if key[0] == "Pod" and state.ready(one)]
        whole.home.api.store.pop(("Pod", "ml", pod["metadata"]["name"]))

        with pytest.raises(Unavailable, match="was deleted, so production cannot be measured"):
            production.verify()
    closed(whole)
