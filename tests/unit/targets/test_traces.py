"""What a run leaves behind in what it put back: nothing, or a word about it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import Home
from vllm_qualify.kube import objects
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets import traces

Object = dict[str, Any]


def managers(home: Home) -> list[str]:
    """Who owns fields of it."""
    return [one["manager"] for one in home.live("vllm-server")["metadata"]["managedFields"]]


def owned(home: Home) -> tuple[Snapshot, list[Object]]:
    """Production as it was captured, after the run wrote it twice, with the answer."""
    kept = home.captured()
    for replicas in (0, 1):
        wanted = objects.with_replicas(objects.cleaned(home.live("vllm-server")), replicas)
        made = home.api.put(wanted, manager="vllm-qualify")
    home.api.controller.settle()
    return kept, [made]


def test_fields_are_given_back(home: Home) -> None:
    """The next server-side apply of the operator meets no conflict; neither spec nor generation changes."""
    kept = owned(home)
    before = home.live("vllm-server")

    assert list(traces.give_fields_back(home.site, *kept)) == []

    after = home.live("vllm-server")
    assert managers(home) == ["kubectl-edit"]
    assert objects.differences(before, after) == ()
    assert after["metadata"]["generation"] == before["metadata"]["generation"]


def test_what_a_controller_writes_meanwhile_is_not_overwritten(home: Home) -> None:
    """Its write refuses the run's, which is then made anew."""
    kept = owned(home)

    def touch() -> None:
        home.api.edit("Deployment", "vllm-server", lambda obj: obj["metadata"]["annotations"].update(seen="now"))

    home.api.before[len(home.api.requests) + 2] = touch

    assert list(traces.give_fields_back(home.site, *kept)) == []

    assert home.live("vllm-server")["metadata"]["annotations"]["seen"] == "now"
    assert managers(home) == ["kubectl-edit"]


@pytest.mark.parametrize(
    "fault", [Fault.UNAVAILABLE, Fault.RESET_COMMITTED, Fault.HANG], ids=lambda fault: fault.name.lower()
)
def test_a_server_in_trouble_is_asked_again(home: Home, fault: Fault) -> None:
    """Also where the first request was carried out."""
    kept = owned(home)
    home.api.faults[len(home.api.requests) + 2] = fault

    assert list(traces.give_fields_back(home.site, *kept)) == []
    assert managers(home) == ["kubectl-edit"]


def test_where_it_is_refused_that_is_told(home: Home) -> None:
    """Production serves, so it is a word and no problem, and nobody waits for hours."""
    kept, began = owned(home), home.api.clock.now
    home.api.denied.add(("replace", "Deployment"))
    patient = home.site.unstoppable(patience_seconds=60.0, insist_seconds=3600.0)

    [said] = traces.give_fields_back(patient, *kept)

    assert "fields of Deployment vllm-server stay owned by vllm-qualify" in said
    assert "--force-conflicts" in said
    assert home.api.clock.now - began < 60.0
