"""One candidate on the cluster: starts it in a mode, waits for its pod, and hands what it sees to the suites."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from vllm_qualify import args, argv
from vllm_qualify.args import ProbeReport
from vllm_qualify.edge.openai import OpenAiClient
from vllm_qualify.edge.transport import Transport
from vllm_qualify.gpu import GpuReading
from vllm_qualify.images import ImageRef
from vllm_qualify.judge import UNHEALTHY, Death, Hang
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import Phase, PodState
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.samples import HttpReply
from vllm_qualify.targets import pod_view, pod_vitals
from vllm_qualify.targets.base import Client, Description, Mode, Start, Unavailable
from vllm_qualify.targets.limited import Limited
from vllm_qualify.targets.pod_view import PodView
from vllm_qualify.targets.preparing import Prepared
from vllm_qualify.targets.production import Production
from vllm_qualify.targets.reach import KeyUnknown, Reach, Unreachable

START_SECONDS = 600.0
"""How long a start may take before it is given up; beyond any budget, so that an overrun is measured."""
_WATCH_SECONDS = 5.0
_LOOK_SECONDS = 0.25
_LEAST_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How one mode of a candidate is run.

    Attributes:
        mode: which.
        serving: the container, as the operator's manifest has it.
        deployment: what is applied, with the server's defaults.
        cold: the same with an empty model cache; ``None`` where nobody asked for that.
        switch: the operator's own command that switches to the mode; ``None`` where Deployments are scaled directly.
        command: what that runs, for a rehearsal.
    """

    mode: Mode
    serving: ServingManifest
    deployment: Object = field(repr=False)
    cold: Object | None = field(default=None, repr=False)
    switch: Callable[[ImageRef], None] | None = None
    command: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the Deployment."""
        return str(self.deployment["metadata"]["name"])

    @property
    def port(self) -> int:
        """On which the container listens."""
        return self.serving.port


class InCluster:
    """A candidate in the operator's place or beside it; mutable because its pods come and go."""

    def __init__(
        self,
        image: ImageRef,
        *,
        prepared: Prepared,
        plans: Mapping[Mode, Plan],
        production: Production,
        reach: Reach,
        hang_seconds: float,
    ) -> None:
        self.image = image
        self._hang_seconds = hang_seconds
        self._prepared = prepared
        self._plans = plans
        self._production = production
        self._reach = reach
        self._site = reach.site
        self._plan: Plan | None = None
        self._pod: PodView | None = None
        self._client: OpenAiClient | None = None
        self._own: OpenAiClient | None = None
        self._said = HttpReply()
        self.description = self._describe()

    @property
    def client(self) -> Client:
        """Asks what serves now."""
        if self._client is None:
            raise Unavailable("nothing of the candidate serves")
        return Limited(self._client, check=self._production.refuse_late)

    def transport(self, url: str) -> Transport:
        """The way to an address that callers of the candidate use."""
        return self._reach.to(url, self._pod.pod if self._pod else None, container=self._container())

    def end(self, *, model: str = "") -> Death | Hang | None:
        """Say what became of the engine; one that is silent is asked again for as long as it may hang.

        Raises:
            Unavailable: somebody else changed what serves, the pod ended by no fault of the image, or the cluster does
                not answer.
        """
        if self._plan is None or self._pod is None or self._own is None:
            return None
        self._production.watch(self._plan.name)
        # A hang must not keep production away for longer than it may be; a moment is needed to see anything.
        limit = max(_LEAST_SECONDS, min(self._hang_seconds, self._production.remaining_seconds()))
        try:
            return pod_vitals.end(self._pod, self._own, site=self._site, limit_seconds=limit, model=model)
        except Refused as refusal:
            raise Unavailable(f"the cluster does not let the candidate be looked at: {refusal}") from refusal

    def evidence(self) -> Mapping[str, str]:
        """What explains a case that did not pass, by name, as it stands now."""
        return self._pod.evidence() if self._pod is not None else {}

    def gpu(self) -> str:
        """The name of the GPU that the candidate runs on; ``""`` where nobody tells."""
        return next((one.name for one in self.memory().gpus), "")

    def idle(self, seconds: float) -> None:
        """Let time pass."""
        self._site.sleep(seconds)

    def log(self) -> str:
        """What the container printed since its start, each line with its time."""
        return self._pod.log() if self._pod is not None else ""

    def memory(self) -> GpuReading:
        """The GPU as the candidate's own container sees it."""
        return self._pod.memory() if self._pod is not None else GpuReading(problem="nothing of the candidate runs")

    def parsed(self) -> Mapping[Mode, ProbeReport]:
        """What the parser in the image makes of each manifest's command line.

        Raises:
            Unavailable: it could not be asked.
        """
        if self._prepared.parser_problem or not self._prepared.reports:
            fault = self._prepared.fault.reason if self._prepared.fault else ""
            raise Unavailable(self._prepared.parser_problem or f"the parser was not asked: {fault}")
        return self._prepared.reports

    def prepare(self) -> None:
        """Everything was prepared before the first candidate's turn.

        Raises:
            Unavailable: not for this one.
        """
        if self._prepared.problem:
            raise Unavailable(self._prepared.problem)

    def start(self, mode: Mode, *, cold: bool = False) -> Start:
        """Let this mode serve in the place of what does, and wait until it is ready or will never be.

        Raises:
            Unavailable: the time is up, somebody else interfered, or it serves and only a command could restart it.
        """
        plan, started = self._plans[mode], datetime.now(UTC)
        if self._prepared.fault is not None:
            return _failed(plan, started, self._prepared.fault.reason, self._prepared.fault)
        if plan.switch is not None and not cold and self._plan is plan:
            # It would leave the pod alone, and the first start would be taken for another one.
            raise Unavailable("the operator's command switches between modes and starts none of them again")
        self.stop()
        self._site.say(f"{self.image.short}: starting the {mode.value} mode")
        deployment = self._serve(plan, cold=cold)
        self._plan = plan
        return self._wait(plan, deployment, started)

    def _serve(self, plan: Plan, *, cold: bool) -> Object:
        switch, image = plan.switch, self.image
        if cold:
            if plan.cold is None:
                raise Unavailable("the run was not asked for --cold-cache")
            return self._production.serve(plan.cold)
        if switch is None:
            return self._production.serve(plan.deployment)
        return self._production.switched(plan.name, lambda: switch(image))

    def stop(self) -> None:
        """Forget what serves; it is taken away when the next one starts or production is put back."""
        self._plan = self._pod = self._client = self._own = None

    def _wait(self, plan: Plan, deployment: Object, started: datetime) -> Start:
        """Health by the pod's own address counts as loaded; callers come only once the pod is ready, too."""
        state, ready_at = PodState(phase=Phase.PENDING), None
        deadline, looked = self._site.clock() + START_SECONDS, self._site.clock()
        while self._site.clock() < deadline:
            self._production.refuse_late()
            self._look_for_pod(plan, deployment)
            state = self._pod.state() if self._pod is not None else state
            started = state.started_at or started
            if state.phase is Phase.HOPELESS:
                return self._hopeless(plan, started, state)
            if ready_at is None and self._healthy(plan, state):
                ready_at = datetime.now(UTC)
            if ready_at is not None and (plan.mode is Mode.R1 or state.phase is Phase.READY):
                return self._ready(plan, started, ready_at)
            if self._site.clock() - looked > _WATCH_SECONDS:
                looked = self._site.clock()
                self._production.watch(plan.name)
            self._site.sleep(_LOOK_SECONDS)
        said = f": {state.message}" if state.message else ""
        reason = f"not ready within {START_SECONDS:.0f} s, last seen {state.phase.value}{said}"
        answered = self._said.status and self._said.problems
        if self._pod is None or not answered:
            return _failed(plan, started, reason, None)
        reason = f"{reason}; /health says {self._said}"
        return _failed(plan, started, reason, replace(self._pod.post_mortem(reason, state), word=UNHEALTHY))

    def _look_for_pod(self, plan: Plan, deployment: Object) -> None:
        newest = pod_view.newest(self._site, deployment)
        if newest is not None and (self._pod is None or self._pod.uid != newest["metadata"]["uid"]):
            release = self._production.release(plan.serving.container)
            self._pod = PodView(self._site, newest, container=plan.serving.container, production=release)
            self._client, self._own, self._said = None, None, HttpReply()

    def _view(self) -> PodView:
        if self._pod is None:
            raise Unavailable("nothing of the candidate runs")
        return self._pod

    def _container(self) -> str:
        return self._plan.serving.container if self._plan else ""

    def _ready(self, plan: Plan, started: datetime, ready_at: datetime) -> Start:
        self._site.step("qualify", f"Deployment {plan.name} of {self.image} serves in the {plan.mode.value} mode")
        self._site.say(f"{self.image.short}: ready after {(ready_at - started).total_seconds():.0f} s")
        try:
            self._client = self._service_client(plan)
        except KeyUnknown as error:
            raise Unavailable(f"{error}; nothing was asked of the candidate") from error
        except Unreachable as error:
            raise Unavailable(f"{error}; nothing was asked of the candidate, which was ready") from error
        return replace(_failed(plan, started, "", None), ready=ready_at)

    def _service_client(self, plan: Plan) -> OpenAiClient:
        """Callers come through the Service; it knows a pod only once that is ready, which R1's probes put off."""
        pod = self._view().pod
        if plan.mode is Mode.R1:
            return self._reach.pod(pod, container=plan.serving.container, port=plan.port)
        return self._reach.service(pod, container=plan.serving.container)

    def _hopeless(self, plan: Plan, started: datetime, state: PodState) -> Start:
        if not state.image_at_fault:
            raise Unavailable(f"the candidate could not be started, which says nothing about it: {state.message}")
        death = self._view().post_mortem(state.message, state)
        cause = f": {death.diagnosis.title}" if death.diagnosis is not None else ""
        return _failed(plan, started, f"{state.message}{cause}", death)

    def _healthy(self, plan: Plan, state: PodState) -> bool:
        if state.phase not in {Phase.STARTING, Phase.READY} or state.started_at is None:
            return False
        try:
            pod = self._view().pod
            # Not through the Service: it stops knowing a pod that is late, and that is no silence of the engine's.
            self._own = self._own or self._reach.pod(pod, container=plan.serving.container, port=plan.port, keyed=False)
        except Unreachable:
            return False
        self._said = self._own.health()
        return not self._said.problems

    def _describe(self) -> Description:
        prepared, facts = self._prepared, {"digest": self._prepared.digest}
        if prepared.on_node:
            facts["pull"] = "the image was on the node already"
        elif prepared.pull_seconds is not None:
            facts["pull"] = f"{prepared.pull_seconds:.1f} s, before production was taken down"
        for mode, plan in self._plans.items():
            words = plan.serving.command_line
            facts[f"arguments of the {mode.value} mode"] = args.blank(" ".join(words), argv.secrets(words))
        told = {name: value for name, value in facts.items() if value}
        return Description(facts=told, production=self._production.kv_cache)


def _failed(plan: Plan, started: datetime, reason: str, death: Death | None) -> Start:
    model = next(iter(plan.serving.served_model_names), "")
    parser = plan.serving.flag("--reasoning-parser") is not None
    return Start(mode=plan.mode, model=model, parser=parser, started=started, reason=reason, death=death)
