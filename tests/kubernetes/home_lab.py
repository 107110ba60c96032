"""The operator's folder and cluster for tests: the example's files in a namespace of their own, production running."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab import images, kubectl
from lab.manager import LabManager
from lab.places import NODE
from tests.faults.runs import PLUGINS
from vllm_qualify.core.shipped import HOME_LAB
from vllm_qualify.kube import objects

ROOT = Path(__file__).parents[2]
PRODUCTION = "vllm/vllm-openai:v0.5.5"
PRODUCTION_MODEL = "Qwen/Qwen2.5-7B-Instruct-AWQ"
GPU = "NVIDIA GeForce RTX 3060, 570.195.03, 10820, 12288"
_LOOKS = "periodSeconds: 1\n            failureThreshold: 300"
_PATIENCE_SECONDS = 300.0
_RUN_SECONDS = 600.0

Object = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One finished run of the command.

    Attributes:
        code: its exit code.
        said: what it printed.
        folder: of the run's reports.
    """

    code: int
    said: str
    folder: Path

    @property
    def matrix(self) -> dict[str, Any]:
        """matrix.json."""
        found: dict[str, Any] = json.loads((self.folder / "matrix.json").read_text())
        return found

    def candidate(self, tag: str) -> dict[str, Any]:
        """One candidate of the matrix by its tag."""
        found: dict[str, Any] = next(one for one in self.matrix["candidates"] if one["image"].endswith(f":{tag}"))
        return found

    def case(self, tag: str, case: str) -> dict[str, Any]:
        """One case of one candidate."""
        found: dict[str, Any] = next(one for one in self.candidate(tag)["cases"] if one["id"] == case)
        return found

    @property
    def restored(self) -> dict[str, Any]:
        """The case of production being put back."""
        cases = (event["case"] for event in self.events() if event["type"] == "case-finished")
        found: dict[str, Any] = next(case for case in cases if case["requirement"] == "RESTORE")
        return found

    def events(self) -> list[dict[str, Any]]:
        """The journal."""
        return [json.loads(line) for line in (self.folder / "journal.jsonl").read_text().splitlines()]


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeLab:
    """The operator's folder, and the namespace that it is about."""

    cluster: LabManager
    folder: Path
    namespace: str

    @property
    def manifests(self) -> Path:
        """Where the Deployments are written."""
        return self.folder / "applications" / "vllm"

    def candidate(
        self, tag: str, *, style: images.Style = images.Style.MODULE, repository: str = "vllm/vllm-openai", **env: str
    ) -> str:
        """Put a scripted candidate under a public name: one that qualifies, unless its environment says otherwise.

        What another test put under that name is still on the node, so tests that share a tag part by repository.
        """
        reference = f"{repository}:{tag}"
        honest = {"SCRIPTED_ANSWERS": "canary", "SCRIPTED_GPU": GPU, "SCRIPTED_VERSION": tag.removeprefix("v")}
        self.cluster.put_image(reference, images.scripted(self.cluster.programs(), style=style, env=honest | env))
        return reference

    def prepare(self) -> None:
        """Copy the example, move it to the namespace, and let production serve its older model."""
        self.cluster.put_image(PRODUCTION, images.scripted(self.cluster.programs()))
        shutil.copytree(HOME_LAB, self.folder, dirs_exist_ok=True)
        for path in [*self.folder.rglob("*.yaml"), self.folder / "qualify.toml"]:
            path.write_text(path.read_text().replace("namespace: ml", f"namespace: {self.namespace}"))
        self.configure('context = "home-lab"', f'context = "lab-{self.cluster.lab.name}"')
        self.configure('namespace = "ml"', f'namespace = "{self.namespace}"')
        # A scripted server serves at once, and is found to at the next look: as long a patience, in shorter steps.
        self.change("deployment.yaml", "periodSeconds: 5\n            failureThreshold: 60", _LOOKS)
        self.serve_production()

    def configure(self, was: str, now: str) -> None:
        """Change words of qualify.toml."""
        path = self.folder / "qualify.toml"
        text = path.read_text()
        if was not in text:
            raise AssertionError(f"qualify.toml has no {was!r}")
        path.write_text(text.replace(was, now))

    def without_proxy(self) -> None:
        """Let no proxy be configured: nobody runs one in this namespace."""
        path = self.folder / "qualify.toml"
        head, _, tail = path.read_text().partition("[routing]")
        path.write_text(head + "[local]" + tail.partition("[local]")[2])

    def change(self, name: str, was: str, now: str) -> None:
        """Change a manifest."""
        path = self.manifests / name
        text = path.read_text()
        if was not in text:
            raise AssertionError(f"{name} has no {was!r}")
        path.write_text(text.replace(was, now))

    def serve_production(self) -> None:
        """Apply what production is: the example with the model that its image knows."""
        for name in ("service.yaml", "deployment-r1.yaml"):
            self.say("apply", "-f", str(self.manifests / name))
        text = (self.manifests / "deployment.yaml").read_text().replace("Qwen/Qwen3-8B-AWQ", PRODUCTION_MODEL)
        self.cluster.apply(yaml.safe_load(text))
        self.say("rollout", "status", "deployment/vllm-server", f"--timeout={_PATIENCE_SECONDS:.0f}s")

    @contextmanager
    def gpus(self, count: int) -> Iterator[None]:
        """Let the node have so many GPUs for a while."""
        self.cluster.lab.gpus.write_text(str(count))
        try:
            self._await_gpus(count)
            yield
        finally:
            self.cluster.lab.gpus.unlink()
            self._await_gpus(1)

    def _await_gpus(self, count: int) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while self.get("node", NODE)["status"]["allocatable"].get("nvidia.com/gpu") != str(count):
            if time.monotonic() > deadline:
                raise AssertionError(f"the node never had {count} GPUs")
            time.sleep(0.2)

    def snapshot(self) -> dict[str, Object]:
        """Everything that a run must leave as it was."""
        found = self.get("deployments,services,configmaps")["items"]
        return {
            objects.name_of(one): objects.cleaned(one) for one in found if one["metadata"]["name"] != "kube-root-ca.crt"
        }

    def leftovers(self) -> list[str]:
        """What of a run is still there."""
        found = self.get("leases,secrets,pods", "-l", "app.kubernetes.io/managed-by=vllm-qualify")["items"]
        return [objects.name_of(one) for one in found]

    def get(self, *what: str) -> Object:
        """What kubectl gets."""
        found: Object = self.cluster.kubectl(["-n", self.namespace, "get", *what])
        return found

    def say(self, *arguments: str) -> str:
        """What kubectl prints."""
        return str(self.cluster.kubectl(["-n", self.namespace, *arguments], as_dict=False, timeout=180))

    def qualify(self, *arguments: str, **env: str) -> Run:
        """Run the command to its end."""
        return self.ended(self.start(*arguments, **env))

    def ended(self, process: subprocess.Popen[str]) -> Run:
        """A run that was started, once it is over."""
        said = process.communicate(timeout=_RUN_SECONDS)[0]
        return Run(code=process.returncode, said=said, folder=(self.reports / "latest").resolve())

    @property
    def reports(self) -> Path:
        """Where runs of this folder leave their reports."""
        return self.folder / "reports"

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start the command as a user would."""
        settings, reports = str(self.folder / "qualify.toml"), str(self.reports)
        fixed = ["suites", "--target", "kubernetes", "--config", settings, "--reports-dir", reports]
        return self.process("-m", "pytest", *PLUGINS, *fixed, *arguments, **env)

    def restore(self, *arguments: str) -> tuple[int, str]:
        """Run `vllm-qualify restore`; its exit code and what it said."""
        process = self.process(
            "-m", "vllm_qualify", "restore", "--config", str(self.folder / "qualify.toml"), *arguments
        )
        said = process.communicate()[0]
        return process.returncode, said

    def process(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start Python in the checkout, with the lab's kubectl."""
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment(**env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def environment(self, **more: str) -> dict[str, str]:
        """What the operator's shell holds."""
        inherited = {
            name: value for name, value in kubectl.environment().items() if not name.startswith(("PYTEST_", "COV_"))
        }
        return inherited | {
            "KUBECONFIG": str(self.cluster.kubeconfig),
            "PATH": f"{self.cluster.lab.programs}:{os.environ['PATH']}",
            "TMPDIR": str(self.folder.parent),  # a killed run leaves its temporary files
            **more,
        }
