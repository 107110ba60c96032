"""A GPU host as an operator has it: production in a container on one engine, and a folder with ``qualify.toml``."""

from __future__ import annotations

import contextlib
import http
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import yaml

from lab import images
from tests.containers.engine_hosts import Engine, Refused
from tests.kubernetes.home_lab import GPU, ROOT, Run

PRODUCTION = "vllm/vllm-openai:v0.7.3"
R1_MODEL = "casperhansen/deepseek-r1-distill-qwen-7b-awq"
MODEL = "Qwen/Qwen3-8B-AWQ"
VLLM, R1 = "vllm", "vllm-r1"
TAG = "v0.8.5.post1"
"""Of a candidate that qualifies."""
PORT = 8000
_RUN_SECONDS = 1500.0
_WAIVED = ("[waivers]", 'C07 = "the images of these tests are small"', "")
_OPTIONS = ("--network", "backend", "--network-alias", "vllm-api", "--restart", "unless-stopped", "--shm-size", "1g")
_ARGUMENTS = ("--enforce-eager", "--gpu-memory-utilization", "0.90", "--max-model-len", "8192")


@dataclass(slots=True, kw_only=True)
class GpuBox:
    """One host.

    Attributes:
        engine: what its containers run on.
        folder: the operator's, with ``qualify.toml``.
        ids: the ids of production's containers, as they were made.
        serves: the model that production names.
    """

    engine: Engine
    folder: Path
    ids: dict[str, str] = field(default_factory=dict)
    serves: str = MODEL

    def candidate(
        self,
        tag: str,
        *,
        style: images.Style = images.Style.MODULE,
        repository: str = "vllm/vllm-openai",
        **env: object,
    ) -> str:
        """Put a scripted candidate under a public name: one that qualifies, unless its environment says otherwise."""
        honest = {"answers": "canary", "gpu": GPU, "version": tag.removeprefix("v")}
        return self.engine.scripted(f"{repository}:{tag}", style=style, **(honest | env))

    def serve_production(self) -> None:
        """Let production serve, with the reasoning model's container made and stopped."""
        self.engine.scripted(PRODUCTION, style=images.Style.MODULE, gpu=GPU, answers="canary")
        self.engine.say("pull", PRODUCTION)
        self.engine.say("network", "create", "backend")
        self._make(R1, R1_MODEL)
        self.make_production()

    def make_production(self) -> None:
        """Create what serves every day, start it, and wait until it does."""
        self._make(VLLM, MODEL)
        self.engine.say("start", VLLM)
        self.await_production()

    def compose_production(self, arguments: Mapping[str, Sequence[str]] | None = None) -> Path:
        """Let production serve from a Compose project, as podman-compose makes it; gives its file.

        Args:
            arguments: of each service, in the place of the operator's.
        """
        self.engine.scripted(PRODUCTION, style=images.Style.MODULE, gpu=GPU, answers="canary")
        path = self.folder / "stack" / "compose.yml"
        path.parent.mkdir(parents=True)
        usual = {name: ("--model", model, *_ARGUMENTS) for name, model in ((R1, R1_MODEL), (VLLM, MODEL))}
        services = {name: _service(command) for name, command in (arguments or usual).items()}
        path.write_text(yaml.safe_dump({"services": services, "volumes": {"vllm-cache": {}}}))
        (path.parent / ".env").write_text(f"VLLM_IMAGE={PRODUCTION}\n")
        for name in services:
            self.compose(path, "up", "-d", name)
            self.ids[name] = self.engine.inspect(f"stack_{name}_1")["Id"]
            # Both have the same port, and one GPU.
            self.engine.say("stop", "--time", "1", f"stack_{name}_1")
        self.engine.say("start", f"stack_{VLLM}_1")
        self.await_production()
        return path

    def compose(self, path: Path, *arguments: str) -> None:
        """Run the engine's program for Compose."""
        done = self.engine.machine.run("podman-compose", "-f", str(path), *arguments, env=self.engine.env)
        if done.returncode:
            raise Refused(f"podman-compose {' '.join(arguments)}: {done.stdout}{done.stderr}")

    def _make(self, name: str, model: str) -> None:
        published = ("--publish", f"127.0.0.1:{PORT}:8000", "--volume", "vllm-cache:/root/.cache/vllm")
        command = ("create", "--name", name, *_OPTIONS, *published, PRODUCTION, "--model", model, *_ARGUMENTS)
        self.ids[name] = self.engine.say(*command).split()[-1]

    def await_production(self) -> None:
        """Wait until production answers."""
        self.engine.until(self.production_answers, "production answers")

    def production_answers(self) -> bool:
        """Whether production's model is served where callers look for it."""
        status, body = self.engine.get(f"http://127.0.0.1:{PORT}/v1/models")
        return status == http.HTTPStatus.OK and self.serves in body

    def configure(self, container: Mapping[str, object]) -> None:
        """Write qualify.toml."""
        lines = [f"{key} = {_toml(value)}" for key, value in {"engine": self.engine.program, **container}.items()]
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "qualify.toml").write_text("\n".join(["[container]", *lines, "", *_WAIVED]))

    def snapshot(self) -> dict[str, Any]:
        """Everything of production that a run must leave as it was."""
        found = {name: self.engine.inspect(each) for name, each in self.ids.items()}
        return {
            name: {
                "id": one["Id"],
                "image": one["Image"],
                "running": one["State"]["Running"],
                "restart": one["HostConfig"]["RestartPolicy"],
                "arguments": one["Args"],
                "networks": sorted(one["NetworkSettings"]["Networks"]),
                "ports": one["HostConfig"]["PortBindings"],
            }
            for name, one in found.items()
        }

    def leftovers(self) -> list[str]:
        """Containers that are not production's."""
        ours = {self.engine.inspect(each)["Name"].removeprefix("/") for each in self.ids.values()}
        return [name for name in self.engine.containers() if name not in ours]

    def volumes(self) -> list[str]:
        """Volumes that a run made."""
        return [name for name in self.engine.say("volume", "ls", "--quiet").split() if not name.endswith("vllm-cache")]

    def qualify(self, *arguments: str, **env: str) -> Run:
        """Run the command to its end."""
        return self.ended(self.start(*arguments, **env))

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start the command as a user of the host would."""
        fixed = ("--target", "container", "--config", str(self.folder / "qualify.toml"))
        where = ("--reports-dir", str(self.folder / "reports"))
        return self.process("-m", "pytest", "-p", "no:cacheprovider", "suites", *fixed, *where, *arguments, **env)

    def ended(self, process: subprocess.Popen[str]) -> Run:
        """A run that was started, once it is over."""
        said = process.communicate(timeout=_RUN_SECONDS)[0]
        return Run(code=process.returncode, said=said, folder=(self.folder / "reports" / "latest").resolve())

    def restore(self, *arguments: str) -> tuple[int, str]:
        """Run `vllm-qualify restore`; its exit code and what it said."""
        settings = ("--config", str(self.folder / "qualify.toml"))
        process = self.process("-m", "vllm_qualify", "restore", *settings, *arguments)
        said = process.communicate(timeout=_RUN_SECONDS)[0]
        return process.returncode, said

    def process(self, *arguments: str, output: Path | None = None, **env: str) -> subprocess.Popen[str]:
        """Start Python on the host, in the checkout; what it says goes to a file, or to whoever reads it."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
        own = {"NO_PROXY": "*", "TMPDIR": str(self.folder)}
        with output.open("ab") if output else contextlib.nullcontext(subprocess.PIPE) as out:
            return subprocess.Popen(
                self.engine.machine.argv(sys.executable, *arguments),
                cwd=ROOT,
                env=inherited | self.engine.env | own | env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def inner(self, process: subprocess.Popen[str]) -> psutil.Process:
        """The process on the host that was started; signals to ``nsenter`` itself do not reach it."""
        (found,) = psutil.Process(process.pid).children()
        return found


def _service(command: Sequence[str]) -> dict[str, Any]:
    return {
        "image": "${VLLM_IMAGE:-vllm/vllm-openai:latest}",
        "command": list(command),
        "ports": [f"127.0.0.1:{PORT}:8000"],
        "restart": "unless-stopped",
        "shm_size": "1g",
        "volumes": ["vllm-cache:/root/.cache/vllm"],
    }


def _toml(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(_toml(one) for one in value)}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
