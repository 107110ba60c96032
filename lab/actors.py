"""Small stand-ins for who else writes to a cluster: GitOps, autoscalers, webhooks, annotators, evictions, a colleague.

None of them is the real thing. Each makes the writes that the real one is known for, as the same field manager, so
that a run can be watched among them. A look is a plain function that says how often it wrote; ``acting`` repeats it in
a thread, as a controller does.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx

from lab import api
from lab.api import Api, Object

ARGOCD = "argocd-controller"
AUTOSCALER = "kube-controller-manager"
COLLEAGUE = "kubectl-edit"
EVICTIONS = "kubelet"
NOTES = "rancher"

TOUCHED = "lab.example/touched"
RESTARTED = "kubectl.kubernetes.io/restartedAt"
EDIT = {"name": "EDITED", "value": "by-hand"}

_PERIOD_SECONDS = 0.1
_PATIENCE_SECONDS = 60.0
_ENDED = frozenset({"Failed", "Succeeded"})

Look = Callable[[], int]


class Acting:
    """An actor at work; mutable because it counts.

    Attributes:
        acts: how often it wrote so far.
        looks: how often it looked so far.
    """

    def __init__(self, look: Look) -> None:
        self._look = look
        self._looked = threading.Condition()
        self._over = threading.Event()
        self.acts = 0
        self.looks = 0

    def run(self) -> None:
        """Look until told to end; a refusal or a server that is away is no end for a controller."""
        while not self._over.is_set():
            acts = 0
            with contextlib.suppress(httpx.HTTPError):
                acts = self._look()
            with self._looked:
                self.acts, self.looks = self.acts + acts, self.looks + 1
                self._looked.notify_all()
            self._over.wait(_PERIOD_SECONDS)

    def has_looked(self) -> bool:
        """Wait until it has looked at the cluster as it is now, and has written what it would; ``False``: too late."""
        with self._looked:
            # The look that is going on may have read what was there before.
            wanted = self.looks + 2
            return self._looked.wait_for(lambda: self.looks >= wanted, timeout=_PATIENCE_SECONDS)

    def end(self) -> None:
        """Let the look that is going on be the last."""
        self._over.set()


@contextlib.contextmanager
def acting(look: Look) -> Iterator[Acting]:
    """Let an actor look again and again; it has ended when the block is left."""
    actor = Acting(look)
    thread = threading.Thread(target=actor.run, name="actor")
    thread.start()
    try:
        yield actor
    finally:
        actor.end()
        thread.join()


def gitops(
    there: Api, wanted: Sequence[Object], *, seconds: float, clock: Callable[[], float] = time.monotonic
) -> Look:
    """Argo CD with self-heal, or Flux: writes back by server-side apply what git says and the cluster does not.

    Args:
        there: the namespace.
        wanted: the Deployments as they are in git.
        seconds: from the first sight of a difference until it is written back.
        clock: monotonic seconds.
    """
    since: dict[str, float] = {}

    def look() -> int:
        live = {one["metadata"]["name"]: one for one in there.deployments()}
        now, acts = clock(), 0
        for one in wanted:
            name = str(one["metadata"]["name"])
            if name not in live or covers(live[name]["spec"], one["spec"]):
                since.pop(name, None)
            elif now - since.setdefault(name, now) >= seconds:
                there.patch_deployment(name, one, kind=api.APPLY)
                acts += 1
        return acts

    return look


def autoscaler(there: Api, name: str, *, least: int, from_zero: bool) -> Look:
    """A HorizontalPodAutoscaler keeps to its minimum, but leaves 0 alone; KEDA scales up from 0 as well.

    Args:
        there: the namespace.
        name: of the Deployment.
        least: the fewest replicas.
        from_zero: like KEDA.
    """

    def look() -> int:
        found = [one for one in there.deployments() if one["metadata"]["name"] == name]
        wrong = [one for one in found if (0 if from_zero else 1) <= one["spec"]["replicas"] < least]
        for _ in wrong:
            there.scale(name, least)
        return len(wrong)

    return look


def annotator(there: Api) -> Look:
    """Rancher and its like keep an annotation on every Deployment, whoever takes it away."""

    def look() -> int:
        bare = [one for one in there.deployments() if TOUCHED not in (one["metadata"].get("annotations") or {})]
        for one in bare:
            change = {"metadata": {"annotations": {TOUCHED: "by a controller"}}}
            there.patch_deployment(one["metadata"]["name"], change, kind=api.MERGE)
        return len(bare)

    return look


def restarter(there: Api, name: str) -> Look:
    """``kubectl rollout restart``, or Reloader after a change of a ConfigMap: once."""
    template = {"metadata": {"annotations": {RESTARTED: "2026-11-26T12:00:00Z"}}}
    return _once(lambda: there.patch_deployment(name, {"spec": {"template": template}}, kind=api.STRATEGIC))


def colleague(there: Api, name: str, *, container: str) -> Look:
    """Somebody adds a variable by hand: once."""
    change = {"spec": {"template": {"spec": {"containers": [{"name": container, "env": [EDIT]}]}}}}
    return _once(lambda: there.patch_deployment(name, change, kind=api.STRATEGIC))


def evictor(there: Api) -> Look:
    """A drain, or a descheduler, asks the newest pod to go: once."""
    return _once_for_a_pod(there, there.evict)


def node_pressure(there: Api) -> Look:
    """A node short of disk fails the newest pod, and leaves its object behind: once."""
    return _once_for_a_pod(there, there.fail)


def covers(live: Any, wanted: Any) -> bool:
    """Whether everything that is wanted is there; what somebody else added beside it does not matter.

    Items of lists are compared by their place, and lists by their length unless their items have names.

    >>> covers({"replicas": 1, "paused": False}, {"replicas": 1})
    True
    >>> covers({"args": ["--model", "a"]}, {"args": ["--model"]})
    False
    """
    if isinstance(wanted, Mapping):
        return isinstance(live, Mapping) and all(covers(live.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(live, list):
        named = all(isinstance(one, Mapping) and "name" in one for one in (*wanted, *live))
        if named:
            there = {one["name"]: one for one in live}
            return all(covers(there.get(one["name"]), one) for one in wanted)
        return len(live) == len(wanted) and all(map(covers, live, wanted))
    # The server leaves out what is zero, and writes quantities as text.
    return bool(live == wanted) or str(live) == str(wanted) or (live is None and not wanted)


def _once(act: Callable[[], None]) -> Look:
    done: list[bool] = []

    def look() -> int:
        if done:
            return 0
        act()
        done.append(True)
        return 1

    return look


def _once_for_a_pod(there: Api, act: Callable[[str], None]) -> Look:
    done: list[str] = []

    def look() -> int:
        alive = [pod for pod in there.pods() if pod["status"].get("phase") not in _ENDED]
        here = [pod["metadata"]["name"] for pod in alive if "deletionTimestamp" not in pod["metadata"]]
        if done or not here:
            return 0
        act(here[-1])
        done.append(here[-1])
        return 1

    return look
