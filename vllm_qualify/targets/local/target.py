"""The embedded default: the same release on this machine, on its GPU or as a CPU build, serving the canaries."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import httpx

from vllm_qualify.arguments.parser_report import ProbeReport
from vllm_qualify.checks import UNHEALTHY, Death, Hang
from vllm_qualify.checks.startup_phases import CompileCaches
from vllm_qualify.client.exchanges import HttpReply
from vllm_qualify.client.liveness import Look
from vllm_qualify.client.openai import OpenAiClient
from vllm_qualify.config import Settings
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.processor_times import ProcessorTimes
from vllm_qualify.diagnosis import diagnose
from vllm_qualify.gpu import nvml
from vllm_qualify.gpu.reading import NOT_USED, GpuReading
from vllm_qualify.system import caches, processors
from vllm_qualify.system import clock as clocks
from vllm_qualify.system.caches import Caches
from vllm_qualify.targets import vitals
from vllm_qualify.targets.base import Mode, StartAttempt, Unavailable
from vllm_qualify.targets.local import build_choice, engine, environments, launch, parsers
from vllm_qualify.targets.local.cpu_builds import EnginePlan, NoBuild
from vllm_qualify.targets.local.devices import Device
from vllm_qualify.targets.local.launch import LocalLaunch

Say = Callable[[str], None]

START_SECONDS = 300.0
"""How long a CPU build may take before it is given up; beyond any budget, so that an overrun is measured."""
GPU_START_SECONDS = 900.0
"""The same on a GPU, where a first start compiles graphs and kernels: 158 s were seen on 16 cores."""
_POLL_SECONDS = 0.1
_PORT_TAKEN = "E43"
_PORT_TRIES = 3
_ANSWER_SECONDS = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalTarget:
    """This machine.

    Attributes:
        settings: what is tried and how.
        cache: where environments live.
        http: the run's HTTP client.
        say: takes one line of progress at a time.
        offline: fetch nothing.
        port: where engines listen; 0 takes a free one.
        device: what they run on.
        look: at the GPUs of this machine.
        clock: seconds, as ``system.clock`` counts them.
        sleep: lets seconds pass.
    """

    settings: Settings
    cache: Caches
    http: httpx.Client
    say: Say
    offline: bool = False
    port: int = 0
    device: Device = field(default_factory=Device)
    look: Callable[[], GpuReading] = nvml.read
    clock: Callable[[], float] = clocks.seconds
    sleep: Callable[[float], None] = time.sleep
    name: str = "local"

    @contextmanager
    def deploy(self, image: ImageRef) -> Iterator[LocalDeployment]:
        """Take up a candidate; on leaving its engine has ended."""
        engine.sweep(self.cache.root / "running")
        deployment = LocalDeployment(image, target=self)
        try:
            yield deployment
        finally:
            deployment.stop()


class LocalDeployment:
    """What takes the place of an image on this machine; mutable because engines come and go."""

    def __init__(self, image: ImageRef, *, target: LocalTarget) -> None:
        self.image = image
        self._target = target
        device = target.device
        plan = build_choice.of(image, target.settings.local, gpu=device.gpu is not None)
        self._launch = LocalLaunch(image=image, settings=target.settings, plan=plan, device=device)
        self._environment: environments.EngineEnvironment | None = None
        self._process: engine.EngineProcess | None = None
        self.client = self._client(target.port)
        self.description = self._launch.description()

    def end(self, *, model: str = "") -> Death | Hang | None:
        """Say what became of the engine; one that is silent is asked again for as long as it may hang."""
        process, target = self._process, self._target
        if process is None:
            return None
        limit = target.settings.budgets.hang_seconds

        def look() -> Look:
            if (code := process.exit_code()) is not None:
                return Look(ended=f"exit code {code}")
            return vitals.asked(self.client, model=model, deadline_seconds=limit)

        found = vitals.examine(look, limit_seconds=limit, clock=target.clock, sleep=target.sleep)
        return vitals.end(found, self._post_mortem)

    def evidence(self) -> Mapping[str, str]:
        """The log says it all."""
        return {}

    def gpu(self) -> str:
        """The GPU that it runs on; a CPU build uses none."""
        card = self._target.device.gpu
        return card.name if card is not None and self._launch.gpu else ""

    def idle(self, seconds: float) -> None:
        """Let time pass."""
        self._target.sleep(seconds)

    def log(self) -> str:
        """What the engine printed since its start."""
        return self._process.read_log() if self._process else ""

    def memory(self) -> GpuReading:
        """That GPU as NVML shows it now."""
        if not self._launch.gpu:
            return GpuReading(problem=NOT_USED)
        return self._target.device.of(self._target.look())

    def parsed(self) -> Mapping[Mode, ProbeReport]:
        """What the parser of the official wheel of this very release makes of each manifest's command line."""
        environment, target = self._ready_environment(), self._target
        return parsers.ask(
            self.image,
            self._launch.manifests(),
            python=environment.python,
            overlay=environments.own_parser(environment),
            cache=target.cache.root,
            offline=target.offline,
            say=target.say,
        )

    def prepare(self) -> None:
        """Make the environment, unless it is there.

        Raises:
            Unavailable: it cannot be had here and now.
        """
        self._ready_environment()

    def processor(self) -> ProcessorTimes:
        """Those of this machine."""
        return processors.times()

    def start(self, mode: Mode, *, cold: bool = False) -> StartAttempt:
        """End what serves, start this mode and wait until it is ready or will never be.

        Raises:
            Unavailable: the port is in use, or a cold cache was asked for.
        """
        if cold:
            raise Unavailable("the local target downloads nothing: it serves canaries from the checkout")
        self.stop()
        self._target.say(f"{self.image.short}: starting the engine in {mode.value} mode")
        for _ in range(_PORT_TRIES):
            start = self._start(mode, self._port())
            if not _port_was_taken(start):
                return start
        raise Unavailable(
            f"each of {_PORT_TRIES} ports was taken by another process before the engine could use it; try again"
        )

    def _start(self, mode: Mode, port: int) -> StartAttempt:
        self.stop()
        self.client = self._client(port)
        started = datetime.now(UTC)
        running = self._target.cache.root / "running"
        found = CompileCaches.FILLED if caches.size_of(self._compiled()) else CompileCaches.EMPTY
        cache_gib = None if self._launch.gpu else self._target.settings.local.kv_cache_gib
        env = engine.environment(self._compiled(), kv_cache_gib=cache_gib)
        argv = self._launch.argv(mode, python=self._ready_environment().python, port=port)
        self._process = engine.start(argv, env=env, running=running, behind=not self._launch.gpu)
        return replace(self._wait(mode, started), caches=found)

    def stop(self) -> None:
        """End the engine."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def verify(self) -> None:
        """Nobody else has a hand in a process of ours."""

    def _wait(self, mode: Mode, started: datetime) -> StartAttempt:
        process = self._process
        if process is None:
            raise AssertionError("there is no engine to wait for")
        limit = GPU_START_SECONDS if self._launch.gpu else START_SECONDS
        said, deadline = HttpReply(), self._target.clock() + limit
        while process.exit_code() is None and said.problems and self._target.clock() < deadline:
            self._target.sleep(_POLL_SECONDS)
            said = self.client.health()
        ready = datetime.now(UTC)
        attempt = StartAttempt(
            mode=mode,
            model=launch.MODELS[mode].name,
            parser=bool(self._launch.mode(mode).reasoning_parser),
            tool_parser=self._launch.tool_parser(mode),
            canary=True,
            started=started,
        )
        if process.exit_code() is not None:
            death = self._post_mortem(f"exit code {process.exit_code()}")
            cause = f": {death.diagnosis.title}" if death.diagnosis is not None else ""
            return replace(attempt, reason=f"the engine ended with {death.reason}{cause}", death=death)
        if said.problems:
            reason = f"/health did not answer HTTP 200 within {limit:g} s ({said}); the process runs"
            unhealthy = replace(self._post_mortem(reason), word=UNHEALTHY) if said.status else None
            return replace(attempt, reason=reason, death=unhealthy)
        self._target.say(f"{self.image.short}: ready after {(ready - started).total_seconds():.0f} s")
        return replace(attempt, ready=ready)

    def _post_mortem(self, reason: str) -> Death:
        code = self._process.exit_code() if self._process else None
        release = str(self.image.release or "")
        return Death(reason=reason, diagnosis=diagnose(self.log().splitlines(), exit_code=code, release=release))

    def _ready_environment(self) -> environments.EngineEnvironment:
        if self._environment is None:
            if isinstance(self._launch.plan, NoBuild):
                raise Unavailable(self._launch.plan.reason)
            self._target.say(f"{self.image.short}: {self._target.device.why}")
            self._environment = self._ensure(self._launch.plan)
        return self._environment

    def _ensure(self, plan: EnginePlan) -> environments.EngineEnvironment:
        target = self._target
        try:
            return environments.ensure(plan, cache=target.cache, offline=target.offline, say=target.say)
        except environments.EnvironmentUnavailable as error:
            raise Unavailable(str(error)) from error

    def _port(self) -> int:
        if (port := self._target.port) and not engine.port_is_free(port):
            raise Unavailable(f"port {port} is in use; free it, or leave out --local-port to use any free one")
        return port or engine.free_port()

    def _client(self, port: int) -> OpenAiClient:
        url = f"http://127.0.0.1:{port}"
        return OpenAiClient(url, client=self._target.http, deadline_seconds=_ANSWER_SECONDS)

    def _compiled(self) -> Path:
        """Where what is compiled outlasts an engine: a folder for each release and lock, so that none harms another."""
        return self._target.cache.root / "compiled" / self._ready_environment().root.name


def _port_was_taken(start: StartAttempt) -> bool:
    """A port that was free when we looked and taken when the engine came is nobody's fault but ours."""
    cause = start.death.diagnosis if start.death is not None else None
    return cause is not None and cause.cause == _PORT_TAKEN
