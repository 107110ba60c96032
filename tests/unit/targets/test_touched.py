"""Others who touch production while a run has it and mean no harm: it comes back, theirs stays, and that is told."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.targets.home import NEW, OLD, Home
from vllm_qualify.kube import objects, snapshot
from vllm_qualify.targets.base import Unavailable
from vllm_qualify.targets.kubernetes import restore_command
from vllm_qualify.targets.kubernetes.production import Production

Object = dict[str, Any]
RANCHER = "field.cattle.io/publicEndpoints"
TOUCHES: dict[str, Callable[[Object], Any]] = {
    "annotation": lambda obj: obj["metadata"].setdefault("annotations", {}).update({RANCHER: "[]"}),
    "label": lambda obj: obj["metadata"]["labels"].update(team="ml"),
    "finalizer": lambda obj: obj["metadata"].update(finalizers=["example.com/wait"]),
}


def image(obj: Object) -> str:
    """What a Deployment runs."""
    return objects.image(obj, container="vllm")


def scaled(home: Home, replicas: int, *, manager: str) -> None:
    """Somebody sets the number of replicas through the subresource ``scale``."""
    live = copy.deepcopy(home.live("vllm-server"))
    live["spec"]["replicas"] = replicas
    entry = {"manager": manager, "subresource": "scale", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
    live["metadata"]["managedFields"] = [*live["metadata"]["managedFields"], entry]
    live["metadata"]["resourceVersion"] = home.api.number()
    home.api.store["Deployment", "ml", "vllm-server"] = live


def stamping(home: Home, stamp: Callable[[Object], Any]) -> None:
    """An admission webhook with side effects: it is asked for real writes, and never for a dry run."""
    stored = home.api._stored

    def stamped(key: Any, body: Object, live: Object | None, manager: str) -> Object:
        body = copy.deepcopy(body)
        if key[0] == "Deployment":
            stamp(body)
        return stored(key, body, live, manager)

    home.api._stored = stamped  # type: ignore[method-assign]


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
def test_a_touch_does_not_leave_production_away(home: Home, touch: Callable[[Object], Any]) -> None:
    """Production runs its own image again, with what the other one keeps there."""
    run = home.serving()
    home.api.edit("Deployment", "vllm-server", touch)

    ended = run.close()

    again = copy.deepcopy(home.live("vllm-server"))
    touch(again)
    assert ended.restoration.complete
    assert objects.differences(again, home.live("vllm-server")) == ()
    assert image(again) == OLD
    assert any("was left as it is" in note for note in ended.restoration.notes)


@pytest.mark.parametrize("touch", TOUCHES.values(), ids=TOUCHES)
def test_a_restore_merges_as_well(home: Home, touch: Callable[[Object], Any]) -> None:
    """Whoever finishes for a run that was killed knows what was written from the Secret alone."""
    home.serving()
    home.api.edit("Deployment", "vllm-server", touch)

    done = restore_command.recover(home.reach)

    assert done.complete
    assert image(home.live("vllm-server")) == OLD


def test_an_autoscaler_does_not_leave_the_candidate_in_productions_place(home: Home) -> None:
    """Its replicas were for the candidate's load; that it scaled is told."""
    run = home.serving()
    scaled(home, 2, manager="kube-controller-manager")

    ended = run.close()

    assert ended.restoration.complete
    assert (image(home.live("vllm-server")), objects.replicas(home.live("vllm-server"))) == (OLD, 1)
    assert "Deployment vllm-server was scaled to 2 by kube-controller-manager meanwhile" in ended.restoration.notes


def test_a_person_who_scales_is_not_overwritten(home: Home) -> None:
    """By the same way, with another manager: an edit, which is left and told."""
    run = home.serving()
    scaled(home, 2, manager="kubectl")

    ended = run.close()

    assert "changed by somebody else" in ended.restoration.problems[0]
    assert objects.replicas(home.live("vllm-server")) == 2


WEBHOOKS: dict[str, Callable[[Object], Any]] = {
    "annotation": lambda obj: obj["metadata"].setdefault("annotations", {}).update(stamped="yes"),
    "pod-annotation": lambda obj: obj["spec"]["template"]["metadata"].update(annotations={"stamped": "yes"}),
    "candidates-spec": lambda obj: (
        obj["spec"]["template"]["spec"].update(hostname="stamped") if image(obj) == NEW else None
    ),
}


@pytest.mark.parametrize("stamp", WEBHOOKS.values(), ids=WEBHOOKS)
def test_a_webhook_that_no_dry_run_shows_is_no_stranger(home: Home, stamp: Callable[[Object], Any]) -> None:
    """The answer to the run's own write is the run's."""
    stamping(home, stamp)
    run = home.production()
    home.run(run)

    assert run.close().restoration.complete
    assert image(home.live("vllm-server")) == OLD


@pytest.mark.parametrize("stamp", WEBHOOKS.values(), ids=WEBHOOKS)
def test_a_webhooks_part_is_known_to_a_restore(home: Home, stamp: Callable[[Object], Any]) -> None:
    """A run was killed while its candidate served; a restore that was killed before the end is gone on with."""
    stamping(home, stamp)
    home.serving()
    home.api.denied.add(("delete", "Secret"))
    object.__setattr__(home.site.kubectl, "patience_seconds", 1.0)

    with pytest.raises(Exception, match="forbidden"):
        restore_command.recover(home.reach, patience_seconds=60.0)
    home.api.denied.clear()

    assert restore_command.recover(home.reach).complete
    assert image(home.live("vllm-server")) == OLD


def edit(obj: Object) -> None:
    """What a person changes by hand."""
    obj["spec"]["template"]["spec"]["containers"][0]["args"].append("--max-model-len=4096")


_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def switching(home: Home) -> Production:
    """A run whose operator's own command switched to the candidate."""
    run = home.production()
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=20.0)

    def switch() -> None:
        made = home.candidate() | {"spec": home.candidate()["spec"] | {"minReadySeconds": 1}}
        home.api.put(made | {"metadata": made["metadata"] | {"annotations": {_APPLIED: "the candidate"}}})

    run.switched("vllm-server", switch)
    return run


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
def test_an_edit_is_left_where_the_operators_command_switches(home: Home, *, killed: bool) -> None:
    """What the command made is known once it has ended; what a person makes of that later is not it."""
    run = switching(home)
    home.api.edit("Deployment", "vllm-server", edit)

    done = restore_command.recover(home.reach) if killed else run.close().restoration

    assert "changed by somebody else" in done.problems[0]
    assert "--max-model-len=4096" in str(home.live("vllm-server"))


@pytest.mark.parametrize("killed", [False, True], ids=["closed", "killed"])
def test_what_the_operators_command_made_is_put_back(home: Home, *, killed: bool) -> None:
    """Also where it is not what the manifests would have made, and notes what it applied as `kubectl apply` does."""
    home.api.edit("Deployment", "vllm-server", lambda one: one["metadata"].update(annotations={_APPLIED: "production"}))
    was = objects.cleaned(home.live("vllm-server"))
    run = switching(home)

    done = restore_command.recover(home.reach) if killed else run.close().restoration

    assert (done.complete, done.notes) == (True, ())
    assert objects.cleaned(home.live("vllm-server")) == was


def test_a_run_that_was_killed_while_the_command_was_at_work(home: Home) -> None:
    """Nobody can say what it wrote by then, so all of it is put back."""
    run = home.production()
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=20.0)

    def killed() -> None:
        home.api.edit("Deployment", "vllm-server", edit)
        home.api.outage_until = home.api.clock.now + 1e6
        raise Unavailable("killed")

    with pytest.raises(Unavailable):
        run.switched("vllm-server", killed)
    home.api.outage_until = 0.0

    assert restore_command.recover(home.reach).complete
    assert home.problems() == []


def test_a_secret_of_another_run_is_not_written(home: Home) -> None:
    """A run that lost its own does not replace what somebody else kept."""
    run = home.production()
    run.begin()
    run.capture(home.captured(), written=[home.candidate()], return_seconds=20.0)
    home.api.edit("Secret", snapshot.NAME, lambda obj: obj["metadata"]["annotations"].update({"vllm-qualify/run": "x"}))
    before = home.api.find("Secret", snapshot.NAME)

    with pytest.raises(Unavailable, match="is not that of run run-1"):
        run.switched("vllm-server", lambda: None)

    assert home.api.find("Secret", snapshot.NAME) is before
