"""The production that is at stake in a fault run: the operator's example, made quick. Pure."""

from __future__ import annotations

import copy
from typing import Any

import yaml

from lab import actors, admission
from tests.faults.matrix import Actor
from vllm_qualify.core.shipped import HOME_LAB

Object = dict[str, Any]

# A repository of its own: what another test put under a name is still on the node.
IMAGE = "faults/vllm-openai:v0.5.5"
VERSION = "0.5.5"
CANDIDATE = "faults/vllm-openai:v0.8.5.post1"
CANDIDATE_VERSION = "0.8.5.post1"
NAMESPACE = "faults"
CONTEXT = "faults"
DEPLOYMENT = "vllm-server"
CONTAINER = "vllm"
REASONING = "vllm-r1"
SERVICE = "vllm-api"
NODE = "k3s-gpu-worker"

# Lives in the cluster alone: who restores from the manifests, instead of from what was captured, loses it.
NOTE = {"home-lab/on-call": "set by hand, and in no manifest"}

_LEAST = 2
_REVISION = "deployment.kubernetes.io/revision"
SETTINGS = f"""[cluster]
context = "{CONTEXT}"
namespace = "{NAMESPACE}"
node = "{NODE}"

[modes.ml]
manifest = "deployment.yaml"

[modes.r1]
manifest = "deployment-r1.yaml"
"""


def manifests() -> dict[str, Object]:
    """The operator's objects by the names of their files."""
    folder = HOME_LAB / "applications" / "vllm"
    named = ("deployment.yaml", "deployment-r1.yaml", "service.yaml")
    return {name: _ours(yaml.safe_load((folder / name).read_text("utf-8"))) for name in named}


def _ours(obj: Object) -> Object:
    obj["metadata"]["namespace"] = NAMESPACE
    if obj["kind"] == "Deployment":
        _quick(obj["spec"]["template"]["spec"])
    return obj


def _quick(pod: Object) -> None:
    """Small, soon ready and soon gone; the rest stays the operator's."""
    pod["terminationGracePeriodSeconds"] = 1
    (container,) = pod["containers"]
    container["image"] = IMAGE
    container["resources"]["requests"] = {"cpu": "10m", "memory": "16Mi"}
    container["resources"]["limits"]["memory"] = "256Mi"
    for probe in {"readinessProbe", "startupProbe"} & container.keys():
        container[probe] |= {"periodSeconds": 1, "initialDelaySeconds": 0}


def kept(obj: Object) -> Object:
    """What a run must leave as it was."""
    metadata = obj["metadata"]
    annotations = {key: value for key, value in (metadata.get("annotations") or {}).items() if key != _REVISION}
    return {
        "annotations": annotations,
        "finalizers": metadata.get("finalizers") or [],
        "labels": metadata.get("labels") or {},
        "owners": metadata.get("ownerReferences") or [],
        "spec": obj["spec"],
        "uid": metadata["uid"],
    }


def differences(was: Any, now: Any, *, path: str = "") -> list[str]:
    """Where two values part, for people."""
    if isinstance(was, dict) and isinstance(now, dict):
        keys = sorted(was.keys() | now.keys())
        return [line for key in keys for line in differences(was.get(key), now.get(key), path=f"{path}.{key}")]
    if isinstance(was, list) and isinstance(now, list) and len(was) == len(now):
        pairs = enumerate(zip(was, now, strict=True))
        return [line for place, (one, two) in pairs for line in differences(one, two, path=f"{path}[{place}]")]
    return [] if was == now else [f"{path} was {was!r} and is {now!r}"]


def forgiven(now: Object, actor: Actor) -> Object:
    """The same as ``kept`` gave it, without what an actor means to leave there."""
    if "template" not in now["spec"]:
        return now
    spec, found = copy.deepcopy(now["spec"]), now | {"annotations": dict(now["annotations"])}
    notes = spec["template"]["metadata"].get("annotations") or {}
    if actor is Actor.AUTOSCALER and spec["replicas"] == _LEAST:
        spec["replicas"] = 1
    if actor is Actor.ANNOTATOR:
        found["annotations"].pop(actors.TOUCHED, None)
    if actor is Actor.WEBHOOK:
        found["annotations"].pop(admission.STAMP, None)
    if actor is Actor.WEBHOOK_OF_PODS:
        notes.pop(admission.STAMP, None)
    if actor is Actor.RESTARTER:
        notes.pop(actors.RESTARTED, None)
    if actor is Actor.COLLEAGUE:
        for container in spec["template"]["spec"]["containers"]:
            container["env"] = [one for one in container.get("env", []) if one != actors.EDIT]
            container.update({} if container["env"] else {"env": None})
    if not notes:
        spec["template"]["metadata"].pop("annotations", None)
    return found | {"spec": spec}


def counted(pods: list[Object], actor: Actor) -> list[Object]:
    """The pods that matter: who has failed is gone, and what an autoscaler wants beside the first finds no GPU."""
    left = [pod for pod in pods if actor is Actor.NONE or pod["status"].get("phase") not in {"Failed", "Succeeded"}]
    waits = [pod for pod in left if pod["status"].get("phase") == "Pending"] if actor is Actor.AUTOSCALER else []
    return [pod for pod in left if pod not in waits]


def pod_problems(pods: list[Object]) -> list[str]:
    """What is wrong with the pods in the namespace: there must be one, production's, and ready."""
    names = [pod["metadata"]["name"] for pod in pods]
    if len(pods) != 1 or not names[0].startswith(f"{DEPLOYMENT}-"):
        return [f"the pods are {names}, expected one of {DEPLOYMENT}"]
    images = [container["image"] for container in pods[0]["spec"]["containers"]]
    conditions = {each["type"]: each["status"] for each in pods[0].get("status", {}).get("conditions", [])}
    found = [] if images == [IMAGE] else [f"the pod runs {images}, expected {IMAGE}"]
    return found if conditions.get("Ready") == "True" else [*found, f"the pod {names[0]} is not ready"]
