"""What follows from the objects of the fake API server while time passes: pods come, get ready, and go."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

Object = dict[str, Any]
Key = tuple[str, str, str]

LOAD_SECONDS = 1.0
REVISION = "deployment.kubernetes.io/revision"
END_SECONDS = 0.5
_CONTAINER = {
    "imagePullPolicy": "IfNotPresent",
    "resources": {},
    "terminationMessagePath": "/dev/termination-log",
    "terminationMessagePolicy": "File",
}
_POD = {"dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler"}
_SPEC = {"progressDeadlineSeconds": 600, "replicas": 1, "revisionHistoryLimit": 10, "strategy": {"type": "Recreate"}}


class Api(Protocol):
    """What of the server this needs."""

    store: dict[Key, Object]

    @property
    def clock(self) -> Any: ...

    def number(self) -> str: ...

    def set_status(self, key: Key, status: Object, annotations: dict[str, str] | None = None) -> None: ...


class Controller:
    """Deployment controller, scheduler and kubelet of one node; works once per tick.

    Attributes:
        gpus: how many the node has.
        never_ready: images whose pods run and never answer.
        waited: pods that had to wait for the GPU, which a good order of steps avoids.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._since: dict[Key, float] = {}
        self._until: dict[Key, float] = {}
        self.gpus = 1
        self.never_ready: set[str] = set()
        self.waited: set[str] = set()

    def take_over(self, other: Controller) -> None:
        """Go on where another one is now."""
        self._since, self._until = dict(other._since), dict(other._until)

    def stamp(self, *, seconds: float = 0.0) -> str:
        """The time on the cluster, which goes with the clock of the test."""
        at = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(seconds=self._api.clock.now + seconds)
        return f"{at:%Y-%m-%dT%H:%M:%SZ}"

    def settle(self) -> None:
        """Let everything come to rest."""
        for _ in range(8):
            self._api.clock.sleep(1.0)

    def tick(self) -> None:
        """One round of all loops."""
        for key in [key for key in self._api.store if key[0] == "Pod"]:
            self._kubelet(key)
        for key in [key for key in self._api.store if key[0] == "Deployment"]:
            self._reconcile(key)
        for key in [key for key in self._api.store if key[0] == "ReplicaSet"]:
            if ("Deployment", key[1], key[2].rpartition("-")[0]) not in self._api.store:
                del self._api.store[key]

    def _reconcile(self, key: Key) -> None:
        deployment = self._api.store[key]
        spec, name = deployment["spec"], key[2]
        template = hashlib.sha256(json.dumps(spec["template"], sort_keys=True).encode()).hexdigest()[:10]
        self._record(deployment, template)
        owned = [one for one in self._pods() if _owner(self._api.store[one]).startswith(f"{name}-")]
        good = [one for one in owned if _owner(self._api.store[one]) == f"{name}-{template}"][: spec["replicas"]]
        for one in owned:
            if one not in good:
                self._until.setdefault(one, self._api.clock.now + END_SECONDS)
        if owned == good:
            for _ in range(spec["replicas"] - len(good)):
                self._create(deployment, template)
        ready = [one for one in good if _ready(self._api.store[one])]
        status = {
            "observedGeneration": deployment["metadata"]["generation"],
            **({"replicas": len(owned)} if owned else {}),
            **({"updatedReplicas": len(good)} if good else {}),
            **({"readyReplicas": len(ready)} if ready else {}),
        }
        self._api.set_status(key, status, {REVISION: template})

    def _record(self, deployment: Object, template: str) -> None:
        """The history: a ReplicaSet for each template, which stays when nothing runs from it."""
        metadata, wanted = deployment["metadata"], deployment["spec"]["template"]
        key = ("ReplicaSet", metadata["namespace"], f"{metadata['name']}-{template}")
        if key not in self._api.store:
            labels = wanted["metadata"]["labels"] | {"pod-template-hash": template}
            owner = {"kind": "Deployment", "name": metadata["name"], "uid": metadata["uid"], "controller": True}
            made = {"name": key[2], "namespace": key[1], "uid": f"uid-{key[2]}-{self._api.number()}", "labels": labels}
            bare = wanted | {"metadata": wanted["metadata"] | {"labels": labels}}
            self._api.store[key] = {
                "apiVersion": "apps/v1",
                "kind": "ReplicaSet",
                "metadata": made | {"ownerReferences": [owner], "resourceVersion": self._api.number()},
                "spec": {"template": bare},
            }

    def _create(self, deployment: Object, template: str) -> None:
        metadata, wanted = deployment["metadata"], deployment["spec"]["template"]
        owner, name = f"{metadata['name']}-{template}", f"{metadata['name']}-{template}-{self._api.number()}"
        self._api.store["Pod", metadata["namespace"], name] = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": metadata["namespace"],
                "uid": f"uid-{name}",
                "labels": wanted["metadata"]["labels"] | {"pod-template-hash": template},
                "ownerReferences": [{"kind": "ReplicaSet", "name": owner}],
                "creationTimestamp": self.stamp(),
                "resourceVersion": self._api.number(),
            },
            "spec": wanted["spec"] | {"nodeName": "k3s-gpu-worker"},
            "status": {"phase": "Pending"},
        }

    def evict(self, name: str) -> None:
        """Let the kubelet fail a pod of a Deployment for lack of disk; its object stays, as it does on a cluster."""
        key = next(one for one in self._pods() if _owner(self._api.store[one]).startswith(f"{name}-"))
        self._since.pop(key, None)
        self._api.set_status(key, {"phase": "Failed", "reason": "Evicted", "message": "The node was low on resource"})

    def _kubelet(self, key: Key) -> None:
        pod = self._api.store[key]
        if _failed(pod):
            return
        owner = _owner(pod).rpartition("-")[0]
        if owner and ("Deployment", key[1], owner) not in self._api.store:
            self._until.setdefault(key, self._api.clock.now + END_SECONDS)
        if key in self._until:
            self._end(key, pod)
        elif not owner:
            self._api.set_status(key, _finished(pod, self.stamp()))
        elif key in self._since or self._gpu_is_free(key):
            self._since.setdefault(key, self._api.clock.now)
            self._api.set_status(key, self._running(key, pod))
        else:
            self.waited.add(key[2])

    def _end(self, key: Key, pod: Object) -> None:
        if self._api.clock.now >= self._until[key]:
            del self._api.store[key]
            del self._until[key]
        elif "deletionTimestamp" not in pod["metadata"]:
            gone = pod["metadata"] | {"deletionTimestamp": self.stamp(), "resourceVersion": self._api.number()}
            self._api.store[key] = pod | {"metadata": gone}

    def _running(self, key: Key, pod: Object) -> Object:
        first = pod["spec"]["containers"][0]
        loaded = self._api.clock.now - self._since[key] >= LOAD_SECONDS and first["image"] not in self.never_ready
        known = {"type": "Ready", "status": "True" if loaded else "False"}
        old = (pod["status"].get("conditions") or [{}])[0]
        same = old.get("status") == known["status"]
        began = self.stamp(seconds=self._since[key] - self._api.clock.now)
        state = {"name": first["name"], "ready": loaded, "restartCount": 0, "state": {"running": {"startedAt": began}}}
        return {
            "phase": "Running",
            "podIP": "10.198.0.9",
            "conditions": [known | {"lastTransitionTime": old["lastTransitionTime"] if same else self.stamp()}],
            "containerStatuses": [state | {"image": first["image"], "imageID": f"x@{digest(first['image'])}"}],
        }

    def _gpu_is_free(self, key: Key) -> bool:
        taken = [one for one in self._pods() if one != key and _owner(self._api.store[one]) and one in self._since]
        return len(taken) < self.gpus

    def _pods(self) -> list[Key]:
        """Those that count: a ReplicaSet takes no notice of one that failed."""
        pods = [key for key in self._api.store if key[0] == "Pod"]
        return [key for key in pods if not _failed(self._api.store[key])]


def with_defaults(obj: Object) -> Object:
    """What the server adds to a Deployment that does not say everything."""
    if obj["kind"] == "Deployment":
        obj["spec"] = _SPEC | obj["spec"]
        pod = obj["spec"]["template"]["spec"] = _POD | obj["spec"]["template"]["spec"]
        pod["containers"] = [_CONTAINER | one for one in pod["containers"]]
    return obj


def digest(image: str) -> str:
    """What the node says of an image: as long as nobody moves its tag, the same each time."""
    return f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"


def _finished(pod: Object, stamp: str) -> Object:
    """A pod that somebody made by hand: it runs its command and ends."""
    ended = {"exitCode": 0, "reason": "Completed", "startedAt": stamp, "finishedAt": stamp}
    name, image = pod["spec"]["containers"][0]["name"], pod["spec"]["containers"][0]["image"]
    state = {"name": name, "image": image, "imageID": f"x@{digest(image)}", "state": {"terminated": ended}}
    return pod.get("status") or {"phase": "Succeeded", "containerStatuses": [state]}


def _owner(pod: Object) -> str:
    return str(next((one["name"] for one in pod["metadata"].get("ownerReferences") or []), ""))


def _ready(pod: Object) -> bool:
    return any(one["status"] == "True" for one in pod["status"].get("conditions") or [])


def _failed(pod: Object) -> bool:
    return bool(pod.get("status", {}).get("phase") == "Failed")
