"""One candidate on the cluster: starts it in a mode, waits for its pod, and hands what it sees to the suites."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from vllm_qualify.arguments.parser_report import ProbeReport
from vllm_qualify.checks import UNHEALTHY, Death, Hang
from vllm_qualify.client.exchanges import HttpReply
from vllm_qualify.client.openai import OpenAiClient
from vllm_qualify.client.transport import Transport
from vllm_qualify.core.images import ImageRef
from vllm_qualify.gpu.reading import GpuReading
from vllm_qualify.kube import expected_state
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import state as pods
from vllm_qualify.kube.pods.state import PodPhase, PodState
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.targets.base import Client, Mode, SharedMachine, StartAttempt, Unavailable
from vllm_qualify.targets.deadline_client import DeadlineClient
from vllm_qualify.targets.kubernetes import pod_view, pod_vitals, watch
from vllm_qualify.targets.kubernetes import prepare as preparing
from vllm_qualify.targets.kubernetes.mode_plan import ModePlan
from vllm_qualify.targets.kubernetes.pod_view import PodView
from vllm_qualify.targets.kubernetes.prepare import Prepared
from vllm_qualify.targets.kubernetes.production import Production
from vllm_qualify.targets.kubernetes.server_access import KeyUnknown, ServerAccess, Unreachable

START_SECONDS = 600.0
"""How long a start may take before it is given up; beyond any budget, so that an overrun is measured."""
_WATCH_SECONDS = 5.0
_LOOK_SECONDS = 0.25
_LOST_PODS = 3
"""So many pods that the node did not keep, one after the other, are enough to say that there is no place for it."""
_POD_SECONDS = 30.0
"""How long a Deployment may be without a pod of the candidate's before it is asked why, and that is believed."""
_LEAST_SECONDS = 5.0


class ClusterAttempt(SharedMachine):
    """A candidate in the operator's place or beside it; mutable because its pods come and go."""

    def __init__(
        self,
        image: ImageRef,
        *,
        prepared: Prepared,
        plans: Mapping[Mode, ModePlan],
        production: Production,
        reach: ServerAccess,
        hang_seconds: float,
    ) -> None:
        self.image = image
        self._hang_seconds = hang_seconds
        self._prepared = prepared
        self._plans = plans
        self._production = production
        self._reach = reach
        self._site = reach.site
        self._plan: ModePlan | None = None
        self._pod: PodView | None = None
        self._client: OpenAiClient | None = None
        self._own: OpenAiClient | None = None
        self._said = HttpReply()
        self._strange = ""
        self._former: set[str] = set()
        self.description = preparing.description(prepared, plans, production=production.kv_cache)

    @property
    def client(self) -> Client:
        """Asks what serves now."""
        if self._client is None:
            raise Unavailable("nothing serves the candidate")
        return DeadlineClient(self._client, check=self._production.refuse_late)

    def transport(self, url: str) -> Transport:
        """The way to an address that callers of the candidate use."""
        container = self._plan.serving.container if self._plan else ""
        return self._reach.to(url, self._pod.pod if self._pod else None, container=container)

    def end(self, *, model: str = "") -> Death | Hang | None:
        """Say what became of the engine; one that is silent is asked again for as long as it may hang.

        Raises:
            Unavailable: somebody else changed what serves, the pod ended by no fault of the image, or the cluster does
                not answer.
        """
        if self._plan is None or self._pod is None or self._own is None:
            return None
        self.verify()
        # A hang must not keep production away for longer than it may be; a moment is needed to see anything.
        limit = max(_LEAST_SECONDS, min(self._hang_seconds, self._production.remaining_seconds()))
        try:
            found = pod_vitals.end(self._pod, self._own, site=self._site, limit_seconds=limit, model=model)
        except Refused as refusal:
            raise Unavailable(f"the cluster refuses to show the candidate: {refusal}") from refusal
        except Unavailable:
            self._production.watch()
            raise
        if found is not None:
            # What ended while somebody else had a hand in it did not end by itself.
            self._production.watch()
        return found

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
        return self._pod.memory() if self._pod is not None else GpuReading(problem="no pod of the candidate runs")

    def parsed(self) -> Mapping[Mode, ProbeReport]:
        """What the parser in the image makes of each manifest's command line.

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
            Unavailable: the time is up, somebody else interfered, or it serves and only a command could restart it.
        """
        plan, started = self._plans[mode], datetime.now(UTC)
        if self._prepared.fault is not None:
            return plan.failed(started, self._prepared.fault.reason, self._prepared.fault)
        if plan.switch is not None and not cold and self._plan is plan:
            # It would leave the pod alone, and the first start would be taken for another one.
            raise Unavailable("the operator's command switches modes but does not restart one")
        self.stop()
        self._site.say(f"{self.image.short}: starting the {mode.value} mode")
        deployment = self._serve(plan, cold=cold)
        self._plan = plan
        return self._wait(plan, deployment, started)

    def _serve(self, plan: ModePlan, *, cold: bool) -> Object:
        switch, image = plan.switch, self.image
        if cold:
            if plan.cold is None:
                raise Unavailable("only runs with --cold-cache")
            return self._production.serve(plan.cold)
        if switch is None:
            return self._production.serve(plan.deployment)
        return self._production.switched(plan.name, lambda: switch(image))

    def stop(self) -> None:
        """Forget what serves; it is taken away when the next one starts or production is put back."""
        self._plan = self._pod = self._client = self._own = None

    def verify(self) -> None:
        """Make sure that the Deployments are what the run wrote, and the pod that is asked the candidate's.

        Raises:
            Unavailable: they are not; the message says who changed what.
        """
        if self._plan is None or self._pod is None:
            return
        self._production.watch()
        if not self._pod.look():
            raise Unavailable(f"the candidate ended for a reason that is not its own: pod {self._pod.name} was deleted")
        if said := self._mismatch(self._plan, self._pod.pod):
            raise Unavailable(f"{said}; its answers do not count as the candidate's")
        if self._plan.mode is Mode.ML and (others := watch.others_behind(self._site, uid=self._pod.uid)):
            raise Unavailable(
                f"Service {self._site.service} also leads to {', '.join(others)}, so it is not known who answers"
            )

    def _mismatch(self, plan: ModePlan, pod: Object) -> str:
        container, digest = plan.serving.container, self._prepared.digest
        return expected_state.mismatch(pod, container=container, image=str(self.image), prepared=digest)

    def _wait(self, plan: ModePlan, deployment: Object, started: datetime) -> StartAttempt:
        """Health by the pod's own address counts as loaded; callers come only once the pod is ready, too."""
        state, ready_at = PodState(phase=PodPhase.PENDING), None
        deadline, looked = self._site.clock() + START_SECONDS, self._site.clock()
        patient_until = looked + _POD_SECONDS
        self._former = {one["metadata"]["uid"] for one in self._site.remains_of(deployment)}
        while self._site.clock() < deadline:
            self._production.refuse_late()
            newest, another = self._look_for_pod(plan, deployment)
            ready_at = None if another else ready_at
            if self._pod is not None:
                state = self._pod.state_of(newest) if newest is not None else self._pod.state()
            started = state.started_at or started
            if state.phase is PodPhase.HOPELESS:
                self._production.watch()
                return plan.failed(started, *self._view().verdict(state))
            if ready_at is None and self._healthy(plan, state):
                ready_at = datetime.now(UTC)
            if ready_at is not None and (plan.mode is Mode.R1 or state.phase is PodPhase.READY):
                return self._ready(plan, started, ready_at)
            if self._site.clock() - looked > _WATCH_SECONDS:
                looked = self._site.clock()
                self._production.watch()
                if looked > patient_until and (reason := self._refused(plan)):
                    return plan.failed(started, reason)
            self._site.sleep(_LOOK_SECONDS)
        self._production.watch()
        said = "; ".join(filter(None, (state.message, self._strange)))
        reason = f"not ready within {START_SECONDS:.0f} s, last seen {state.phase.value}{f': {said}' if said else ''}"
        if self._pod is None or not (self._said.status and self._said.problems):
            return plan.failed(started, reason)
        reason = f"{reason}; /health answers {self._said}"
        return plan.failed(started, reason, replace(self._pod.post_mortem(reason, state), word=UNHEALTHY))

    def _look_for_pod(self, plan: ModePlan, deployment: Object) -> tuple[Object | None, bool]:
        """The newest of the candidate's own pods, and whether it is another one than before.

        One of another image is nobody to wait for: it is on its way out, or a stranger's.
        """
        found = self._site.remains_of(deployment)
        own = [one for one in found if not self._mismatch(plan, one)]
        ended = [one for one in own if pods.ended(one) and one["metadata"]["uid"] not in self._former]
        newest = pod_view.last_made(ended if len(ended) >= _LOST_PODS else own)
        self._strange = next(filter(None, (self._mismatch(plan, one) for one in found)), "")
        if newest is None or (self._pod is not None and self._pod.uid == newest["metadata"]["uid"]):
            return newest, False
        release = self._production.release(plan.serving.container)
        self._pod = PodView(self._site, newest, container=plan.serving.container, production=release)
        self._client, self._own, self._said = None, None, HttpReply()
        return newest, True

    def _refused(self, plan: ModePlan) -> str:
        """Why there is no pod of the candidate's, as the cluster says of its Deployment; ``""`` where there is one.

        Raises:
            Unavailable: there is one, but of another image.
        """
        if self._pod is not None:
            return ""
        if self._strange:
            raise Unavailable(f"{self._strange}; no request was sent to it")
        said = expected_state.without_pods(self._site.find("Deployment", plan.name) or {})
        return f"the cluster creates no pod for it, which says nothing about the image: {said}" if said else ""

    def _view(self) -> PodView:
        if self._pod is None:
            raise Unavailable("no pod of the candidate runs")
        return self._pod

    def _ready(self, plan: ModePlan, started: datetime, ready_at: datetime) -> StartAttempt:
        self.verify()
        self._site.step("qualify", f"Deployment {plan.name} of {self.image} serves in the {plan.mode.value} mode")
        self._site.say(f"{self.image.short}: ready after {(ready_at - started).total_seconds():.0f} s")
        try:
            self._client = self._service_client(plan)
        except KeyUnknown as error:
            raise Unavailable(f"{error}; no request was sent to the candidate") from error
        except Unreachable as error:
            raise Unavailable(f"{error}; no request was sent to the candidate, which was ready") from error
        digest = expected_state.digest(self._view().pod, container=plan.serving.container)
        return replace(plan.failed(started), ready=ready_at, digest=digest)

    def _service_client(self, plan: ModePlan) -> OpenAiClient:
        """Callers come through the Service; it knows a pod only once that is ready, which R1's probes put off."""
        pod = self._view().pod
        if plan.mode is Mode.R1:
            return self._reach.pod(pod, container=plan.serving.container, port=plan.port)
        return self._reach.service(pod, container=plan.serving.container)

    def _healthy(self, plan: ModePlan, state: PodState) -> bool:
        if state.phase not in {PodPhase.STARTING, PodPhase.READY} or state.started_at is None:
            return False
        try:
            pod = self._view().pod
            # Not through the Service: it stops knowing a pod that is late, and that is no silence of the engine's.
            self._own = self._own or self._reach.pod(pod, container=plan.serving.container, port=plan.port, keyed=False)
        except Unreachable:
            return False
        self._said = self._own.health()
        return not self._said.problems
