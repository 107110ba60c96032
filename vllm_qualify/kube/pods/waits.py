"""What containers wait for, and whether it can still come: images, mounts, a node. Pure; called by ``state`` alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import ends, facts, pulls
from vllm_qualify.kube.pods.events import KubeEvent, instant
from vllm_qualify.kube.pods.trouble import Graces, Trouble, short

PULL_REASONS = frozenset({"ErrImagePull", "ImageInspectError", "ImagePullBackOff", "RegistryUnavailable"})

_NAMES_IMAGE = frozenset({"InvalidImageName", "SignatureValidationFailed"})
_REFUSED = {
    "CreateContainerConfigError": "the container's settings cannot be resolved",
    "CreateContainerError": "the container cannot be created",
    "ErrImageNeverPull": "the image is not on the node, and imagePullPolicy is Never",
    "InvalidImageName": "the image's name is invalid",
    "RunContainerError": "the container cannot be started",
    "SignatureValidationFailed": "the image's signature is not accepted",
}
# A slow container runtime, or a kubelet that has not heard of a config map yet; neither lasts.
_MAY_PASS = re.compile(r"deadline exceeded|failed to sync \w+ cache|is reserved for|timed out", re.IGNORECASE)
_PROGRESS = frozenset({"Created", "Pulled", "Pulling", "Started"})
_NODE_CANNOT = frozenset({"FailedAttachVolume", "FailedCreatePodSandBox", "FailedMount"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _PullError:
    """What an error of a pull means, if a registry's words match."""

    words: re.Pattern[str]
    meaning: str
    final: bool = True
    image_at_fault: bool = False


# The first that matches counts. Docker Hub says `denied` of what does not exist, and a rate limit names the login.
_PULL_ERRORS = (
    _PullError(
        words=re.compile(
            r"toomanyrequests|429 Too Many|i/o timeout|connection re(?:fused|set)|no such host|TLS handshake|EOF"
            r"|deadline exceeded|no space left|50[0234] ",
            re.IGNORECASE,
        ),
        meaning="the registry or the network to it has a problem",
        final=False,
    ),
    _PullError(
        words=re.compile(r"no match for platform|no matching manifest|no child with platform", re.IGNORECASE),
        meaning="the image does not support this node's platform",
        image_at_fault=True,
    ),
    _PullError(
        words=re.compile(
            r"unauthorized|authentication required|authorization failed|access denied|access to the resource is denied"
            r"|\bdenied:|403 Forbidden",
            re.IGNORECASE,
        ),
        meaning="the registry refuses access: the name is wrong, or imagePullSecrets are missing",
    ),
    _PullError(
        words=re.compile(r"not found|manifest unknown|name unknown|does not exist", re.IGNORECASE),
        meaning="the registry has no such image",
        image_at_fault=True,
    ),
)
_UNKNOWN_PULL_ERROR = _PullError(words=re.compile(""), meaning="the image cannot be pulled", final=False)


def of_container(status: Object, events: Sequence[KubeEvent], *, graces: Graces) -> Trouble | None:
    """Why a container does not come to run; ``None`` where it runs or is simply on its way."""
    waiting = (status.get("state") or {}).get("waiting") or {}
    reason, said = waiting.get("reason", ""), waiting.get("message") or ""
    if reason in PULL_REASONS:
        return _pull(status, reason, said, pulls.pull(events), graces)
    if reason not in _REFUSED:
        return None
    cause = ends.needs_newer_driver(said)
    passing = bool(_MAY_PASS.search(said)) and not cause
    return Trouble(
        reason=reason,
        message=f"container {status['name']}: {_REFUSED[reason]}: {cause or short(said) or 'no reason given'}",
        since=_first(events, {"Failed", "InspectFailed", reason}),
        image_at_fault=reason in _NAMES_IMAGE or ends.could_not_run(said),
        grace=graces.mounts if passing else 0.0,
    )


def of_mounts(events: Sequence[KubeEvent], *, graces: Graces) -> Trouble | None:
    """What keeps the node from making the pod's surroundings; events of the whole pod, in their order."""
    troubles = [event for event in events if event.reason in _NODE_CANNOT]
    if not troubles or any(event.reason in _PROGRESS and _follows(event, troubles[-1]) for event in events):
        return None
    newest = troubles[-1]
    message = f"the node cannot prepare the pod: {short(newest.message)}"
    return Trouble(reason=newest.reason, message=message, since=newest.first, grace=graces.mounts)


def of_scheduling(pod: Object, *, graces: Graces) -> Trouble | None:
    """Why no node takes the pod."""
    condition = facts.condition(pod, "PodScheduled")
    if condition.get("status") != "False":
        return None
    said = short(condition.get("message") or "").split(". ")[0].rstrip(".")
    return Trouble(
        reason=condition.get("reason") or "Unschedulable",
        message=f"no node can run the pod: {said or 'the scheduler gives no reason'}{_advice(said)}",
        since=instant(condition.get("lastTransitionTime")),
        grace=graces.scheduling,
    )


def _pull(status: Object, reason: str, said: str, pull: pulls.Pull, graces: Graces) -> Trouble:
    # Kubelets before 1.31 say only `Back-off pulling image "x"` while they wait; the events still hold the error.
    heard = pull.error if not said or (said.startswith("Back-off") and "rpc error" not in said) else said
    heard = heard or said
    error = next((each for each in _PULL_ERRORS if each.words.search(heard)), _UNKNOWN_PULL_ERROR)
    image, cause = status.get("image") or "the image", short(heard.rpartition(" desc = ")[2])
    return Trouble(
        reason=reason,
        message=f"container {status['name']}: {image} cannot be pulled; {error.meaning}: {cause}",
        since=pull.failed,
        image_at_fault=error.image_at_fault,
        grace=0.0 if error.final else graces.pull,
    )


def _advice(said: str) -> str:
    if "Insufficient nvidia.com/gpu" in said:
        return (
            "; either another pod holds the GPU (look for one with `kubectl get pods -A -o wide` on that node), or the "
            "device plugin does not run there"
        )
    if "node affinity/selector" in said:
        return "; no node has the labels that the manifest's nodeSelector or affinity requires"
    if "taint" in said or "unschedulable" in said:
        return "; the node is cordoned or tainted"
    return ""


def _first(events: Sequence[KubeEvent], reasons: set[str]) -> datetime | None:
    return min((event.first for event in events if event.reason in reasons and event.first), default=None)


def _follows(event: KubeEvent, other: KubeEvent) -> bool:
    # Within one second it does: a node pulls only after everything is mounted.
    return bool(event.last and other.last and event.last >= other.last)
