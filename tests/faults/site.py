"""One lab with production in it, a proxy before its API server, and a plain look at both; for the driver."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil

from lab import images, kubectl, parts
from lab.kubectl import Refused
from lab.manager import LabManager
from tests.faults import production, proxy, upstream
from tests.faults.matrix import Actor
from tests.faults.production import NAMESPACE, Object
from tests.faults.proxy import Proxy

KUBELET = "kubelet"
_GPU = "nvidia.com/gpu"
# In the operator's model cache, which outlasts every pod: as a pod sees it, and as the lab's folder has it.
_WITNESS_IN_POD = "/root/.cache/huggingface/witness.jsonl"
_WITNESS = "var/lib/vllm/huggingface/witness.jsonl"
_PATIENCE_SECONDS = 90.0
_LOOK_SECONDS = 0.5
_HTTP_SECONDS = 5.0


class NotReady(Exception):
    """Production cannot be set up; says what is wrong with it."""


@dataclass(slots=True, kw_only=True)
class Site:
    """A lab and its production; mutable because the snapshot is taken anew whenever production is set up anew.

    Attributes:
        folder: holds the manifests, the settings and the kubeconfig that leads through the proxy.
        snapshot: what a run must leave as it was, by kind and name.
        kubelet_killed_at: when its node was last left alone, in wall time as the cluster tells it.
    """

    lab: LabManager
    proxy: Proxy
    folder: Path
    snapshot: dict[str, Object]
    kubelet_killed_at: datetime | None = None

    @property
    def settings(self) -> Path:
        """The file for ``--config``."""
        return self.folder / "qualify.toml"

    def environment(self, **more: str) -> dict[str, str]:
        """What a user's shell would hold."""
        programs = self.lab.lab.programs
        return kubectl.environment() | {
            "KUBECACHEDIR": str(self.folder / "kubectl"),
            "KUBECONFIG": str(self.folder / "kubeconfig"),
            "PATH": f"{programs}:{os.environ['PATH']}",
            "TMPDIR": str(self.folder),  # a killed run leaves its temporary files
            **more,
        }

    def set_up(self) -> None:
        """Make production anew, whatever a run has left.

        Raises:
            NotReady: it did not come up.
        """
        self.say("delete", "deployments,pods,jobs,leases,secrets,configmaps", "--all", "--timeout=60s")
        (self.lab.lab.folder / _WITNESS).unlink(missing_ok=True)
        for name in production.manifests():
            self.say("apply", "-f", str(self.folder / name))
        note = [f"{key}={value}" for key, value in production.NOTE.items()]
        self.say("annotate", "deployment", production.DEPLOYMENT, *note)
        self.snapshot = {}
        if problems := settled(self.problems, seconds=_PATIENCE_SECONDS):
            raise NotReady(f"production did not come up: {'; '.join(problems)}")
        self.snapshot = self._kept()

    def problems(self, actor: Actor = Actor.NONE) -> list[str]:
        """What is not as it was, or does not serve; nothing, when all is well.

        Args:
            actor: what this one means to leave is forgiven.
        """
        now = {name: production.forgiven(one, actor) for name, one in self._kept().items()}
        found = [] if not self.snapshot else production.differences(self.snapshot, now)
        found += [f"left behind: {name}" for name in self._leftovers()]
        found += production.pod_problems(production.counted(self.get("pods")["items"], actor))
        return found or self._not_serving()

    def node_problems(self) -> list[str]:
        """Why no run can begin yet: a kubelet that was killed offers no GPU until its device plugin is back."""
        node = self.get("nodes")["items"][0]["status"]
        ready = next(each for each in node["conditions"] if each["type"] == "Ready")
        seen = datetime.fromisoformat(ready["lastHeartbeatTime"])
        if self.kubelet_killed_at is not None and seen <= self.kubelet_killed_at:
            return ["the kubelet that was killed has not come back"]
        if ready["status"] != "True" or node["allocatable"].get(_GPU, "0") == "0":
            return [f"the node is not ready or offers no GPU: {ready['status']}, {node['allocatable']}"]
        return []

    def witnessed(self) -> list[dict[str, str]]:
        """What the servers themselves wrote down since production was set up, each line as it is."""
        path = self.lab.lab.folder / _WITNESS
        return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []

    def objects(self) -> dict[str, Object]:
        """Everything in the namespace, for whoever looks into a failure."""
        kinds = ("deployments", "replicasets", "pods", "services", "leases", "secrets", "events", "jobs")
        return {kind: self.get(kind) for kind in kinds}

    def get(self, *what: str) -> Object:
        """What kubectl gets, past the proxy."""
        found: Object = json.loads(self.say("get", *what, "-o", "json"))
        return found

    def say(self, *arguments: str) -> str:
        """What kubectl prints, past the proxy; asked again for a while, since etcd may just be away."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return str(self.lab.kubectl(["-n", NAMESPACE, *arguments], as_dict=False, timeout=90))
            except Refused:
                if time.monotonic() > deadline:
                    raise
            time.sleep(_LOOK_SECONDS)

    def kill(self, part: str) -> bool:
        """Kill a part of the lab, which starts it again; whether there was one."""
        argv = next(list(each.argv) for each in parts.parts(self.lab.lab) if each.name == part)
        if part == KUBELET:
            self.kubelet_killed_at = datetime.now(UTC)
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.cmdline() == argv:
                    process.kill()
                    return True
        return False

    def _kept(self) -> dict[str, Object]:
        found = self.get("deployments,services")["items"]
        return {f"{one['kind']} {one['metadata']['name']}": production.kept(one) for one in found}

    def _leftovers(self) -> list[str]:
        found = self.get("leases,secrets,jobs")["items"]
        return [f"{one['kind']} {one['metadata']['name']}" for one in found]

    def _not_serving(self) -> list[str]:
        address = self.get("service", production.SERVICE)["spec"]["clusterIP"]
        model = _model(self.get("deployment", production.DEPLOYMENT))
        try:
            with httpx.Client(base_url=f"http://{address}:8000", trust_env=False, timeout=_HTTP_SECONDS) as client:
                return list(_answers_wrongly(client, model=model))
        except (httpx.HTTPError, ValueError) as error:
            return [f"the Service does not answer: {error!r}"]


def settled(look: Callable[[], list[str]], *, seconds: float) -> list[str]:
    """What is still wrong when the time is up; returns at once when nothing is."""
    deadline = time.monotonic() + seconds
    while (found := look()) and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
    return found


@contextlib.contextmanager
def site(lab: LabManager, folder: Path) -> Iterator[Site]:
    """Put production into a lab; its namespace is gone again afterwards.

    Args:
        lab: a running lab of which nobody else uses the GPU meanwhile.
        folder: an empty one, of our own.
    """
    for name, manifest in production.manifests().items():
        (folder / name).write_text(json.dumps(manifest, indent=2))
    (folder / "qualify.toml").write_text(production.SETTINGS)
    for reference, version in (
        (production.IMAGE, production.VERSION),
        (production.CANDIDATE, production.CANDIDATE_VERSION),
    ):
        behaviour = {"SCRIPTED_VERSION": version, "SCRIPTED_TOKENS_PER_SECOND": "1000"}
        behaviour |= {"SCRIPTED_WITNESS": _WITNESS_IN_POD}
        lab.put_image(reference, images.scripted(lab.programs(), env=behaviour))
    with proxy.running(upstream.cluster(lab.lab.kubeconfig, folder)) as between:
        (folder / "kubeconfig").write_text(upstream.kubeconfig(between.url, context=production.CONTEXT))
        made = Site(lab=lab, proxy=between, folder=folder, snapshot={})
        # The one that another test had may still be on its way out.
        lab.kubectl(["wait", "--for=delete", f"namespace/{NAMESPACE}", "--timeout=50s"], as_dict=False)
        lab.kubectl(["create", "namespace", NAMESPACE], as_dict=False)
        try:
            made.set_up()
            yield made
        finally:
            made.say("delete", "deployments,pods", "--all", "--timeout=60s")
            lab.kubectl(["delete", "namespace", NAMESPACE, "--wait=false"], as_dict=False)


@contextlib.contextmanager
def own(name: str) -> Iterator[Site]:
    """Production in a lab of its own, so that an etcd that is killed is nobody else's; both are gone afterwards."""
    lab = LabManager(name)
    lab.create()
    try:
        with tempfile.TemporaryDirectory(prefix="vllm-qualify-faults-") as folder, site(lab, Path(folder)) as made:
            yield made
    finally:
        lab.delete()


def _model(deployment: Object) -> str:
    arguments = deployment["spec"]["template"]["spec"]["containers"][0]["args"]
    return str(arguments[arguments.index("--model") + 1])


def _answers_wrongly(client: httpx.Client, *, model: str) -> Iterator[str]:
    served = [each["id"] for each in client.get("/v1/models").json()["data"]]
    if served != [model]:
        yield f"the Service serves {served}, expected {model}"
    version = client.get("/version").json()["version"]
    if version != production.VERSION:
        yield f"version {version} answers, expected {production.VERSION}"
    asked: dict[str, Any] = {"model": model, "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 4}
    completion = client.post("/v1/chat/completions", json=asked)
    if completion.status_code != httpx.codes.OK or not completion.json()["choices"][0]["message"]["content"]:
        yield f"a completion was answered with {completion.status_code}: {completion.text[:200]}"
