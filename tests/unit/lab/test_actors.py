from __future__ import annotations

from typing import Any

import httpx
import pytest

from lab import actors, api

GIT: dict[str, Any] = {"metadata": {"name": "vllm-server"}, "spec": {"replicas": 1, "image": "old"}}


class Cluster:
    """A namespace that remembers what was written to it."""

    def __init__(self, **spec: Any) -> None:
        self.spec = {"replicas": 1, "image": "old", "default": True} | spec
        self.notes: dict[str, str] = {}
        self.living = ["first", "second"]
        self.written: list[str] = []

    def deployments(self) -> list[dict[str, Any]]:
        return [{"metadata": {"name": "vllm-server", "annotations": self.notes}, "spec": self.spec}]

    def pods(self) -> list[dict[str, Any]]:
        return [{"metadata": {"name": name}, "status": {"phase": "Running"}} for name in self.living]

    def patch_deployment(self, name: str, change: Any, *, kind: str) -> None:
        self.written.append(f"{kind} {name}")
        self.spec |= change.get("spec", {})
        self.notes |= change.get("metadata", {}).get("annotations", {})

    def scale(self, name: str, replicas: int) -> None:
        self.written.append(f"scale {name}")
        self.spec["replicas"] = replicas

    def evict(self, pod: str) -> None:
        self.written.append(f"evict {pod}")


def test_gitops_writes_back_what_git_says_and_only_that() -> None:
    """A difference is written back by server-side apply, and what git does not name stays."""
    there: Any = Cluster(image="candidate")
    look = actors.gitops(there, [GIT], seconds=0.0)

    assert (look(), look()) == (1, 0)
    assert there.spec == {"replicas": 1, "image": "old", "default": True}
    assert there.written == [f"{api.APPLY} vllm-server"]


def test_gitops_that_is_late_waits_from_its_first_sight() -> None:
    """Three seconds after the difference was seen, not before."""
    there: Any = Cluster(image="candidate")
    now = iter([0.0, 2.9, 3.1])
    look = actors.gitops(there, [GIT], seconds=3.0, clock=lambda: next(now))

    assert [look(), look(), look()] == [0, 0, 1]


@pytest.mark.parametrize(("replicas", "from_zero", "acts"), [(0, False, 0), (0, True, 1), (1, False, 1), (2, True, 0)])
def test_an_autoscaler_leaves_zero_alone_unless_it_is_one_of_keda(replicas: int, acts: int, *, from_zero: bool) -> None:
    """As the HorizontalPodAutoscaler of Kubernetes does."""
    there: Any = Cluster(replicas=replicas)
    look = actors.autoscaler(there, "vllm-server", least=2, from_zero=from_zero)

    assert look() == acts
    assert there.spec["replicas"] == (2 if acts else replicas)


def test_an_annotator_comes_back_whenever_its_note_is_gone() -> None:
    """It is a controller."""
    there: Any = Cluster()
    look = actors.annotator(there)

    assert (look(), look()) == (1, 0)
    there.notes.clear()
    assert look() == 1


def test_an_eviction_is_of_the_newest_pod_and_comes_once() -> None:
    """Where there is none yet, it waits for one."""
    there: Any = Cluster()
    there.living = []
    look = actors.evictor(there)

    assert look() == 0
    there.living = ["first", "second"]
    assert (look(), look()) == (1, 0)
    assert there.written == ["evict second"]


def test_an_actor_goes_on_after_a_refusal_and_is_waited_for() -> None:
    """Whoever waits until it has looked knows that it has seen what is there now."""
    answers = iter([True, False])

    def look() -> int:
        if next(answers, False):
            raise httpx.ConnectError("away")
        return 1

    with actors.acting(look) as acting:
        assert acting.has_looked()
        assert acting.acts >= 1


def test_what_git_wants_is_covered_by_more() -> None:
    """Defaults and other people's items beside those of git are no difference, another value is."""
    wanted = {"containers": [{"name": "vllm", "image": "a"}], "args": ["x"]}
    live = {"containers": [{"name": "sidecar"}, {"name": "vllm", "image": "a", "tty": False}], "args": ["x"]}

    assert actors.covers(live, wanted)
    assert actors.covers(live, wanted | {"initialDelaySeconds": 0})
    assert not actors.covers(live | {"args": ["x", "y"]}, wanted)
    assert not actors.covers(live, wanted | {"replicas": 1})
