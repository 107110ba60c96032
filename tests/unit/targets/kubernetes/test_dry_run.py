"""What ``--dry-run`` prints is what a run does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.rehearsed import apart
from tests.unit.targets.home import CANARY, Home, holder
from tests.unit.targets.whole import IMAGE, Whole, settings
from vllm_qualify.kube import placement
from vllm_qualify.kube.kubectl_script import KubectlCommand
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.kubernetes import dry_run


def rehearsed(whole: Whole) -> tuple[KubectlCommand, ...]:
    """The commands of a rehearsal, before they are text."""
    target = whole.target
    target._read()
    captured = target._capture()
    live = {one["metadata"]["name"]: one for one in captured.deployments}
    planned = {image: target._planned(image, live) for image in whole.images}
    service = target._service_beside()
    return dry_run.steps(whole.home.site.kubectl, captured, planned, holder=holder(), service=service)


def qualified(whole: Whole) -> None:
    """A run with all modes, there and back, as the suites make it."""
    whole.target.open()
    for image in whole.images:
        with whole.target.deploy(image) as deployment:
            for mode in (Mode.ML, Mode.R1, Mode.ML):
                assert deployment.start(mode).ready is not None
    assert whole.target.close().restoration.complete  # type: ignore[union-attr]


@pytest.mark.parametrize("r1_absent", [False, True], ids=["both-modes-there", "r1-absent"])
def test_a_run_changes_what_was_rehearsed(home: Home, tmp_path: Path, *, r1_absent: bool) -> None:
    """The same commands on the same paths in the same order, and no other."""
    if r1_absent:
        del home.api.store["Deployment", "ml", "vllm-r1"]
    whole = Whole(home=home, settings=settings(tmp_path))
    expected = dry_run.changes(rehearsed(whole))

    qualified(whole)

    assert apart(whole.changes) == apart(expected)
    assert apart(expected)[1]


def test_beside_production_nothing_of_it_is_in_the_rehearsal(home: Home, tmp_path: Path) -> None:
    """Its own Deployments and Service come and go."""
    whole = Whole(home=home, settings=settings(tmp_path, strategy="beside"))

    changes = dry_run.changes(rehearsed(whole))

    assert not [path for _, path in changes if "vllm-server" in path or "vllm-r1" in path]
    assert ("delete", f"/api/v1/namespaces/ml/services/{placement.BESIDE}") in changes


def test_a_rehearsal_touches_nothing_and_shows_no_secret(whole: Whole) -> None:
    """Every object is printed that would be sent, but for what nobody may see."""
    said = whole.target.rehearse()

    assert whole.home.api.written == []
    assert whole.changes == []
    assert CANARY not in said
    assert f'"image": "{IMAGE}"' in said
    assert said.count("--context=home") == len(rehearsed(whole))


def test_a_rehearsal_says_why(whole: Whole) -> None:
    """Each command has a sentence, and what takes production down says so."""
    steps = rehearsed(whole)

    assert all(step.why for step in steps)
    assert "scale Deployment vllm-server to 0, and wait until its pods are gone" in [step.why for step in steps]
