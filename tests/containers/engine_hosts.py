"""Podman and Docker, each on a ``lab.machine`` of its own, with images from a depot on that machine's loopback."""

from __future__ import annotations

import http
import itertools
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import depot, images, machine, oci, programs
from vllm_qualify.system import caches

DOCKER = "docker"
PODMAN = "podman"
_DEPOT_PORT = 5000
_NEEDED = {
    PODMAN: ("podman", "runc", "podman-compose"),
    DOCKER: ("docker", "dockerd", "runc"),
}
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.05
_NUMBERS = itertools.count(1)
# crun, Podman's own choice, refuses control groups of both versions side by side; the limits of the machine that tests
# run on may be lower than Podman's own default.
_CONTAINERS = """
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=4096:4096"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
"""
_REGISTRIES = f"""
unqualified-search-registries = ["docker.io"]
[[registry]]
prefix = "docker.io"
location = "docker.io"
[[registry.mirror]]
location = "127.0.0.1:{_DEPOT_PORT}"
insecure = true
"""

# What ``nvidia-ctk cdi generate`` writes, with devices that every machine has.
_CDI = json.dumps(
    {
        "cdiVersion": "0.5.0",
        "kind": "nvidia.com/gpu",
        "devices": [
            {"name": name, "containerEdits": {"deviceNodes": [{"path": "/dev/nvidia0", "hostPath": "/dev/null"}]}}
            for name in ("0", "all")
        ],
        "containerEdits": {"env": ["NVIDIA_VISIBLE_DEVICES=void"]},
    }
)


def missing(program: str) -> str | None:
    """Why an engine cannot run here, in one line that says what to do; ``None`` if it can."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return "container engines are tested with root on Linux, for namespaces and mounts; run as root"
    if shutil.which("go") is None:
        return "the images of these tests are built with go, which is not on PATH; install Go 1.26 or newer (go.dev/dl)"
    lacking = [one for one in _NEEDED[program] if shutil.which(one) is None]
    if lacking:
        return f"{', '.join(lacking)} not on PATH; run script/container-engines, which installs them by apt-get"
    return None


class Refused(AssertionError):
    """An engine refused a command that a test needs; with what it said."""


@dataclass(slots=True, kw_only=True)
class Engine:
    """One engine on its own machine.

    Attributes:
        program: ``podman`` or ``docker``.
        machine: where it runs.
    """

    program: str
    machine: machine.Machine
    _daemon: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def folder(self) -> Path:
        """Holds its settings, its storage and its logs."""
        return self.machine.folder

    @property
    def env(self) -> dict[str, str]:
        """By which its client finds it, in the machine."""
        if self.program == DOCKER:
            return {"DOCKER_HOST": "unix:///run/docker.sock", "DOCKER_CONFIG": str(self.folder / "docker-config")}
        return {
            "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_REGISTRIES_CONF": str(self.folder / "registries.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"),
        }

    def start(self) -> None:
        """Start the depot, and the daemon where there is one; wait until the engine answers."""
        self._write_settings()
        port = str(_DEPOT_PORT)
        serve = (sys.executable, "-P", "-m", "lab.depot", str(self.folder / "depot"), port)
        self.machine.start(*serve, log=self.folder / "depot.log", env={"PYTHONPATH": _root()})
        depot_answers = f"http://127.0.0.1:{_DEPOT_PORT}/v2/"
        self.until(lambda: self.get(depot_answers)[0] == http.HTTPStatus.OK, "the depot answers")
        self.start_daemon()

    def start_daemon(self) -> None:
        """Start Docker's daemon and wait until it answers; Podman has none."""
        if self.program == DOCKER:
            storage = ("--data-root", str(self.folder / "storage"), "--exec-root", "/run/docker")
            place = ("--host", "unix:///run/docker.sock", "--pidfile", "/run/docker.pid")
            mirror = ("--registry-mirror", f"http://127.0.0.1:{_DEPOT_PORT}")
            # The runtime's name is all that a client of it sees; the hook's presence lets the daemon take --gpus.
            nvidia = ("--add-runtime", f"nvidia={shutil.which('runc')}")
            env = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
            command = ("dockerd", *storage, *place, *mirror, *nvidia)
            self._daemon = self.machine.start(*command, log=self.folder / "dockerd.log", env=env)
        self.until(lambda: self.machine.run(self.program, "info", env=self.env).returncode == 0, "the engine answers")

    def stop_daemon(self, *, signal: str = "TERM") -> None:
        """End Docker's daemon; by ``TERM`` it stops the containers first, by ``KILL`` they go on alone."""
        if self._daemon is not None:
            self.machine.run("sh", "-c", f"kill -{signal} $(cat /run/docker.pid)")
            self._daemon.wait()
            self._daemon = None

    def reboot(self) -> None:
        """Cut the machine's power and start it again, with the engine."""
        self.machine.halt()
        self.machine.boot()
        self.start()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the engine's client to its end."""
        return self.machine.run(self.program, *arguments, env=self.env)

    def say(self, *arguments: str) -> str:
        """What the client prints for a command that must succeed, without the blanks around."""
        done = self.run(*arguments)
        if done.returncode:
            raise Refused(f"{self.program} {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def inspect(self, container: str) -> dict[str, Any]:
        """A container as the engine shows it."""
        found: list[dict[str, Any]] = json.loads(self.say("container", "inspect", container))
        return found[0]

    def containers(self, *options: str) -> list[str]:
        """Names of all containers, those that do not run as well."""
        return sorted(self.say("ps", "--all", "--format", "{{.Names}}", *options).split())

    def scripted(
        self, reference: str | None = None, *, style: images.Style = images.Style.SERVE, **behaviour: object
    ) -> str:
        """A scripted image that behaves so, to be pulled; its public name."""
        reference = reference or f"vllm/vllm-openai:scripted-{next(_NUMBERS)}"
        env = {f"SCRIPTED_{name.upper()}": str(value) for name, value in behaviour.items()}
        self.put(reference, images.scripted(_programs(), style=style, env=env))
        return reference

    def put(self, reference: str, image: oci.Image) -> None:
        """Let an image be pulled under a public name."""
        depot.add(self.folder / "depot", reference, image)

    def digest(self, reference: str) -> str:
        """Under which an image lies in the registry."""
        return depot.digest(self.folder / "depot", reference)

    def clear(self) -> None:
        """Remove all containers, networks and volumes; images stay."""
        if found := self.containers():
            self.say("rm", "--force", "--volumes", *found)
        for kind in ("network", "volume"):
            names = set(self.say(kind, "ls", "--format", "{{.Name}}").split())
            if ours := names - {"bridge", "host", "none", "podman"}:
                self.say(kind, "rm", *ours)

    def get(self, url: str) -> tuple[int, str]:
        """What a client on the machine is answered: status and body; 0 and the reason where there is no answer."""
        done = self.machine.run(sys.executable, "-S", "-c", _GET, url)
        status, _, body = done.stdout.partition("\n")
        return int(status), body

    def until(self, holds: Callable[[], object], what: str, *, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        """Look until something holds."""
        deadline = time.monotonic() + patience_seconds
        while not holds():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not within {patience_seconds:.0f} s\n{self._last_lines()}")
            time.sleep(_LOOK_SECONDS)

    def _last_lines(self) -> str:
        logs = [log for log in sorted(self.folder.glob("*.log")) if log.stat().st_size]
        return "\n".join(f"--- {log.name}\n" + "\n".join(log.read_text().splitlines()[-5:]) for log in logs)

    def _write_settings(self) -> None:
        storage = f'[storage]\ndriver = "overlay"\ngraphroot = "{self.folder}/storage"\nrunroot = "/run/containers"\n'
        texts = {"containers.conf": _CONTAINERS, "registries.conf": _REGISTRIES, "storage.conf": storage}
        for name, text in texts.items():
            (self.folder / name).write_text(text)
        (self.folder / "docker-config").mkdir(exist_ok=True)
        hook = self.folder / "bin" / "nvidia-container-runtime-hook"
        hook.parent.mkdir(exist_ok=True)
        hook.write_text("#!/bin/sh\n")
        hook.chmod(0o755)
        # /run is the machine's own, so this is seen by nobody else.
        self.machine.run("sh", "-c", 'mkdir /run/cdi && printf %s "$CDI" >/run/cdi/nvidia.json', env={"CDI": _CDI})


_GET = """
import sys, urllib.error, urllib.request
try:
    with urllib.request.urlopen(sys.argv[1], timeout=5) as reply:
        status, body = reply.status, reply.read().decode()
except urllib.error.HTTPError as error:
    status, body = error.code, error.read().decode()
except OSError as error:
    status, body = 0, str(error)
print(status)
print(body, end="")
"""


def started(program: str, name: str, *, say: Callable[[str], None]) -> Engine:
    """An engine that runs, on a new machine of that name."""
    made = Engine(program=program, machine=machine.create(name, cache=caches.default(), say=say))
    try:
        made.start()
    except BaseException:
        machine.remove(made.machine)
        raise
    return made


def _programs() -> Path:
    return programs.ensure(caches.default(), say=say, modules=programs.OWN)


def say(line: str) -> None:
    """Show progress; pytest keeps it for a test that fails."""
    print(line, file=sys.stderr)  # noqa: T201 (the output is for it)


def _root() -> str:
    return str(Path(__file__).parents[2])
