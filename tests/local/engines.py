"""Real engines by hand: one CPU build with any words, environment and files, and what it printed from start to end."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import psutil

from vllm_qualify.core import images
from vllm_qualify.system import caches
from vllm_qualify.targets.local import cpu_builds, engine, environments
from vllm_qualify.targets.local.engine import EngineProcess
from vllm_qualify.targets.local.environments import EngineEnvironment

ROOT = Path(__file__).parents[2]
CANARY = ROOT / "canary"
MODULE = "vllm.entrypoints.openai.api_server"
COMMAND = "vllm.entrypoints.cli.main"
START_SECONDS = 900.0
"""Seconds; some forty times what it takes on a machine with nothing else to do."""
_POLL_SECONDS = 0.5
_STAMP = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]{8,15}\+00:00 ", re.MULTILINE)
_INHERITED = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """How an engine is started; ``{folder}`` in a word or a value stands for the folder of the trial.

    Attributes:
        release: such as ``0.20.2``.
        words: the arguments behind the module, without host and port.
        env: variables beside those of the local target.
        module: what is run.
        limits: commands of a shell that run before, such as ``ulimit -v 1000``.
    """

    release: str
    words: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    module: str = MODULE
    limits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """An engine that runs, or did.

    Attributes:
        process: its process, under the supervisor of the harness.
        port: where it listens.
        environment: what it runs in.
        folder: what ``{folder}`` stands for.
    """

    process: EngineProcess
    port: int
    environment: EngineEnvironment
    folder: Path

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def serves(self, *, seconds: float = START_SECONDS) -> bool:
        """Wait until it serves or has ended; tell which."""
        until(lambda: self.process.exit_code() is not None or _healthy(self.port), seconds=seconds)
        return self.process.exit_code() is None and _healthy(self.port)

    def ended(self, *, seconds: float) -> int | None:
        """Wait for its end; ``None`` if it outlives that."""
        until(lambda: self.process.exit_code() is not None, seconds=seconds)
        return self.process.exit_code()

    def end(self) -> int | None:
        """Ask it to end, as Kubernetes would, and wait for it."""
        self.process.supervisor.send_signal(signal.SIGTERM)
        return self.ended(seconds=30)

    def kill(self) -> None:
        """SIGKILL to the process that was started, as the kernel sends it when memory runs out."""
        for child in psutil.Process(self.process.supervisor.pid).children():
            child.kill()

    def log(self) -> str:
        """What it printed, with nothing in it of the machine that it ran on."""
        return told(self.process.read_log(), self)


@contextmanager
def started(command: Command, folder: Path, *, port: int = 0) -> Iterator[Trial]:
    """Start an engine; on leaving nothing of it runs.

    Args:
        command: what to start.
        folder: for the files of this trial.
        port: where it listens; 0 takes a free one.
    """
    environment, port = installed(command.release), port or engine.free_port()
    words = [word.replace("{folder}", str(folder)) for word in command.words]
    argv = [str(environment.python), "-m", command.module, *words, "--host", "127.0.0.1", "--port", str(port)]
    if command.limits:
        argv = ["bash", "-c", f'{command.limits}; exec "$@"', "bash", *argv]
    env = _env(command.release) | {name: value.replace("{folder}", str(folder)) for name, value in command.env.items()}
    process = engine.start(argv, env=env, running=caches.default().root / "running")
    try:
        yield Trial(process=process, port=port, environment=environment, folder=folder)
    finally:
        process.stop()


@cache
def installed(release: str) -> EngineEnvironment:
    """The environment of a release's stand-in."""
    plan = cpu_builds.plan_for(images.parse(f"vllm/vllm-openai:v{release}"))
    assert isinstance(plan, cpu_builds.EnginePlan)
    return environments.ensure(plan, cache=caches.default(), offline=False, say=print)


def told(log: str, trial: Trial) -> str:
    """A log without the supervisor's times, and with other names for folders, host and addresses of this machine."""
    for real, other in _names(trial):
        log = log.replace(real, other)
    return _STAMP.sub("", log)


def _names(trial: Trial) -> Sequence[tuple[str, str]]:
    host = socket.gethostname()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        address = probe.getsockname()[0]
    return (
        (str(trial.environment.root), "/opt/engine"),
        (str(trial.process.folder), "/run/engine"),
        (str(trial.folder), "/srv/trial"),
        (str(ROOT), "/srv/vllm-qualify"),
        (str(caches.default().root), "/var/cache/vllm-qualify"),
        (str(Path.home()), "/home/operator"),
        (host, "node-1"),
        (address, "192.0.2.10"),
    )


def _env(release: str) -> dict[str, str]:
    """What the engines of the local target see; what a release knows of models is worth nothing to another."""
    root = caches.default().root
    return {name: os.environ[name] for name in _INHERITED if name in os.environ} | {
        "HF_HUB_OFFLINE": "1",
        "TORCHINDUCTOR_CACHE_DIR": str(root / "inductor" / release),
        "VLLM_CACHE_ROOT": str(root / "vllm" / release),
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_RPC_BASE_PATH": ".",
    }


def until(condition: Callable[[], bool], *, seconds: float) -> None:
    """Wait for a condition, at most so long."""
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _healthy(port: int) -> bool:
    """Ask without a client of its own: to make one takes longer than the question."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(asking), contextlib.suppress(OSError, http.client.HTTPException):
        asking.request("GET", "/health")
        return asking.getresponse().status == http.HTTPStatus.OK
    return False
