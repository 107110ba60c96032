"""What a run made for itself is deleted, and nothing that has its name by now."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import NEW, Home
from vllm_qualify.kube import objects
from vllm_qualify.targets.kubernetes import removal

Object = dict[str, Any]
POD = ("Pod", "ml", "vllm-qualify-0")


def put(home: Home, run: str) -> None:
    """Somebody's pod of that name."""
    metadata = {"name": POD[2], "namespace": "ml", "annotations": {objects.RUN: run}}
    spec = {"containers": [{"name": "probe", "image": NEW}]}
    home.api.put({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec})


@pytest.mark.parametrize("fault", [one for one in Fault if one.fits("delete")], ids=lambda fault: fault.name)
def test_its_own_goes(home: Home, fault: Fault) -> None:
    """Whatever becomes of the first request to delete it."""
    put(home, "run-1")
    home.api.faults[2] = fault

    removal.pod(home.site, POD[2], run="run-1")

    assert POD not in home.api.store


def test_its_own_that_changes_just_now_goes(home: Home) -> None:
    """The kubelet writes what became of it between the look and the deletion."""
    put(home, "run-1")
    home.api.before[2] = lambda: home.api.set_status(POD, {"phase": "Failed"})

    removal.pod(home.site, POD[2], run="run-1")

    assert POD not in home.api.store


def test_anothers_stays(home: Home) -> None:
    """It has the name, and is of another run."""
    put(home, "run-2")

    removal.pod(home.site, POD[2], run="run-1")

    assert POD in home.api.store


def test_anothers_that_comes_just_now_stays(home: Home) -> None:
    """Ours went between the look and the deletion, and another run made one of that name."""
    put(home, "run-1")

    def again() -> None:
        del home.api.store[POD]
        put(home, "run-2")

    home.api.before[2] = again

    removal.pod(home.site, POD[2], run="run-1")

    assert objects.run_of(home.api.store[POD]) == "run-2"


def test_one_that_is_gone_is_fine(home: Home) -> None:
    """That there is none is believed after some seconds, since a read may be old."""
    assert not removal.remove(home.site, "Pod", "none", ours=lambda _: True)
