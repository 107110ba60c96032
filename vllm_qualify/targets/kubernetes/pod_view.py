"""One pod as the run sees it: its state, its logs, its GPU, and what explains its death."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from vllm_qualify.checks import Death
from vllm_qualify.core import images
from vllm_qualify.diagnosis import diagnose
from vllm_qualify.gpu import nvml
from vllm_qualify.gpu import reading as gpu
from vllm_qualify.gpu.reading import GpuReading
from vllm_qualify.kube import objects, sensitive
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import events as kube_events
from vllm_qualify.kube.pods import facts as pod_facts
from vllm_qualify.kube.pods import state as pods
from vllm_qualify.kube.pods.events import KubeEvent
from vllm_qualify.kube.pods.state import PodPhase, PodState
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.targets.kubernetes.namespace import Namespace

_LOG_TRIES_SECONDS = 10.0
_ASK_SECONDS = 20.0


def newest(site: Namespace, deployment: Object) -> Object | None:
    """The pod of a Deployment that was made last and is not being deleted; one that ended only where no other is."""
    return last_made(site.remains_of(deployment))


def last_made(found: Iterable[Object]) -> Object | None:
    """Of pods the one that was made last and is not being deleted; one that ended only where no other is."""
    there = [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]
    return max(there, key=lambda pod: (not pods.ended(pod), _made(pod)), default=None)


def _made(pod: Object) -> str:
    return str(pod["metadata"].get("creationTimestamp", ""))


class PodView:
    """A pod; mutable, because each look at it may find it changed.

    Args:
        site: where it is.
        pod: as it was found.
        container: the one that serves.
        production: the release that serves in production, ``""`` where that is not known.
    """

    def __init__(self, site: Namespace, pod: Object, *, container: str, production: str = "") -> None:
        self._site = site
        self._container = container
        self._production = production
        self.pod = pod
        self.name = str(pod["metadata"]["name"])
        self.uid = str(pod["metadata"]["uid"])

    def look(self) -> bool:
        """Read it anew; ``False`` where it is no longer there, whoever has its name now."""
        found = self._site.find("Pod", self.name)
        if found is None or found["metadata"]["uid"] != self.uid:
            return False
        self.pod = found
        return True

    def state(self) -> PodState:
        """What it has come to; one that is no longer there is hopeless."""
        if not self.look():
            return PodState(phase=PodPhase.HOPELESS, reason="Gone", message=f"pod {self.name} was deleted")
        return self.state_of(self.pod)

    def state_of(self, pod: Object) -> PodState:
        """The same of the pod as it was just read, with its events."""
        self.pod = pod
        return pods.state(pod, self._site.events_of(pod), now=datetime.now(UTC), container=self._container)

    def log(self) -> str:
        """What the container printed since its start, each line with its time."""
        return self._site.kubectl.log(self._site.namespace, self.name, self._container)

    def post_mortem(self, reason: str, state: PodState) -> Death:
        """Look for the cause before anything changes; the kubelet may need a moment to give a dead container's log."""
        log = ""

        def readable() -> bool:
            nonlocal log
            log, sure = self._dead_log()
            return sure

        self._site.until(readable, seconds=_LOG_TRIES_SECONDS)
        cause = diagnose(
            log.splitlines(),
            exit_code=state.exit_code,
            events=self._told(state),
            release=images.release_of(objects.image(self.pod, container=self._container)),
            production=self._production,
        )
        return Death(reason=reason, diagnosis=cause)

    def verdict(self, state: PodState) -> tuple[str, Death | None]:
        """Why it will never be ready, and what the engine died of where the image is at fault."""
        if not state.image_at_fault:
            return f"it could not be started, which says nothing about the image: {state.message}", None
        death = self.post_mortem(state.message, state)
        cause = f": {death.diagnosis.title}" if death.diagnosis is not None else ""
        return f"{state.message}{cause}", death

    def evidence(self) -> dict[str, str]:
        """What beside the log explains a death, by name."""
        return dict(self._evidence())

    def memory(self) -> GpuReading:
        """The GPU as the container sees it."""
        seen = self._asked(gpu.smi_command(), gpu.parse_smi)
        return seen if seen.gpus else self._asked(nvml.command(), nvml.parse)

    def _told(self, state: PodState) -> Iterator[str]:
        """What Kubernetes says of a death: its events, each on the line that it has in the evidence, and the state.

        A line is empty where the event is about another container, or was over before this one ran: a pull that worked
        the second time, a GPU that the pod before it still held.
        """
        try:
            happened = self._happened()
        except Refused:
            happened = ()
        own = [event for event in happened if self._concerned(event)]
        ran = min((event.first for event in own if event.reason == "Started" and event.first), default=None)
        for event in happened:
            over = ran is not None and event.last is not None and event.last < ran
            words = " ".join(event.message.split())
            yield "" if over or event not in own else f"{event.type} {event.reason}: {words}"
        yield state.message

    def _happened(self) -> tuple[KubeEvent, ...]:
        return kube_events.of(self.pod, self._site.events_of(self.pod))

    def _concerned(self, event: KubeEvent) -> bool:
        """The event is about the pod as a whole, what ran before its containers, or the one that serves."""
        return not event.part.startswith("spec.containers{") or event.part == f"spec.containers{{{self._container}}}"

    def _evidence(self) -> Iterator[tuple[str, str]]:
        yield "pod", json.dumps(sensitive.by_name(self.pod), indent=2, ensure_ascii=False)
        try:
            yield "events", "\n".join(kube_events.lines(self._happened()))
        except Refused as refusal:
            yield "events", f"could not be read: {refusal}"
        if previous := self._hasty_log(previous=True):
            yield "previous-log", previous
        reading = self.memory()
        yield "gpu", reading.problem or "\n".join(map(str, reading.gpus))

    def _dead_log(self) -> tuple[str, bool]:
        """The log of the container that ended, and whether it is that one's.

        By now the next one may run in its place, whatever the last look at it said. Where one was started again and
        the one before gives no log, what was read is the beginning of another life.
        """
        latest = self._hasty_log()
        if previous := self._hasty_log(previous=True):
            return previous, True
        status = pod_facts.status_of(self.pod, self._container) if self.look() else {}
        return latest, bool(latest) and not status.get("restartCount")

    def _hasty_log(self, *, previous: bool = False) -> str:
        kubectl = self._site.kubectl.patient(0)
        return kubectl.log(self._site.namespace, self.name, self._container, previous=previous)

    def _asked(self, command: list[str], read: Callable[[str, str], GpuReading]) -> GpuReading:
        try:
            ended = self._site.kubectl.execute(
                self._site.namespace, self.name, self._container, command, seconds=_ASK_SECONDS
            )
        except (Refused, TimeoutError) as error:
            return GpuReading(problem=f"the candidate's container could not be reached: {error}")
        return read(ended.stdout, ended.stderr)
