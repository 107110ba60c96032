"""What somebody else changed when production is put back: it is left and told, or overwritten when told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.targets.home import Home
from tests.unit.targets.left_behind import BESIDE, away, edited
from vllm_qualify.kube import objects, snapshot
from vllm_qualify.targets.kubernetes import restore

Object = dict[str, Any]


def test_somebody_elses_of_the_same_name_is_left(home: Home) -> None:
    """It was absent before the run, and is not what the run made."""
    kept = home.kept(absent=(BESIDE,))
    theirs = home.candidate() | {"metadata": {"name": BESIDE[1], "namespace": "ml"}}
    home.api.put(theirs)

    done = restore.restore(home.reach, kept)

    assert "Deployment vllm-qualify-ml was changed by somebody else (kubectl-edit at" in done.problems[0]
    assert home.api.find(*BESIDE) is not None


def test_one_that_somebody_makes_anew_just_now_is_left(home: Home) -> None:
    """What is deleted is the very one that was looked at."""
    made = home.candidate() | {"metadata": {"name": BESIDE[1], "namespace": "ml"}}
    kept = home.kept(made, absent=(BESIDE,))
    home.api.put(made, manager="vllm-qualify")

    def again() -> None:
        del home.api.store["Deployment", "ml", BESIDE[1]]
        home.api.put(made)

    home.api.before[2] = again
    done = restore.restore(home.reach, kept)

    assert "does not match the UID" in done.problems[0]
    assert home.api.find(*BESIDE) is not None


def test_a_change_of_somebody_elses_is_left_and_told_and_the_rest_put_back(home: Home) -> None:
    """The snapshot stays, so that the operator can decide."""
    kept = away(home)
    home.api.edit("Deployment", "vllm-r1", edited(progressDeadlineSeconds=77, replicas=0))

    done = restore.restore(home.reach, kept)

    assert [problem[:52] for problem in done.problems] == ["Deployment vllm-r1 was changed by somebody else (kub"]
    assert home.live("vllm-r1")["spec"]["progressDeadlineSeconds"] == 77
    assert objects.replicas(home.live("vllm-server")) == 1
    assert home.api.find("Secret", snapshot.NAME) is not None


def test_when_told_to_it_is_overwritten(home: Home) -> None:
    """``--overwrite`` puts back what somebody else changed, too."""
    kept = away(home)
    home.api.edit("Deployment", "vllm-r1", edited(progressDeadlineSeconds=77))

    assert restore.restore(home.reach, kept, overwrite=True).complete
    assert home.live("vllm-r1")["spec"]["progressDeadlineSeconds"] == 600


def test_a_server_that_alters_what_it_is_given_is_told_field_by_field(home: Home) -> None:
    """Such as an admission webhook that came meanwhile: what is not as it was is named."""
    kept = away(home)
    stored = home.api._stored

    def altered(key: Any, body: Object, live: Object | None, manager: str) -> Object:
        body["metadata"]["labels"] = {"injected": "yes"}
        return stored(key, body, live, manager)

    home.api._stored = altered  # type: ignore[method-assign]
    done = restore.restore(home.reach, kept)

    assert "Deployment vllm-r1 is not as it was: metadata.labels" in done.problems[0]
    assert home.api.find("Secret", snapshot.NAME) is not None


@pytest.mark.parametrize("deleted", [False, True], ids=["changed", "deleted"])
def test_what_is_only_looked_at_is_never_written(home: Home, *, deleted: bool) -> None:
    """A Service that somebody changed meanwhile is the operator's affair: a note."""
    kept = away(home)
    home.api.edit("Service", "vllm-api", edited(selector={"app": "other"}))
    if deleted:
        kept = replace(kept, objects=(*kept.objects, {"kind": "ConfigMap", "metadata": {"name": "litellm"}}))

    done = restore.restore(home.reach, kept)

    assert any(
        "Service vllm-api was changed meanwhile, by somebody else: spec.selector.app" in one for one in done.notes
    )
    assert any("ConfigMap litellm was deleted meanwhile" in one for one in done.notes) is deleted
    assert all("Service" not in line for line in home.api.written)


def once_put_back(home: Home, act: Callable[[], None]) -> None:
    """Let somebody act while production loads its model."""
    pending = [act]

    def tick() -> None:
        if pending and "replace Deployment vllm-server 1" in home.api.written:
            pending.pop()()

    home.api.clock.on_tick.append(tick)


def test_what_is_edited_while_production_loads_is_seen(home: Home) -> None:
    """As it was is about the end, and not about the answer to the writing."""
    kept = away(home)
    once_put_back(home, lambda: home.api.put(home.candidate(image="vllm/vllm-openai:v9.9.9")))

    done = restore.restore(home.reach, kept)

    assert "after it had been put back, Deployment vllm-server was changed by somebody else" in done.problems[0]
    assert "v9.9.9" in done.problems[0]
    assert home.api.find("Secret", snapshot.NAME) is not None


def test_what_is_deleted_while_production_loads_is_seen(home: Home) -> None:
    """There is nothing to wait for then, and that is said."""
    kept = away(home)
    once_put_back(home, lambda: home.api.store.pop(("Deployment", "ml", "vllm-server")) and None)

    done = restore.restore(home.reach, kept, ready_seconds=10.0)

    assert any("vllm-server" in problem for problem in done.problems)
    assert home.api.find("Secret", snapshot.NAME) is not None


def test_what_does_no_harm_while_production_loads_does_none(home: Home) -> None:
    """An annotation counts as a new generation, and production is as it was."""
    kept = away(home)
    once_put_back(
        home,
        lambda: home.api.edit(
            "Deployment", "vllm-server", lambda obj: obj["metadata"].update(annotations={"note": "mine", "seen": "now"})
        ),
    )

    assert restore.restore(home.reach, kept).complete
