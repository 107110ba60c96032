"""How containers came to their end: crashes, kills, refusals of the kubelet. Pure; called by ``state`` alone."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence

from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import facts
from vllm_qualify.kube.pods.events import KubeEvent, instant
from vllm_qualify.kube.pods.trouble import Trouble, short

_PROBE = re.compile(r"failed (?P<probe>liveness|startup) probe")
_CUDA = re.compile(r"nvidia-container-cli: requirement error: unsatisfied condition: (?P<condition>[^,\n]+)")
_PROGRAM = re.compile(r"exec: \"|exec format error|executable file not found")
_NEVER_STARTED = frozenset({"ContainerCannotRun", "StartError"})
_NODE_LOST_IT = frozenset({"ContainerStatusUnknown", "Unknown"})
_ARGPARSE = 2
_SIGNALLED = 128


def of_pod(pod: Object) -> Trouble | None:
    """What ended the pod as a whole: the kubelet refused or evicted it."""
    status = pod.get("status", {})
    if status.get("phase") != "Failed" or not status.get("reason"):
        return None
    said = short(status.get("message", ""))
    message = f"the node evicted or rejected the pod ({status['reason']}): {said or 'no reason given'}"
    return Trouble(reason=status["reason"], message=message, since=facts.started_at(pod))


def of_init(pod: Object, container: str) -> Trouble | None:
    """Which init container failed; a sidecar among them may end and start again."""
    specs = {each.get("name"): each for each in pod.get("spec", {}).get("initContainers") or []}
    own = {each.image for each in facts.images(pod) if each.container == container}
    for status in facts.statuses(pod, init=True):
        ended = _ended(status)
        sidecar = specs.get(status["name"], {}).get("restartPolicy") == "Always"
        if ended and ended.get("exitCode") and not sidecar:
            return _death(pod, f"init container {status['name']}", ended, image_at_fault=status.get("image") in own)
    return None


def of_serving(pod: Object, container: str, events: Sequence[KubeEvent], *, known_restarts: int) -> Trouble | None:
    """How the serving container died; what it died of before ``known_restarts`` is past."""
    status = facts.status_of(pod, container)
    state, restarts = status.get("state") or {}, int(status.get("restartCount") or 0)
    ended = _ended(status)
    killed = _killed_by_probe(container, events, ended, known_restarts=known_restarts)
    if killed:
        return killed
    looping = (state.get("waiting") or {}).get("reason") == "CrashLoopBackOff"
    if not ("terminated" in state or restarts > known_restarts or looping):
        return None
    return _death(pod, f"container {container}", ended, image_at_fault=True)


def could_not_run(message: str) -> bool:
    """Whether a container runtime's refusal speaks against the image: its program, or its demands on the driver."""
    return bool(needs_newer_driver(message) or _PROGRAM.search(message))


def needs_newer_driver(message: str) -> str:
    """What the NVIDIA runtime's refusal means; ``""`` where the message is none.

    Source: nvidia-container-toolkit, ``requirement error: unsatisfied condition: cuda>=12.8``.
    """
    match = _CUDA.search(message)
    return f"the image requires {match['condition']}, which the node's NVIDIA driver does not meet" if match else ""


def _ended(status: Object) -> Object:
    """The newest end of a container; empty when it had none."""
    state, last = status.get("state") or {}, status.get("lastState") or {}
    ended: Object = state.get("terminated") or last.get("terminated") or {}
    return ended


def _killed_by_probe(
    container: str, events: Sequence[KubeEvent], ended: Object, *, known_restarts: int
) -> Trouble | None:
    kills = [event for event in events if event.reason == "Killing" and _PROBE.search(event.message)]
    match = _PROBE.search(kills[-1].message) if kills else None
    if match is None or sum(event.count for event in kills) <= known_restarts:
        return None
    probe = match["probe"]
    said = [
        event.message for event in events if event.reason == "Unhealthy" and event.message.lower().startswith(probe)
    ]
    heard = f": {short(said[-1])}" if said else ""
    message = f"Kubernetes ended container {container}because its {probe} probe failed too often{heard}"
    code = ended.get("exitCode")
    return Trouble(reason="Killing", message=message, since=kills[0].first, exit_code=code, image_at_fault=True)


def _death(pod: Object, who: str, ended: Object, *, image_at_fault: bool) -> Trouble:
    reason, code = ended.get("reason") or "Error", ended.get("exitCode")
    return Trouble(
        reason=reason,
        message=_words(pod, who, ended),
        since=instant(ended.get("finishedAt")) or facts.started_at(pod),
        exit_code=code,
        image_at_fault=image_at_fault and _image_ended_it(reason, ended.get("message") or ""),
    )


def _words(pod: Object, who: str, ended: Object) -> str:
    reason, code, said = ended.get("reason") or "Error", ended.get("exitCode"), short(ended.get("message") or "")
    if reason in _NODE_LOST_IT:
        return f"the node lost {who} ({reason}): the node or its container runtime was restarted"
    if reason in _NEVER_STARTED:
        return f"{who} could not be started: {needs_newer_driver(said) or said or reason}"
    if reason == "OOMKilled":
        limit = _memory_limit(pod, who.rpartition(" ")[2])
        return (
            f"{who} was killed for taking more memory than its limit{limit} (OOMKilled, exit code {code}); raise "
            "resources.limits.memory, which /dev/shm counts against"
        )
    if code is None:
        return f"{who} ended and was restarted; the node does not say how it ended"
    return f"{who} ended with exit code {code}{_meaning(code)}{_lasted(ended)}" + (f": {said}" if said else "")


def _lasted(ended: Object) -> str:
    started, finished = instant(ended.get("startedAt")), instant(ended.get("finishedAt"))
    return f", {(finished - started).total_seconds():.0f} s after its start" if started and finished else ""


def _meaning(code: int) -> str:
    if code == 0:
        return " (success)"
    if code == _ARGPARSE:
        return " (as when a parser refuses its arguments)"
    number = code - _SIGNALLED
    return f" ({signal.Signals(number).name})" if number in set(signal.Signals) else ""


def _image_ended_it(reason: str, said: str) -> bool:
    return could_not_run(said) if reason in _NEVER_STARTED else reason not in _NODE_LOST_IT


def _memory_limit(pod: Object, container: str) -> str:
    spec = pod.get("spec", {})
    for each in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        limit = ((each.get("resources") or {}).get("limits") or {}).get("memory")
        if each.get("name") == container and limit:
            return f" of {limit}"
    return ""
