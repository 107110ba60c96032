"""What was captured is what is taken down, whatever happened while the candidates were pulled."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import Home, deployment
from tests.unit.targets.kubernetes.test_target import closed
from tests.unit.targets.whole import IMAGE, Whole
from vllm_qualify.kube import objects, snapshot
from vllm_qualify.targets.base import Mode, Unavailable
from vllm_qualify.targets.kubernetes import capture, conditional_put

Object = dict[str, Any]
BESIDE = ("Deployment", "vllm-new")


def scale(home: Home, name: str, count: int) -> None:
    """Somebody sets a number of replicas."""
    home.api.edit("Deployment", name, lambda obj: obj["spec"].update(replicas=count))


def switched(home: Home) -> None:
    """The operator switches to the other mode."""
    scale(home, "vllm-server", 0)
    scale(home, "vllm-r1", 1)
    home.api.controller.settle()


def edited(home: Home) -> None:
    """The operator rolls another image out."""
    home.api.edit("Deployment", "vllm-server", lambda obj: obj["spec"].update(progressDeadlineSeconds=7))


def deleted(home: Home) -> None:
    """The operator takes a mode away."""
    del home.api.store["Deployment", "ml", "vllm-r1"]


def made(home: Home) -> None:
    """Somebody makes what was not there."""
    home.api.put(deployment("vllm-new", replicas=0, model="new"))


def annotated(home: Home) -> None:
    """A dashboard keeps something of its own there, which is no edit."""
    home.api.edit("Deployment", "vllm-server", lambda obj: obj["metadata"]["annotations"].update(seen="now"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (edited, "Deployment vllm-server was changed by somebody else .*progressDeadlineSeconds: was 600, is 7"),
        (deleted, "Deployment vllm-r1 was deleted by somebody else after production was captured"),
        (made, "Deployment vllm-new was created by somebody else after production was captured"),
        (annotated, ""),
        (switched, ""),
    ],
)
def test_who_edited_what_since(home: Home, change: Callable[[Home], None], says: str) -> None:
    """Only what plans were made by; replicas are another question."""
    kept = home.captured(BESIDE)
    change(home)

    said = capture.edited(home.site, kept)

    assert re.fullmatch(says, said)


def test_who_scaled_what_since(home: Home) -> None:
    """Both ends of a switch of the modes are named."""
    kept = home.captured()
    before = capture.scaled(home.site, kept)
    switched(home)

    assert before == ""
    assert capture.scaled(home.site, kept) == (
        "after production was captured, somebody scaled Deployment vllm-server from 1 to 0 and Deployment vllm-r1 "
        "from 0 to 1"
    )


def test_a_switch_during_the_pulls_is_captured_anew(whole: Whole) -> None:
    """What serves now is taken down, and that is what is put back."""
    whole.target.open()
    switched(whole.home)

    start = whole.target.deploy(IMAGE).__enter__().start(Mode.ML)
    kept = snapshot.read(whole.home.api.store["Secret", "ml", snapshot.NAME])
    ended = closed(whole)

    assert start.ready is not None
    assert kept.ready == {"vllm-r1": 1}
    assert ended.restoration.complete
    assert [objects.replicas(whole.home.live(name)) for name in ("vllm-server", "vllm-r1")] == [0, 1]
    assert ended.restoration.checked[-1] == "production answers as r1"
    assert whole.home.api.controller.waited == set()


@pytest.mark.parametrize("change", [edited, deleted])
def test_an_edit_during_the_pulls_ends_the_run_untouched(whole: Whole, change: Callable[[Home], None]) -> None:
    """The reason is told, and nothing was written of production."""
    whole.target.open()
    change(whole.home)
    whole.home.api.written.clear()

    with pytest.raises(Unavailable, match=r"somebody else.*stops, and leaves that as it is"):
        whole.target.deploy(IMAGE).__enter__().start(Mode.ML)
    ended = closed(whole)

    assert ended.restoration.complete
    assert ended.away_seconds is None
    assert not [line for line in whole.home.api.written if "Deployment" in line]


def test_production_that_serves_no_more_is_not_captured_anew(whole: Whole) -> None:
    """Somebody scaled it to nothing: there is no way to tell afterwards whether it is back."""
    whole.target.open()
    scale(whole.home, "vllm-server", 0)
    whole.home.api.controller.settle()

    with pytest.raises(Unavailable, match="was switched or scaled after it was captured, and does not serve yet"):
        whole.target.deploy(IMAGE).__enter__().start(Mode.ML)

    assert closed(whole).away_seconds is None


@pytest.mark.parametrize("look", [capture.edited, capture.scaled])
def test_an_old_read_is_no_change(home: Home, look: Callable[[Any, Any], str]) -> None:
    """A server behind the others shows the time before production was captured, and the next read does not."""
    run = home.production()
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=20.0)
    before = objects.with_replicas(home.live("vllm-server"), 2)
    before["spec"]["progressDeadlineSeconds"] = 600 + 7 * (look is capture.edited)
    home.api._past = home.api.store | {("Deployment", "ml", "vllm-server"): before}
    # Each of the two looks reads both Deployments.
    home.api.faults = {len(home.api.requests) + 1 + 2 * (look is capture.scaled): Fault.STALE}

    run.serve(home.candidate())

    assert home.api.injected == 1
    assert run.close().restoration.complete
    assert home.problems() == []


def test_a_change_where_nothing_is_captured_anew_ends_the_run(home: Home) -> None:
    """It is told as any other."""
    run = home.production()
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=20.0)
    scale(home, "vllm-server", 2)

    with pytest.raises(Unavailable, match="somebody scaled Deployment vllm-server from 1 to 2"):
        run.serve(home.candidate())

    assert run.close().away_seconds is None


def test_what_is_captured_anew_knows_what_was_known(home: Home) -> None:
    """The candidate that this run may write is ours all the same."""
    kept = home.kept(home.candidate())
    switched(home)

    assert capture.anew(kept, home.captured()).ours(home.candidate())


def test_a_capture_that_serves_less_is_refused(home: Home) -> None:
    """No name to be asked for afterwards."""
    kept = home.kept()

    with pytest.raises(conditional_put.ForeignChange, match="does not serve yet"):
        capture.anew(kept, replace(kept, served=()))


def test_that_production_goes_is_noted_before_it_does(whole: Whole) -> None:
    """Whoever restores for a run that was killed knows whether it had come so far."""
    whole.target.open()
    before = snapshot.read(whole.home.api.store["Secret", "ml", snapshot.NAME])
    whole.home.api.written.clear()

    whole.target.deploy(IMAGE).__enter__().start(Mode.ML)
    after = snapshot.read(whole.home.api.store["Secret", "ml", snapshot.NAME])

    assert (before.touched, after.touched) == (False, True)
    assert whole.home.api.written[:2] == [f"replace Secret {snapshot.NAME}", "replace Deployment vllm-server 0"]
    closed(whole)
