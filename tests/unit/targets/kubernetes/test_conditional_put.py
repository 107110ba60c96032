"""Writing Deployments: through every trouble of the way, and never over what somebody else did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.targets.fake_request import Fault
from tests.unit.targets.home import Home
from vllm_qualify.kube import objects
from vllm_qualify.kube.refusals import RefusalKind, Refused
from vllm_qualify.targets.kubernetes import conditional_put
from vllm_qualify.targets.kubernetes.conditional_put import ForeignChange

Object = dict[str, Any]
TRANSIENT = [fault for fault in Fault if fault is not Fault.NO_PATH]


def scaled_down(home: Home, **how: Any) -> Object:
    """Write production with no replicas, as the transaction does."""
    wanted = objects.with_replicas(objects.cleaned(home.live("vllm-server")), 0)
    known = home.kept(wanted)
    return conditional_put.put(home.site, wanted, snapshot=known, **({"last": home.live("vllm-server")} | how))


def label(name: str) -> Callable[[Object], None]:
    """Somebody sets a label."""

    def change(obj: Object) -> None:
        obj["metadata"]["labels"] = {name: "yes"}

    return change


def scale(replicas: int) -> Callable[[Object], None]:
    """Somebody scales."""

    def change(obj: Object) -> None:
        obj["spec"]["replicas"] = replicas

    return change


@pytest.mark.parametrize("at", [1, 2], ids=["at-the-read", "at-the-write"])
@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
def test_every_trouble_is_outlasted(home: Home, fault: Fault, at: int) -> None:
    """Whatever becomes of one request, in the end the Deployment is as wanted, and the server's word comes back."""
    home.api.faults[at] = fault

    made = scaled_down(home)

    assert objects.replicas(home.live("vllm-server")) == 0
    assert not objects.differences(made, home.live("vllm-server"))
    assert made["metadata"]["generation"] == home.live("vllm-server")["metadata"]["generation"]


@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
def test_trouble_that_lasts_is_outlasted(home: Home, fault: Fault) -> None:
    """Four requests in a row that fail are no reason to give up."""
    home.api.faults = dict.fromkeys(range(1, 5), fault)

    scaled_down(home)

    assert home.api.injected > 0
    assert objects.replicas(home.live("vllm-server")) == 0


@pytest.mark.parametrize("at", [1, 2], ids=["before-the-read", "before-the-write"])
@pytest.mark.parametrize("fault", [None, *Fault], ids=lambda fault: fault.name.lower() if fault else "no-trouble")
def test_somebody_elses_change_is_never_written_over(home: Home, fault: Fault | None, at: int) -> None:
    """Whenever it comes, and with whatever trouble beside it: it is found, named and left."""
    home.api.before[at] = lambda: home.api.edit("Deployment", "vllm-server", label("theirs"))
    home.api.faults = {at + 1: fault} if fault else {}

    with pytest.raises(ForeignChange, match=r"changed by somebody else \(kubectl-edit at .*labels"):
        scaled_down(home)

    assert home.live("vllm-server")["metadata"]["labels"] == {"theirs": "yes"}
    assert objects.replicas(home.live("vllm-server")) == 1


def test_a_scale_that_nobody_of_us_made_is_somebody_elses(home: Home) -> None:
    """The number of replicas must be what was written last, or what is wanted."""
    home.api.edit("Deployment", "vllm-server", scale(3))

    with pytest.raises(ForeignChange, match=r"spec\.replicas: was 1, is 3"):
        scaled_down(home, last=objects.with_replicas(home.live("vllm-server"), 1))


def test_where_the_last_write_is_not_known_any_scale_may_be_ours(home: Home) -> None:
    """After a write that was broken off, and for whoever finishes a run that was killed."""
    home.api.edit("Deployment", "vllm-server", scale(3))

    assert objects.replicas(scaled_down(home, last=None)) == 0


def test_when_told_to_everything_is_written_over(home: Home) -> None:
    """``--overwrite`` is the operator's word."""
    home.api.edit("Deployment", "vllm-server", label("theirs"))
    before = next(one for one in home.captured().deployments if one["metadata"]["name"] == "vllm-server")

    conditional_put.put(home.site, before, snapshot=home.captured(), overwrite=True)

    assert not objects.differences(before, home.live("vllm-server"))


def test_what_somebody_deleted_is_not_made_again(home: Home) -> None:
    """A Deployment that was there before and is gone was not taken away by us."""
    kept, wanted = home.kept(), objects.cleaned(home.live("vllm-r1"))
    del home.api.store["Deployment", "ml", "vllm-r1"]

    with pytest.raises(ForeignChange, match="Deployment vllm-r1 was deleted by somebody else"):
        conditional_put.put(home.site, wanted, snapshot=kept)


@pytest.mark.parametrize("fault", [None, *TRANSIENT], ids=lambda fault: fault.name.lower() if fault else "no-trouble")
@pytest.mark.parametrize("at", [1, 2], ids=["at-the-read", "at-the-write"])
def test_what_was_absent_is_created_once(home: Home, fault: Fault | None, at: int) -> None:
    """Also when the answer to its creation is lost."""
    wanted = home.candidate() | {"metadata": {"name": "vllm-qualify-ml", "namespace": "ml"}}
    snapshot = home.kept(wanted, absent=(("Deployment", "vllm-qualify-ml"),))
    home.api.faults = {at: fault} if fault else {}

    made = conditional_put.put(home.site, wanted, snapshot=snapshot)

    assert home.live("vllm-qualify-ml")["metadata"]["uid"] == made["metadata"]["uid"]
    assert home.api.written.count("create Deployment vllm-qualify-ml 1") == 1


def test_what_the_server_will_not_have_is_not_tried_again(home: Home) -> None:
    """A refusal for good comes out as it is."""
    wanted = home.candidate()
    wanted["spec"]["selector"] = {"matchLabels": {"app": "other"}}

    with pytest.raises(Refused, match="field is immutable") as refused:
        conditional_put.put(home.site, wanted, snapshot=home.kept(wanted))

    assert refused.value.kind is RefusalKind.INVALID
    assert [request.verb for request in home.api.requests] == ["get", "replace"]


def test_patience_has_an_end(home: Home) -> None:
    """A server that never comes back is given up after the patience of kubectl, and not much later."""
    home.api.faults = dict.fromkeys(range(1, 2000), Fault.UNAVAILABLE)
    began = home.api.clock.now

    with pytest.raises(Refused, match="apiserver not ready"):
        scaled_down(home)

    assert 60 <= home.api.clock.now - began < 70


def test_it_is_written_even_if_it_seems_to_be_there(home: Home) -> None:
    """A read may be old; a write that names an old version is refused."""
    kept, wanted = home.kept(), objects.cleaned(home.live("vllm-server"))
    scaled_down(home)
    home.api.faults[3] = Fault.STALE

    conditional_put.put(home.site, wanted, snapshot=kept)

    assert objects.replicas(home.live("vllm-server")) == 1
    assert [request.verb for request in home.api.requests[2:]] == ["get", "replace", "get", "replace"]
