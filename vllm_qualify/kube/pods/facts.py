"""Plain facts of a pod: its containers, their statuses, its images, its share of the GPU. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from vllm_qualify.kube.manifests import GPU
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods.events import instant

_OTHER_GPUS = ("nvidia.com/gpu.shared", "nvidia.com/mig-")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningImage:
    """What one container really runs.

    Attributes:
        container: its name.
        image: the reference as the node resolved it.
        digest: ``sha256:...`` of what was pulled; ``""`` before it was.
    """

    container: str
    image: str
    digest: str = ""


def asks_for_gpu(pod: Object) -> int:
    """How many GPUs a pod holds while it runs, shared ones and slices included."""
    spec = pod.get("spec", {})
    return max(sum(map(_gpus, spec.get("containers") or [])), *map(_gpus, spec.get("initContainers") or []), 0)


def condition(pod: Object, kind: str) -> Object:
    """A condition of the pod; empty when it has none of that kind."""
    found: list[Object] = [one for one in pod.get("status", {}).get("conditions") or [] if one.get("type") == kind]
    return found[0] if found else {}


def ended(pod: Object) -> bool:
    """Whether a pod has run its course, as an evicted one has: its object stays, and nothing of it runs again.

    Source: a ReplicaSet neither counts nor deletes such pods (Kubernetes v1.34, ``controller.IsPodActive``).
    """
    return pod.get("status", {}).get("phase") in {"Failed", "Succeeded"}


def holds_gpu(pod: Object) -> bool:
    """Whether a pod occupies a GPU now: it asks for one, has a node, and has not ended."""
    return bool(asks_for_gpu(pod) and pod.get("spec", {}).get("nodeName") and not ended(pod))


def images(pod: Object) -> tuple[RunningImage, ...]:
    """What the containers run, init containers first."""
    return tuple(
        RunningImage(container=each["name"], image=each.get("image", ""), digest=_digest(each.get("imageID") or ""))
        for each in (*statuses(pod, init=True), *statuses(pod))
    )


def owned_by(pod: Object, deployment_name: str) -> bool:
    """Whether a Deployment of that name made the pod, through the ReplicaSet that it names after itself."""
    metadata = pod.get("metadata", {})
    wanted = f"{deployment_name}-{(metadata.get('labels') or {}).get('pod-template-hash', '')}"
    owners = metadata.get("ownerReferences") or []
    return any(owner.get("kind") == "ReplicaSet" and owner.get("name") == wanted for owner in owners)


def ready(pod: Object) -> bool:
    """Whether the Service may send requests to the pod: it is ready and nobody deletes it."""
    return condition(pod, "Ready").get("status") == "True" and "deletionTimestamp" not in pod.get("metadata", {})


def serving(pod: Object, container: str = "") -> str:
    """The name of the container that serves: the one named, else the one with the GPU, else the first."""
    containers: list[Object] = pod.get("spec", {}).get("containers") or []
    names = [each.get("name", "") for each in containers]
    with_gpu = [each.get("name", "") for each in containers if _gpus(each)]
    return next(iter([name for name in names if name == container] + with_gpu + names), container)


def started_at(pod: Object) -> datetime | None:
    """When the kubelet took the pod, or when it was made: a time for evidence that has none of its own."""
    created = pod.get("metadata", {}).get("creationTimestamp")
    return instant(pod.get("status", {}).get("startTime")) or instant(created)


def status_of(pod: Object, container: str) -> Object:
    """The status of one container that is no init container; empty before the kubelet wrote one."""
    return next((each for each in statuses(pod) if each.get("name") == container), {})


def statuses(pod: Object, *, init: bool = False) -> tuple[Object, ...]:
    """The statuses of the containers, or of the init containers, in the order of the manifest."""
    spec, status = pod.get("spec", {}), pod.get("status", {})
    order = [each.get("name") for each in spec.get("initContainers" if init else "containers") or []]
    found: list[Object] = status.get("initContainerStatuses" if init else "containerStatuses") or []
    return tuple(sorted(found, key=lambda each: order.index(each["name"]) if each["name"] in order else len(order)))


def _digest(image_id: str) -> str:
    return image_id[image_id.index("sha256:") :] if "sha256:" in image_id else ""


def _gpus(container: Object) -> int:
    return sum(_counts(container.get("resources") or {}))


def _counts(resources: Object) -> Iterator[int]:
    limits = resources.get("limits") or resources.get("requests") or {}
    for name, amount in limits.items():
        if name == GPU or name.startswith(_OTHER_GPUS):
            yield int(amount)
