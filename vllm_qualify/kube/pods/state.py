"""What a pod comes to: on its way, ready, or hopeless, with the cause in words. Pure.

Called by the transaction around production, which polls, and by probes that run in pods of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import ends, facts, pulls, waits
from vllm_qualify.kube.pods import events as kube_events
from vllm_qualify.kube.pods.events import KubeEvent, instant
from vllm_qualify.kube.pods.facts import RunningImage, asks_for_gpu, ended, holds_gpu, images, owned_by, ready
from vllm_qualify.kube.pods.trouble import Graces, Trouble, short

__all__ = [
    "Graces",
    "PodPhase",
    "PodState",
    "RunningImage",
    "asks_for_gpu",
    "ended",
    "holds_gpu",
    "images",
    "owned_by",
    "ready",
    "state",
]

_NO_TROUBLE = Trouble(reason="", message="")


class PodPhase(Enum):
    """How far a pod has come; the last three do not change any more."""

    PENDING = "pending"
    PULLING = "pulling"
    STARTING = "starting"
    READY = "ready"
    HOPELESS = "hopeless"
    ENDED = "ended"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodState:
    """What is known of one pod at one time.

    Attributes:
        phase: how far it has come. ``ENDED``: it ended well, as a pod that is not started again may. ``GONE``: it is
            being deleted.
        reason: Kubernetes' word for what keeps it; ``""`` where nothing does.
        message: what happened and why, for people.
        exit_code: what the serving container, or an init container that failed, ended with last.
        container: the one that serves.
        pull_seconds: how long fetching its image took; ``None`` where it was not fetched, or is not known.
        on_node: its image was on the node already.
        started_at: when the serving container started last; what loads a model counts from here, never the pull.
        since: the time of the first evidence for the reason.
        image_at_fault: the evidence speaks against the image, and not against the node, the manifest or the cluster.
    """

    phase: PodPhase
    reason: str = ""
    message: str = ""
    exit_code: int | None = None
    container: str = ""
    pull_seconds: float | None = None
    on_node: bool = False
    started_at: datetime | None = None
    since: datetime | None = None
    image_at_fault: bool = False

    @property
    def final(self) -> bool:
        """Nothing is to be waited for any more."""
        return self.phase in {PodPhase.ENDED, PodPhase.GONE, PodPhase.HOPELESS}


def state(
    pod: Object,
    events: Sequence[Object] = (),
    *,
    now: datetime,
    container: str = "",
    graces: Graces = Graces(),  # noqa: B008 (frozen)
    known_restarts: int = 0,
) -> PodState:
    """Judge a pod.

    Hopeless at once: what no waiting cures, such as the first death of the serving container. After a grace: what may
    pass by itself, such as a registry that does not answer.

    Args:
        pod: as the API gives it.
        events: events of its namespace, those of others among them; without them pulls and mounts stay unseen.
        now: the time by the cluster's clock, with a time zone.
        container: the one that serves; by default the one with the GPU, or the first.
        graces: how long troubles that may pass are borne.
        known_restarts: restarts of the serving container that are history, as those of a pod that ran before.
    """
    name = facts.serving(pod, container)
    happened = kube_events.of(pod, events)
    own = _about(happened, name)
    found = _trouble(pod, name, happened, graces, known_restarts) or _NO_TROUBLE
    since = None if found is _NO_TROUBLE else found.since or facts.started_at(pod) or now
    hopeless = since is not None and (now - since).total_seconds() >= found.grace
    phase, message = _phase(pod, name, own, found, hopeless=hopeless)
    shown = _NO_TROUBLE if phase in {PodPhase.ENDED, PodPhase.GONE} else found
    return replace(
        _seen(pod, name, own),
        phase=phase,
        reason=shown.reason,
        message=message,
        exit_code=found.exit_code,
        since=since,
        image_at_fault=hopeless and shown.image_at_fault,
    )


def _seen(pod: Object, container: str, own: Sequence[KubeEvent]) -> PodState:
    """What is known of the serving container whatever its troubles; how far it has come is not said yet."""
    pull, status = pulls.pull(own), facts.status_of(pod, container)
    return PodState(
        phase=PodPhase.PENDING,
        container=container,
        pull_seconds=pull.seconds,
        on_node=pull.on_node,
        started_at=_started(status),
    )


def _trouble(
    pod: Object, container: str, happened: Sequence[KubeEvent], graces: Graces, known_restarts: int
) -> Trouble | None:
    """The first trouble, those that end all hope before those that may pass."""
    found = [*_troubles(pod, container, happened, graces, known_restarts)]
    return min(found, key=lambda trouble: trouble.grace, default=None)


def _troubles(
    pod: Object, container: str, happened: Sequence[KubeEvent], graces: Graces, known_restarts: int
) -> Iterator[Trouble]:
    everyone = (*facts.statuses(pod, init=True), *facts.statuses(pod))
    own = _about(happened, container)
    possible = [
        ends.of_pod(pod),
        ends.of_init(pod, container),
        ends.of_serving(pod, container, own, known_restarts=known_restarts),
        *(waits.of_container(each, _about(happened, each["name"]), graces=graces) for each in everyone),
        waits.of_scheduling(pod, graces=graces),
        None if _running(pod, container) else waits.of_mounts(happened, graces=graces),
    ]
    yield from (trouble for trouble in possible if trouble is not None)


def _phase(
    pod: Object, container: str, own: Sequence[KubeEvent], trouble: Trouble, *, hopeless: bool
) -> tuple[PodPhase, str]:
    if "deletionTimestamp" in pod.get("metadata", {}):
        return PodPhase.GONE, _deleted(pod)
    if trouble.exit_code == 0 and trouble.reason == "Completed" and pod["spec"].get("restartPolicy") != "Always":
        return PodPhase.ENDED, f"container {container} ended with exit code 0"
    if hopeless:
        return PodPhase.HOPELESS, trouble.message
    if facts.ready(pod):
        return PodPhase.READY, ""
    if trouble.message:
        return (PodPhase.PULLING if trouble.reason in waits.PULL_REASONS else PodPhase.PENDING), trouble.message
    return _on_its_way(pod, container, own)


def _on_its_way(pod: Object, container: str, own: Sequence[KubeEvent]) -> tuple[PodPhase, str]:
    pull = pulls.pull(own)
    if _running(pod, container):
        unhealthy = [event.message for event in own if event.reason == "Unhealthy"]
        said = f": {short(unhealthy[-1])}" if unhealthy else ""
        return PodPhase.STARTING, f"container {container} runs but is not ready yet{said}{_restless(pod, container)}"
    if pull.running:
        return PodPhase.PULLING, f"the node is pulling the image of container {container}"
    if pull.on_node or pull.seconds is not None:
        return PodPhase.STARTING, f"the image of container {container} is on the node; the container is being created"
    return PodPhase.PENDING, "the node is preparing the pod" if pod["spec"].get(
        "nodeName"
    ) else "the pod is not scheduled yet"


def _about(events: Sequence[KubeEvent], container: str) -> tuple[KubeEvent, ...]:
    return tuple(event for event in events if event.part.endswith(f"{{{container}}}"))


def _deleted(pod: Object) -> str:
    disruption = facts.condition(pod, "DisruptionTarget")
    why = f" ({disruption.get('reason')}: {short(disruption.get('message') or '')})" if disruption else ""
    return f"the pod is being deleted{why}"


def _restless(pod: Object, container: str) -> str:
    others = [each for each in facts.statuses(pod) if each["name"] != container and each.get("restartCount")]
    return "".join(
        f"; container {each['name']} beside it ended and was restarted (restarts: {each['restartCount']})"
        for each in others
    )


def _running(pod: Object, container: str) -> bool:
    return "running" in (facts.status_of(pod, container).get("state") or {})


def _started(status: Object) -> datetime | None:
    current, last = status.get("state") or {}, status.get("lastState") or {}
    known = current.get("running") or current.get("terminated") or last.get("terminated") or {}
    return instant(known.get("startedAt"))
