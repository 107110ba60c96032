"""One candidate on an engine: starts its container in a mode, waits for it, and hands what it sees to the suites."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from vllm_qualify.arguments.parser_report import ProbeReport
from vllm_qualify.checks import UNHEALTHY, Death, Hang
from vllm_qualify.client.exchanges import HttpReply
from vllm_qualify.client.liveness import Look
from vllm_qualify.client.openai import OpenAiClient
from vllm_qualify.client.transport import Transport
from vllm_qualify.container.engine import EngineRefused
from vllm_qualify.container.inspection import Container
from vllm_qualify.core.images import ImageRef
from vllm_qualify.diagnosis import diagnose
from vllm_qualify.gpu.reading import GpuReading
from vllm_qualify.targets import vitals
from vllm_qualify.targets.base import Client, Description, Mode, SharedMachine, StartAttempt, Unavailable
from vllm_qualify.targets.container import gpu_look
from vllm_qualify.targets.container.access import ContainerAccess
from vllm_qualify.targets.container.mode_start import ModeStart
from vllm_qualify.targets.container.prepare import PreparedImage
from vllm_qualify.targets.container.production import ContainerProduction
from vllm_qualify.targets.deadline_client import DeadlineClient

START_SECONDS = 1800.0
"""How long a start may take before it is given up; beyond any budget, so that an overrun is measured."""
_LOOK_SECONDS = 0.25
_WATCH_SECONDS = 5.0
_LEAST_SECONDS = 5.0
_ASKED_TO_END = frozenset({0, 137, 143})
"""A server that is asked to end ends well, or by that signal; Podman 4 keeps no record of who asked."""


class ContainerAttempt(SharedMachine):
    """A candidate in production's place, or by itself; mutable because its containers come and go."""

    def __init__(
        self,
        image: ImageRef,
        *,
        prepared: PreparedImage,
        starts: Mapping[Mode, ModeStart],
        production: ContainerProduction,
        access: ContainerAccess,
        hang_seconds: float,
        description: Description,
    ) -> None:
        self.image = image
        self.description = description
        self._prepared = prepared
        self._starts = starts
        self._production = production
        self._access = access
        self._host = access.host
        self._hang_seconds = hang_seconds
        self._mode: Mode | None = None
        self._id = ""
        self._client: OpenAiClient | None = None

    @property
    def client(self) -> Client:
        """Asks what serves now."""
        if self._client is None:
            raise Unavailable("nothing serves the candidate")
        return DeadlineClient(self._client, check=self._production.refuse_late)

    def transport(self, url: str) -> Transport:
        """The way to an address that callers of the candidate use."""
        return self._access.to(url, self._found() if self._id else None)

    def end(self, *, model: str = "") -> Death | Hang | None:
        """Say what became of the engine; one that is silent is asked again for as long as it may hang.

        Raises:
            Unavailable: somebody else had a hand in it, or the container engine does not tell.
        """
        if self._client is None:
            return None
        client = self._client
        limit = max(_LEAST_SECONDS, min(self._hang_seconds, self._remaining()))

        def look() -> Look:
            found = self._found()
            if not found.state.running:
                return Look(ended=f"its container {found.state}")
            return vitals.asked(client, model=model, deadline_seconds=limit)

        try:
            condition = vitals.examine(
                look, limit_seconds=limit, clock=self._host.clock, sleep=self._host.sleep, who="container"
            )
            ended = vitals.end(condition, self._post_mortem)
        except EngineRefused as problem:
            raise Unavailable(f"the container engine says nothing about the candidate: {problem}") from problem
        if ended is not None:
            # What ended while somebody else had a hand in it did not end by itself.
            self._production.watch()
            self._refuse_killed(ended)
        return ended

    def evidence(self) -> Mapping[str, str]:
        """What explains a case that did not pass, by name, as it stands now."""
        if not self._id:
            return {}
        reading = self.memory()
        found = self._host.engine.container(self._id) or {}
        told = {key: found.get(key) for key in ("Id", "Name", "Image", "State", "RestartCount")}
        return {
            "container": json.dumps(told, indent=2, ensure_ascii=False),
            "gpu": reading.problem or "\n".join(map(str, reading.gpus)),
        }

    def gpu(self) -> str:
        """The name of the GPU that the candidate runs on; ``""`` where nobody tells."""
        return next((one.name for one in self.memory().gpus), "")

    def idle(self, seconds: float) -> None:
        """Let time pass."""
        self._host.sleep(seconds)

    def log(self) -> str:
        """What the container printed since its start, each line with its time."""
        return self._host.engine.log(self._id) if self._id else ""

    def memory(self) -> GpuReading:
        """The GPU as the candidate's own container sees it."""
        return gpu_look.inside(self._host.engine, self._id)

    def parsed(self) -> Mapping[Mode, ProbeReport]:
        """What the parser in the image makes of each mode's command line.

        Raises:
            Unavailable: it could not be asked.
        """
        if self._prepared.parser_problem or not self._prepared.reports:
            fault = self._prepared.fault.reason if self._prepared.fault else ""
            raise Unavailable(self._prepared.parser_problem or f"the parser was not run: {fault}")
        return self._prepared.reports

    def prepare(self) -> None:
        """Everything was prepared before the first candidate's turn.

        Raises:
            Unavailable: not for this one.
        """
        if self._prepared.problem:
            raise Unavailable(self._prepared.problem)

    def start(self, mode: Mode, *, cold: bool = False) -> StartAttempt:
        """Let this mode serve in the place of what does, and wait until it is ready or will never be.

        Raises:
            Unavailable: the time is up, or somebody else interfered.
        """
        if cold:
            raise Unavailable("the container target does not empty model caches")
        begun, started = self._starts[mode], datetime.now(UTC)
        attempt = StartAttempt(
            mode=mode,
            model=begun.model,
            parser=begun.parser,
            tool_parser=begun.manifest.flag("--tool-call-parser") or "",
            canary=begun.canary,
            started=started,
        )
        if (fault := self._prepared.fault) is not None:
            return replace(attempt, reason=fault.reason, death=fault)
        self.stop()
        self._mode = mode
        self._host.say(f"{self.image.short}: starting the {mode.value} mode")
        try:
            self._id = self._production.serve(begun.spec, mode=mode)
        except EngineRefused as problem:
            cause = diagnose([str(problem)], release=str(self.image.release or ""))
            return replace(attempt, reason=str(problem), death=Death(reason=str(problem), diagnosis=cause))
        return self._wait(begun, attempt)

    def stop(self) -> None:
        """End what serves."""
        self._client, self._mode = None, None
        if self._id:
            self._id = ""
            try:
                self._production.clear()
            except EngineRefused as problem:
                raise Unavailable(f"the candidate's container could not be removed: {problem}") from problem

    def verify(self) -> None:
        """Make sure that production rests, and that the container that is asked is the candidate's.

        Raises:
            Unavailable: somebody else had a hand in it.
        """
        if not self._id:
            return
        self._production.watch()
        found = self._found()
        if self._prepared.id and found.image_id != self._prepared.id:
            raise Unavailable(f"container {found.name} runs another image than the candidate; its answers do not count")

    def _wait(self, begun: ModeStart, attempt: StartAttempt) -> StartAttempt:
        deadline, looked = self._host.clock() + START_SECONDS, self._host.clock()
        said, client = HttpReply(), None
        while self._host.clock() < deadline:
            self._production.refuse_late()
            found = self._found()
            attempt = replace(attempt, started=found.state.started or attempt.started)
            if not found.state.running:
                return self._ended(attempt, found)
            client = client or self._access.client(found, begun.manifest)
            said = client.health()
            if not said.problems:
                return self._ready(attempt, client)
            if self._host.clock() - looked > _WATCH_SECONDS:
                looked = self._host.clock()
                self._production.watch()
            self._host.sleep(_LOOK_SECONDS)
        reason = f"not ready within {START_SECONDS:.0f} s; its container runs, /health: {said}"
        death = replace(self._post_mortem(reason), word=UNHEALTHY) if said.status else None
        return replace(attempt, reason=reason, death=death)

    def _ready(self, attempt: StartAttempt, client: OpenAiClient) -> StartAttempt:
        ready = datetime.now(UTC)
        self._client = client
        self.verify()
        self._host.step("qualify", f"{self.image} serves in the {attempt.mode.value} mode")
        self._host.say(f"{self.image.short}: ready after {(ready - attempt.started).total_seconds():.0f} s")
        return replace(attempt, ready=ready, digest=self._prepared.digest)

    def _ended(self, attempt: StartAttempt, found: Container) -> StartAttempt:
        self._production.watch()
        death = self._post_mortem(f"its container {found.state}")
        self._refuse_killed(death)
        cause = f": {death.diagnosis.title}" if death.diagnosis is not None else ""
        return replace(attempt, reason=f"{death.reason}{cause}", death=death)

    def _post_mortem(self, reason: str) -> Death:
        found = self._found()
        code = None if found.state.running else found.state.exit_code
        words = [found.state.error, "OOMKilled" if found.state.out_of_memory else ""]
        cause = diagnose(
            self.log().splitlines(),
            exit_code=code,
            events=filter(None, words),
            release=str(self.image.release or ""),
        )
        return Death(reason=reason, diagnosis=cause)

    def _refuse_killed(self, ended: Death | Hang) -> None:
        """A container that was ended from outside says nothing about its image.

        Raises:
            Unavailable: it was.
        """
        state = self._found().state
        if isinstance(ended, Hang) or state.running:
            return
        asked = state.started is not None and self._host.engine.ended_by_hand(self._id, since=state.started)
        if asked or state.stopped_by_hand:
            raise Unavailable(f"the candidate's container {state} after somebody else stopped it")
        if ended.diagnosis is not None:
            return
        if state.exit_code in _ASKED_TO_END and not state.out_of_memory:
            raise Unavailable(
                f"the candidate's container {state}, and its log names no cause: somebody stopped it, or the container "
                "engine was restarted"
            )

    def _found(self) -> Container:
        """The candidate's container as it stands now.

        Raises:
            Unavailable: somebody removed it, or the container engine does not tell.
        """
        try:
            found = self._host.find(self._id)
        except EngineRefused as problem:
            raise Unavailable(f"the container engine says nothing about the candidate: {problem}") from problem
        if found is None:
            raise Unavailable("the candidate's container was removed by somebody else")
        return found

    def _remaining(self) -> float:
        return self._production.remaining_seconds() if self._production.kept.serving else self._hang_seconds
