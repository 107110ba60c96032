"""The place on a cluster where candidates are tried: one namespace, seen through kubectl; used by everything here."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from vllm_qualify.kube import objects, paths
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import state
from vllm_qualify.kube.retries import RetryPolicy
from vllm_qualify.system import clock as clocks
from vllm_qualify.targets.telling import all_the_same

POLL_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Namespace:
    """A namespace.

    Attributes:
        kubectl: the way to the API.
        namespace: where everything is.
        service: the Service in front of vLLM.
        step: gets phase and words of each step before it is made.
        say: takes a line of progress.
        clock: seconds, as ``system.clock`` counts them.
        sleep: lets seconds pass.
    """

    kubectl: Kubectl
    namespace: str
    service: str
    step: Callable[[str, str], None]
    say: Callable[[str], None]
    clock: Callable[[], float] = clocks.seconds
    sleep: Callable[[float], None] = time.sleep

    def find(self, kind: str, name: str) -> Object | None:
        """An object of the namespace; ``None`` where there is none."""
        return self.kubectl.get(paths.path(kind, self.namespace, name))

    def pods_of(self, deployment: Object) -> tuple[Object, ...]:
        """The pods of a Deployment that run or will; those that failed or succeeded count for nothing any more."""
        return tuple(pod for pod in self.remains_of(deployment) if not state.ended(pod))

    def remains_of(self, deployment: Object) -> tuple[Object, ...]:
        """All pods of a Deployment, those that ended included; by owner, because two may select the same labels."""
        listed = self.kubectl.items(paths.path("Pod", self.namespace, labelSelector=objects.selector(deployment)))
        name = str(deployment["metadata"]["name"])
        whole = [{"apiVersion": "v1", "kind": "Pod"} | pod for pod in listed]
        return tuple(pod for pod in whole if state.owned_by(pod, name))

    def events_of(self, pod: Object) -> tuple[Object, ...]:
        """What was said of a pod."""
        chosen = f"involvedObject.uid={pod['metadata'].get('uid', '')}"
        return self.kubectl.items(paths.path("Event", self.namespace, fieldSelector=chosen))

    def until(self, holds: Callable[[], bool], *, seconds: float) -> bool:
        """Poll until something holds; ``False`` when the time is up."""
        deadline = self.clock() + seconds
        while not holds():
            if self.clock() >= deadline:
                return False
            self.sleep(POLL_SECONDS)
        return True

    def unstoppable(self, *, patience_seconds: float, insist_seconds: float = 0.0) -> Namespace:
        """The same for the way back: a terminal that is gone or a disk that is full must not keep production away.

        Args:
            patience_seconds: how long a cluster that does not answer is waited for, request by request.
            insist_seconds: how long from now on even a refusal is no answer; 0 for not at all.
        """
        on_change, say = all_the_same(self.kubectl.on_change), all_the_same(self.say)
        until = self.clock() + insist_seconds
        insistence = RetryPolicy(until=until, say=say, clock=self.clock) if insist_seconds else self.kubectl.insistence
        kubectl = replace(self.kubectl, patience_seconds=patience_seconds, insistence=insistence, on_change=on_change)
        return replace(self, kubectl=kubectl, step=all_the_same(self.step), say=say)

    def await_gone(self, deployment: Object, *, seconds: float) -> bool:
        """Wait until a Deployment has no pod any more."""
        return self.until(lambda: not self.pods_of(deployment), seconds=seconds)
