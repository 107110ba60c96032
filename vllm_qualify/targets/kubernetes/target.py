"""The operator's cluster: their manifests with the candidate's image in production's place until it is put back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpx

from vllm_qualify.checks import kv_cache_log
from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.checks.production import TransactionEnd
from vllm_qualify.client.openai import new_http_client
from vllm_qualify.config import Cluster, GpuMode, Settings
from vllm_qualify.core import redaction
from vllm_qualify.core.errors import UserError
from vllm_qualify.core.events import StepTaken
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.records import Finding
from vllm_qualify.kube import cluster_config_maps, identity, kubectl_script, placement, sensitive
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.litellm.evidence import RouteEvidence, Service
from vllm_qualify.targets import route
from vllm_qualify.targets.base import Client, Mode, NotReady
from vllm_qualify.targets.kind import PATIENCE_SECONDS, TargetRun
from vllm_qualify.targets.kubernetes import (
    capture,
    dry_run,
    pod_view,
    preconditions,
    prepare,
    run_plan,
    serving,
)
from vllm_qualify.targets.kubernetes.attempt import ClusterAttempt
from vllm_qualify.targets.kubernetes.lease_lock import LeaseLock
from vllm_qualify.targets.kubernetes.mode_plan import ModePlan
from vllm_qualify.targets.kubernetes.namespace import Namespace
from vllm_qualify.targets.kubernetes.pod_view import PodView
from vllm_qualify.targets.kubernetes.prepare import Prepared
from vllm_qualify.targets.kubernetes.production import Production
from vllm_qualify.targets.kubernetes.run_plan import ModeManifest
from vllm_qualify.targets.kubernetes.server_access import ServerAccess
from vllm_qualify.targets.serving_production import ServingProduction


class KubernetesTarget:
    """A namespace of a cluster; mutable, because production is there, away, and there again.

    Args:
        settings: what is tried and how; names the cluster.
        cluster: where.
        run: what this run is.
        http: the run's HTTP client.
        kubectl: the way to the API.
    """

    name = "kubernetes"

    def __init__(
        self, settings: Settings, *, cluster: Cluster, run: TargetRun, http: httpx.Client, kubectl: Kubectl
    ) -> None:
        self._settings = settings
        self._cluster = cluster
        self._run = run
        self._exits = ExitStack()
        beside = cluster.strategy == "beside"
        self._site = Namespace(
            kubectl=kubectl,
            namespace=cluster.namespace,
            service=run_plan.SERVICE_BESIDE if beside else cluster.service,
            step=self._step,
            say=self._say,
        )
        self._reach = ServerAccess(site=self._site, http=http, exits=self._exits, client=cluster.client, hide=run.hide)
        self._production: Production | None = None
        self._current: ClusterAttempt | None = None
        self._manifests: Mapping[Mode, ModeManifest] = {}
        self._tried: Mapping[Mode, ModeManifest] = {}
        self._plans: dict[ImageRef, Mapping[Mode, ModePlan]] = {}
        self._prepared: dict[ImageRef, Prepared] = {}

    @property
    def gpu_mode(self) -> GpuMode | None:
        """The operator's own command that switches the modes; ``None`` where Deployments are scaled directly."""
        return run_plan.commanded(self._settings, self._cluster)

    def open(self) -> tuple[Finding, ...]:
        """Look, lock, capture and prepare every candidate, while production serves.

        Raises:
            NotReady: something stands in the way; nothing was changed.
        """
        with _in_the_way():
            self._read()
            findings = self._inspected()
            if any(finding.blocks for finding in findings):
                raise NotReady("the cluster is not ready for a run", findings)
            self._begin()
        return findings

    @contextmanager
    def deploy(self, image: ImageRef) -> Iterator[ClusterAttempt]:
        """Take up a candidate; what of it still runs is taken away by the next one, or by ``close``."""
        if self._production is None:
            raise AssertionError("the target was not opened")
        self._current = ClusterAttempt(
            image,
            prepared=self._prepared[image],
            plans=self._plans[image],
            production=self._production,
            reach=self._reach,
            hang_seconds=self._settings.budgets.hang_seconds,
        )
        yield self._current

    def serving(self) -> AbstractContextManager[ServingProduction]:
        """Take up production as it serves now, see ``ProductionTarget``; by its own Service on every strategy."""
        reach = replace(self._reach, site=replace(self._site, service=self._cluster.service))
        return serving.taken(reach, self._manifests[Mode.ML], hang_seconds=self._settings.budgets.hang_seconds)

    def route(self, engine: Client, *, model: str) -> RouteEvidence | str:
        """Ask the operator's proxy; candidates beside production stand behind none."""
        settings = self._settings.routing
        if settings is None or self._current is None:
            return "no proxy is configured: qualify.toml has no [routing]"
        if self._cluster.strategy == "beside":
            return f"the candidate runs beside production, so {settings.proxy} does not lead to it"
        _, port = self._reach.service_address()
        live = self._site.find("ConfigMap", run_plan.config_map(self._settings))
        return route.ask(
            settings,
            engine=engine,
            model=model,
            transport=self._current.transport(settings.proxy),
            service=Service(name=self._cluster.service, namespace=self._cluster.namespace, port=port),
            live=live,
            waivers=self._settings.waivers,
        )

    def rehearse(self) -> str:
        """Everything that a run would do to the cluster, as commands with their objects; nothing is changed.

        Raises:
            NotReady: something stands in the way.
        """
        with _in_the_way():
            self._read()
            findings = self._inspected()
            captured = self._capture()
            live = {one["metadata"]["name"]: one for one in captured.deployments}
            planned = {image: self._planned(image, live) for image in self._run.images}
        if any(finding.blocks for finding in findings):
            raise NotReady("the cluster is not ready for a run", findings)
        holder = identity.me(self._run.name)
        steps = dry_run.steps(self._site.kubectl, captured, planned, holder=holder, service=self._service_beside())
        return kubectl_script.commands(steps)

    def close(self) -> TransactionEnd | None:
        """Put production back; ``None`` where the run never got so far as to have it."""
        if self._production is None:
            return None
        try:
            return self._production.close()
        finally:
            self._exits.close()

    def secrets(self) -> frozenset[str]:
        """What must not be seen in any report: secrets that stand in plain sight in Deployments."""
        captured = self._production.snapshot if self._production else None
        found = [manifest.obj for manifest in self._manifests.values()]
        return sensitive.values([*found, *(captured.objects if captured else ())])

    def _read(self) -> None:
        elsewhere = cluster_config_maps.on(self._site.kubectl, namespace=self._cluster.namespace)
        self._manifests = run_plan.manifests(self._settings, elsewhere=elsewhere)
        self._tried = run_plan.overridden(self._manifests, self._run.wishes.environment, elsewhere=elsewhere)

    def _begin(self) -> None:
        lock = LeaseLock(self._site, identity.me(self._run.name))
        self._production = Production(
            self._reach,
            lock=lock,
            signals=self._run.signals,
            most_seconds=self._cluster.max_downtime_seconds,
            patience_seconds=self._run.wishes.patience_seconds or PATIENCE_SECONDS,
            service=self._service_beside(),
        )
        self._production.begin()
        self._site = lock.fenced(self._site)
        self._reach = replace(self._reach, site=self._site)
        captured = self._capture()
        live = {one["metadata"]["name"]: one for one in captured.deployments}
        for image in self._run.images:
            self._plans[image] = self._planned(image, live)
        planned = [plan for plans in self._plans.values() for plan in plans.values()]
        written = [one for plan in planned for one in (plan.deployment, plan.cold) if one is not None]
        return_seconds, again = capture.return_seconds(self._site, captured), self._capture_again
        self._production.capture(captured, written=written, return_seconds=return_seconds, again=again)
        self._production.kv_cache = self._room(live.get(self._manifests[Mode.ML].place["name"]))
        for place, image in enumerate(self._run.images):
            self._prepare(image, place)
        # Pulls take their time, in which a laptop may have slept.
        lock.check()

    def _planned(self, image: ImageRef, live: Mapping[str, Object]) -> Mapping[Mode, ModePlan]:
        return run_plan.plans(
            self._site,
            self._settings,
            self._tried,
            image,
            cluster=self._cluster,
            live=live,
            cold=self._run.wishes.cold_cache,
        )

    def _service_beside(self) -> Object | None:
        if self._cluster.strategy == "in-place":
            return None
        port = self._manifests[Mode.ML].serving.port
        return placement.service(namespace=self._cluster.namespace, port=port)

    def _prepare(self, image: ImageRef, place: int) -> None:
        self._site.say(f"{image.short}: pulling the image and running its parser; production still serves")
        for mode, manifest in self._manifests.items():
            change = run_plan.change(manifest, self._tried[mode], image)
            self._site.say(f"{image.short}: only this will be changed:\n{change}")
        plans = self._plans[image]
        self._prepared[image] = prepare.prepare(
            self._site,
            image,
            {mode: plan.serving for mode, plan in plans.items()},
            template=plans[Mode.ML].deployment["spec"]["template"],
            name=f"vllm-qualify-{place}",
            run=self._run.name,
        )

    def _inspected(self) -> tuple[Finding, ...]:
        pausing = self._run.wishes.pause_gitops
        return preconditions.everything(self._site, self._settings, self._cluster, self._manifests, pausing=pausing)

    def _capture(self) -> Snapshot:
        return capture.capture(
            self._reach,
            run=self._run.name,
            wanted=run_plan.touched(self._settings, self._cluster, self._manifests),
            container=self._manifests[Mode.ML].serving.container,
            pausing=self._run.wishes.pause_gitops,
        )

    def _capture_again(self) -> tuple[Snapshot, float | None]:
        captured = self._capture()
        return captured, capture.return_seconds(self._site, captured)

    def _room(self, deployment: Object | None) -> KvCache | None:
        """What production's own log says of its KV cache; nothing where it has scrolled away, or another mode runs."""
        pod = pod_view.newest(self._site, deployment) if deployment is not None else None
        if pod is None:
            return None
        container = self._manifests[Mode.ML].serving.container
        return kv_cache_log.read(PodView(self._site, pod, container=container).log().splitlines())

    def _say(self, line: str) -> None:
        """Diffs and refusals quote the operator's manifests, and what is read here is copied into tickets."""
        self._run.say(redaction.text(line, self.secrets()))

    def _step(self, phase: str, what: str) -> None:
        self._run.journal(StepTaken(at=datetime.now(UTC), phase=phase, what=what))


@contextmanager
def _in_the_way() -> Iterator[None]:
    """Whatever an operator can mend keeps a run from beginning."""
    try:
        yield
    except NotReady:
        raise
    except UserError as problem:
        refused = "the cluster refused: " if isinstance(problem, Refused) else ""
        raise NotReady(f"{refused}{problem}") from problem


def made(settings: Settings, cluster: Cluster, run: TargetRun) -> KubernetesTarget:
    """The target of a run; every command that changes the cluster is journalled before it is given."""
    http = new_http_client()
    run.at_end(http.close)

    def journalled(argv: Sequence[str], _obj: Object | None) -> None:
        at, command = datetime.now(UTC), tuple(argv)
        run.journal(StepTaken(at=at, phase="command", what="change the cluster", command=command))

    kubectl = Kubectl(context=cluster.context, on_change=journalled)
    return KubernetesTarget(settings, cluster=cluster, run=run, http=http, kubectl=kubectl)
