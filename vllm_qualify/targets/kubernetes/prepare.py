"""What can be done with a candidate while production still serves: pull its image, ask its parser and its driver.

One pod does it, on the node of the GPU but without asking for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from vllm_qualify.arguments import command_line, parser_report, probe
from vllm_qualify.arguments.parser_report import DriverFacts, ProbeReport, ProbeRequest
from vllm_qualify.checks import Death
from vllm_qualify.checks.kv_cache_log import KvCache
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube import confinement, objects
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import facts as pod_facts
from vllm_qualify.kube.pods import state as pods
from vllm_qualify.kube.pods.state import PodPhase, PodState
from vllm_qualify.kube.sensitive import sensitive
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.targets import driver_fault
from vllm_qualify.targets.base import Description, Mode, Unavailable
from vllm_qualify.targets.kubernetes import conditional_put, removal
from vllm_qualify.targets.kubernetes.mode_plan import ModePlan
from vllm_qualify.targets.kubernetes.namespace import Namespace
from vllm_qualify.targets.local import parsers

PULL_SECONDS = 1800.0
"""An image of 12 GB over a home line; nobody waits for it but us, since production still serves."""
_PARSER_TIME = timedelta(seconds=probe.DEADLINE_SECONDS)
_CONTAINER = "probe"
_KEPT_OF_POD = ("imagePullSecrets", "nodeSelector", "runtimeClassName", "securityContext", "tolerations", "affinity")
_ENDED = frozenset({"Failed", "Succeeded"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What is known of a candidate before production is touched.

    Attributes:
        reports: what its parser said, by mode.
        parser_problem: why its parser could not be asked; ``""`` when it was.
        fault: the image itself makes it pointless to start it.
        problem: it cannot be tried here and now, through no fault of its own.
        pull_seconds: how long the pull took; ``None`` when there was none.
        on_node: the image was on the node already.
        digest: of what runs.
    """

    reports: Mapping[Mode, ProbeReport] = field(default_factory=dict)
    parser_problem: str = ""
    fault: Death | None = None
    problem: str = ""
    pull_seconds: float | None = None
    on_node: bool = False
    digest: str = ""

    @property
    def driver(self) -> DriverFacts | None:
        """What the image sees of the GPU's driver."""
        return next((report.driver for report in self.reports.values()), None)


def prepare(
    site: Namespace,
    image: ImageRef,
    manifests: Mapping[Mode, ServingManifest],
    *,
    template: Object,
    name: str,
    run: str,
) -> Prepared:
    """Pull an image to the node and ask its parser.

    Args:
        site: where.
        image: the candidate.
        manifests: the command lines that its parser is asked about.
        template: the pod template of the candidate's Deployment, from which its place on the cluster is taken.
        name: of the pods that are made for it.
        run: the run that makes them.
    """
    try:
        lines = {mode: parsers.command_line(image, manifest) for mode, manifest in manifests.items()}
    except Unavailable as error:
        return _run(site, pod(site.namespace, image, template, name, run=run, env={}, command=["true"]), {}, str(error))
    prepared = Prepared()
    for place, entrypoint in enumerate(dict.fromkeys(line.entrypoint for line in lines.values())):
        asked = {mode: line.argv for mode, line in lines.items() if line.entrypoint is entrypoint}
        request = ProbeRequest(
            entrypoint=entrypoint,
            argvs=parser_report.questions({mode.value: command_line for mode, command_line in asked.items()}),
        )
        env = _env(manifests[next(iter(asked))]) | probe.pod_env(request)
        command = probe.pod_command()
        asking = pod(site.namespace, image, template, f"{name}-{place}", run=run, env=env, command=command)
        prepared = _joined(prepared, _run(site, asking, asked, ""))
        if prepared.fault is not None or prepared.problem:
            break
    return prepared


def _joined(one: Prepared, other: Prepared) -> Prepared:
    return Prepared(
        reports={**one.reports, **other.reports},
        parser_problem=one.parser_problem or other.parser_problem,
        fault=one.fault or other.fault,
        problem=one.problem or other.problem,
        pull_seconds=one.pull_seconds if one.digest else other.pull_seconds,
        on_node=one.on_node if one.digest else other.on_node,
        digest=one.digest or other.digest,
    )


def _env(manifest: ServingManifest) -> dict[str, str]:
    return {name: value for name, value in manifest.env.items() if value is not None and not sensitive(name)}


def pod(
    namespace: str,
    image: ImageRef,
    template: Object,
    name: str,
    *,
    run: str,
    env: Mapping[str, str],
    command: Sequence[str],
) -> Object:
    """A pod that runs one command in the candidate's image, where the candidate itself will run."""
    spec = template["spec"]
    kept = {key: spec[key] for key in _KEPT_OF_POD if key in spec}
    container = confinement.like(_beside(spec, image)) | {
        "name": _CONTAINER,
        "image": str(image),
        "command": list(command),
        "env": [{"name": key, "value": value} for key, value in env.items()],
    }
    labels = {"app.kubernetes.io/managed-by": "vllm-qualify"}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "annotations": {objects.RUN: run}},
        "spec": kept
        | {
            "containers": [container],
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "activeDeadlineSeconds": int(PULL_SECONDS),
            "terminationGracePeriodSeconds": 1,
        },
    }


def _beside(spec: Object, image: ImageRef) -> Object:
    """The container of the candidate's Deployment in whose place this one looks at the image."""
    containers: Sequence[Object] = spec.get("containers") or ({},)
    return next((one for one in containers if one.get("image") == str(image)), containers[0])


def _run(site: Namespace, pod: Object, asked: Mapping[Mode, Sequence[str]], parser_problem: str) -> Prepared:
    """Run a pod to its end and read what it printed."""
    name = pod["metadata"]["name"]
    site.step("prepare", f"run pod {name}: pull {pod['spec']['containers'][0]['image']} and run its parser")
    try:
        conditional_put.make(site, pod)
    except KeyboardInterrupt:
        # What was asked for and not waited for may have been carried out all the same.
        removal.pod(site, name, run=objects.run_of(pod))
        raise
    try:
        state, ended = _await_end(site, name)
        text = site.kubectl.log(site.namespace, name, _CONTAINER, stamped=False) if ended else ""
        return _read(ended or {}, state, text, asked, parser_problem)
    finally:
        removal.pod(site, name, run=objects.run_of(pod))


def _await_end(site: Namespace, name: str) -> tuple[PodState, Object | None]:
    """The pod's last state, and the pod if a container of it ran."""
    state, found = PodState(phase=PodPhase.PENDING), None

    def over() -> bool:
        nonlocal state, found
        found = site.find("Pod", name)
        if found is None:
            return True
        state = pods.state(found, site.events_of(found), now=datetime.now(UTC), container=_CONTAINER)
        late = state.started_at is not None and datetime.now(UTC) > state.started_at + _PARSER_TIME
        return found.get("status", {}).get("phase") in _ENDED or state.final or late

    site.until(over, seconds=PULL_SECONDS)
    ran = found is not None and bool(
        {"running", "terminated"} & pod_facts.status_of(found, _CONTAINER).get("state", {}).keys()
    )
    return state, found if ran else None


def _read(
    pod: Object, state: PodState, text: str, asked: Mapping[Mode, Sequence[str]], parser_problem: str
) -> Prepared:
    if not pod:
        return _not_run(state)
    digest = next((one.digest for one in pod_facts.images(pod) if one.container == _CONTAINER), "")
    pulled = Prepared(
        parser_problem=parser_problem, pull_seconds=state.pull_seconds, on_node=state.on_node, digest=digest
    )
    if parser_problem:
        return pulled
    try:
        report = probe.read(f"\n{text}")
    except probe.ProbeFailed as error:
        return replace(pulled, parser_problem=str(error))
    return replace(pulled, reports=dict.fromkeys(asked, report), fault=driver_fault.doomed(report.driver))


def _not_run(state: PodState) -> Prepared:
    """A container that never ran: the image's own fault only where nothing else can explain it."""
    said = state.message or "its pod did not start in time"
    if state.image_at_fault:
        return Prepared(fault=Death(reason=said))
    return Prepared(problem=f"the candidate cannot be tried: {said}")


def description(prepared: Prepared, plans: Mapping[Mode, ModePlan], *, production: KvCache | None) -> Description:
    """What a reader must know of a candidate to trust what is said of it."""
    facts = {"digest": prepared.digest}
    if prepared.on_node:
        facts["pull"] = "the image was already on the node"
    elif prepared.pull_seconds is not None:
        facts["pull"] = f"{prepared.pull_seconds:.1f} s, before production was taken down"
    for mode, plan in plans.items():
        words = plan.serving.command_line
        facts[f"arguments of the {mode.value} mode"] = parser_report.blank(" ".join(words), command_line.secrets(words))
    return Description(facts={name: value for name, value in facts.items() if value}, production=production)
