"""The Secret of a run's snapshot: this run's, and never another's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import Home
from vllm_qualify.kube import snapshot
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.targets.kubernetes import snapshot_secret

Object = dict[str, Any]


def kept_run(home: Home) -> str:
    """Whose snapshot there is."""
    return snapshot.read(home.api.store["Secret", "ml", snapshot.NAME]).run


@pytest.mark.parametrize("fault", [one for one in Fault if one.fits("create")], ids=lambda fault: fault.name)
def test_it_is_made_whatever_becomes_of_the_request(home: Home, fault: Fault) -> None:
    """One that was made by a request whose answer was lost is ours."""
    home.api.faults[1] = fault

    snapshot_secret.begin(home.site, home.kept())

    assert kept_run(home) == "run-1"


def test_another_runs_is_never_replaced(home: Home) -> None:
    """A run that was suspended between its lock and its snapshot wakes up when another one has production."""
    home.api.put(snapshot.secret(replace(home.kept(), run="run-2")))

    with pytest.raises(Refused, match="is not that of run run-1"):
        snapshot_secret.begin(home.site, home.kept())

    assert kept_run(home) == "run-2"


def test_another_runs_is_never_deleted(home: Home) -> None:
    """Not by its name, nor where it takes that name between the look and the deletion."""
    home.api.put(snapshot.secret(home.kept()))
    home.api.before[2] = lambda: home.api.put(snapshot.secret(replace(home.kept(), run="run-2"))) and None

    snapshot_secret.forget(home.site, "run-1")

    assert kept_run(home) == "run-2"


def test_its_own_is_deleted(home: Home) -> None:
    """Then no run is told that an earlier one was left unfinished."""
    home.api.put(snapshot.secret(home.kept()))

    snapshot_secret.forget(home.site, "run-1")

    assert home.api.find("Secret", snapshot.NAME) is None
