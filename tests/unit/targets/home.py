"""The operator's production on the fake API server, and the transaction around it; for tests of the targets."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from tests.unit.targets.fake_api import FakeApi
from vllm_qualify.kube import field_owners, identity, lease, objects, revisions, snapshot
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.kube.lease import Holder
from vllm_qualify.kube.pods import state
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.system import processes
from vllm_qualify.system.signals import Signals
from vllm_qualify.targets.kind import PATIENCE_SECONDS
from vllm_qualify.targets.kubernetes.lease_lock import LeaseLock
from vllm_qualify.targets.kubernetes.namespace import Namespace
from vllm_qualify.targets.kubernetes.production import Production
from vllm_qualify.targets.kubernetes.server_access import ServerAccess

Object = dict[str, Any]
NAMESPACE = "ml"
OLD, NEW = "vllm/vllm-openai:v0.5.5", "vllm/vllm-openai:v0.8.5.post1"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CANARY = "hf_canarycanarycanary12"


def deployment(name: str, *, replicas: int, model: str, image: str = OLD) -> Object:
    """A Deployment as an operator writes it."""
    container = {
        "name": "vllm",
        "image": image,
        "args": ["--model", model, "--enforce-eager"],
        "env": [{"name": "HF_TOKEN", "value": CANARY}],
        "resources": {"limits": {"nvidia.com/gpu": "1"}},
        "volumeMounts": [{"name": "shm", "mountPath": "/dev/shm"}],  # noqa: S108 (in the pod)
    }
    memory = {"name": "shm", "emptyDir": {"medium": "Memory"}}
    labels = {"app": "vllm-server", "mode": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "labels": {"app": name}, "annotations": {"note": "mine"}},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "strategy": {"type": "Recreate"},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container], "volumes": [memory]}},
        },
    }


ML, R1 = deployment("vllm-server", replicas=1, model="qwen"), deployment("vllm-r1", replicas=0, model="r1")
SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "vllm-api", "namespace": NAMESPACE},
    "spec": {"clusterIP": "10.199.0.5", "ports": [{"port": 8000}], "selector": {"app": "vllm-server"}},
}
NODE = {
    "apiVersion": "v1",
    "kind": "Node",
    "metadata": {"name": "k3s-gpu-worker"},
    "spec": {},
    "status": {"conditions": [{"type": "Ready", "status": "True"}], "allocatable": {"nvidia.com/gpu": "1"}},
}


class Killed(BaseException):
    """The process is gone from one instruction to the next."""


def neighbour(run: str = "run-0") -> Holder:
    """A process of this machine that lives, and is not this one."""
    pid = os.getppid()
    return replace(identity.me(run), pid=pid, started=processes.started(pid))


def holder(run: str = "run-1", *, host: str = "elsewhere", pid: int = 4242, renewed: datetime = NOW) -> Holder:
    """Somebody with a lock, by default one on another machine that has been silent for ages."""
    return Holder(
        identity=f"{run}@{host}",
        run=run,
        host=host,
        place=f"{host}/boot/1",
        pid=pid,
        started=1,
        since=renewed,
        renewed=renewed,
    )


@functools.cache
def _serving() -> FakeApi:
    api = FakeApi()
    for one in (ML, R1, SERVICE, NODE):
        api.put(copy.deepcopy(one))
    api.controller.settle()
    return api


@dataclass
class Home:
    """A cluster on which production serves.

    Attributes:
        api: the cluster.
        said: lines of progress.
        steps: phases and words of steps.
        models: what the Service answers; by default whatever the first ready pod was started with.
        key: without which it answers 401, as vLLM does below ``/v1`` alone; ``""`` for none.
        health: answers a running server's ``/health``; by default well.
        answers_early: a server that starts answers its health before its pod is ready.
    """

    api: FakeApi = field(default_factory=lambda: _serving().again())
    said: list[str] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    models: Callable[[], list[str]] | None = None
    key: str = ""
    answers_early: bool = False
    health: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(200)

    def __post_init__(self) -> None:
        self.first = {key: one for key, one in self.api.store.items() if key[0] != "Pod"}
        self.site = Namespace(
            kubectl=self.kubectl(),
            namespace=NAMESPACE,
            service="vllm-api",
            step=lambda phase, what: self.steps.append((phase, what)),
            say=self.said.append,
            clock=self.api.clock,
            sleep=self.api.clock.sleep,
        )
        self.http = self.client()
        self.reach = ServerAccess(site=self.site, http=self.http, exits=contextlib.ExitStack(), client="direct")
        self._locks: list[LeaseLock] = []

    def kubectl(self) -> Kubectl:
        """The way to this cluster."""
        return Kubectl(context="home", run=self.api.run, clock=self.api.clock, sleep=self.api.clock.sleep)

    def client(self) -> httpx.Client:
        """Whoever asks by HTTP is answered by the pod that is ready, or by nobody."""
        return httpx.Client(transport=httpx.MockTransport(self._serve), trust_env=False)

    def live(self, name: str) -> Object:
        """A Deployment as it is now."""
        found = self.api.find("Deployment", name)
        assert found is not None, f"there is no Deployment {name}"
        return found

    def captured(self, *absent: tuple[str, str]) -> Snapshot:
        """Production as a run captures it."""
        present = [self.live("vllm-server"), self.live("vllm-r1"), self.api.find("Service", "vllm-api")]
        kept = tuple(objects.cleaned(one) for one in present if one is not None)
        return Snapshot(
            run="run-1",
            taken=NOW,
            namespace=NAMESPACE,
            objects=kept,
            absent=absent,
            served=("qwen",),
            service="vllm-api",
            container="vllm",
            ready={"vllm-server": 1},
            revisions={name: self._history(name) for name in ("vllm-server", "vllm-r1")},
            owners=field_owners.of([self.live("vllm-server"), self.live("vllm-r1")]),
        )

    def kept(self, *written: Object, absent: tuple[tuple[str, str], ...] = ()) -> Snapshot:
        """Production as a run keeps it that will write these."""
        captured = self.captured(*absent)
        return captured.knowing(captured.deployments).knowing(written)

    def candidate(self, name: str = "vllm-server", image: str = NEW) -> Object:
        """What a run applies for a candidate, with the server's defaults."""
        return objects.with_replicas(objects.with_image(objects.cleaned(self.live(name)), image, container="vllm"), 1)

    def lock(self, me: Holder | None = None) -> LeaseLock:
        """A lock that is given up at the end of the test, whatever becomes of it."""
        self._locks.append(LeaseLock(self.site, me or holder()))
        return self._locks[-1]

    def production(self, *, max_downtime_seconds: float = 3600.0, signals: Signals | None = None) -> Production:
        """The transaction of one run."""
        signals = signals or Signals(self.said.append)
        return Production(
            self.reach,
            lock=self.lock(),
            signals=signals,
            most_seconds=max_downtime_seconds,
            patience_seconds=PATIENCE_SECONDS,
        )

    def serving(self) -> Production:
        """A run whose candidate serves in production's place."""
        run = self.production()
        run.begin()
        run.capture(self.captured(), written=[self.candidate(), self.candidate("vllm-r1")], return_seconds=20.0)
        run.serve(self.candidate())
        return run

    def run(self, production: Production) -> None:
        """Everything up to the end of a run with both modes, in the order of a run."""
        production.begin()
        wanted = [self.candidate(), self.candidate("vllm-r1")]
        production.capture(self.captured(), written=wanted, return_seconds=20.0)
        for one in wanted:
            made = production.serve(one)
            self.site.until(lambda made=made: any(map(state.ready, self.site.pods_of(made))), seconds=100.0)  # type: ignore[misc]
            production.watch()

    def problems(self) -> list[str]:
        """What is not as it was before the run; empty when everything is."""
        self.api.faults, self.api.before, self.api.after, self.api.outage_until = {}, {}, {}, 0.0
        self.api.controller.settle()
        found = [f"{key} is gone" for key in self.first if key not in self.api.store]
        found += [f"{key} is left" for key in self.api.store if key not in self.first and key[0] != "Pod"]
        for key in self.first.keys() & self.api.store.keys():
            found += [f"{key} {one}" for one in objects.differences(self.first[key], self.api.store[key])]
        found += [f"the run owns fields of {key}" for key in self.first if self._owned(key)]
        running = [one for key, one in self.api.store.items() if key[0] == "Pod" and not state.ended(one)]
        found += [] if [state.ready(one) for one in running] == [True] else ["production does not serve"]
        found += [f"{name} waited for the GPU" for name in self.api.controller.waited]
        return found + self.api.complaints

    def _history(self, name: str) -> tuple[str, ...]:
        every = [one for key, one in self.api.store.items() if key[0] == "ReplicaSet"]
        return tuple(one["metadata"]["uid"] for one in revisions.of(self.live(name), every))

    def _owned(self, key: tuple[str, str, str]) -> bool:
        owners = self.api.store.get(key, {}).get("metadata", {}).get("managedFields") or ()
        return any(one["manager"] == "vllm-qualify" for one in owners)

    def close(self) -> None:
        """End what a test left."""
        for lock in self._locks:
            lock._over.set()  # A killed run's thread would go on waiting in this process.
        self.http.close()

    def leave(self, captured: Snapshot, *, by: Holder | None = None) -> None:
        """Leave lock and snapshot behind, as a run does that was killed."""
        self.api.put(lease.lease(by or holder(), namespace=NAMESPACE), manager="vllm-qualify")
        self.api.put(snapshot.secret(captured), manager="vllm-qualify")

    def _serve(self, request: httpx.Request) -> httpx.Response:
        running = [one for key, one in self.api.store.items() if key[0] == "Pod" and state.ready(one)]
        models = self.models() if self.models else [one["spec"]["containers"][0]["args"][1] for one in running]
        if not running and not (self.answers_early and request.url.path == "/health"):
            raise httpx.ConnectError("connection refused")
        if request.url.path == "/health":
            return self.health(request)
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return httpx.Response(401, json={"error": "Unauthorized"})
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"object": "list", "data": [{"id": name} for name in models]})
        assert json.loads(request.content)["model"] in models
        choice = {"index": 0, "message": {"role": "assistant", "content": "Yes."}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        return httpx.Response(200, json={"model": models[0], "choices": [choice], "usage": usage})
