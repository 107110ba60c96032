"""What a run would do to the cluster, in its order, for ``--dry-run``; made of the same objects that the run sends."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import replace

from vllm_qualify.arguments import probe
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube import lease, objects, paths
from vllm_qualify.kube import snapshot as snapshots
from vllm_qualify.kube.gitops_pause import PausedObject
from vllm_qualify.kube.kubectl import Kubectl
from vllm_qualify.kube.kubectl_script import KubectlCommand
from vllm_qualify.kube.lease import Holder
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.snapshot import Snapshot
from vllm_qualify.targets.base import Mode
from vllm_qualify.targets.kubernetes import prepare
from vllm_qualify.targets.kubernetes.mode_plan import ModePlan

Plans = Mapping[ImageRef, Mapping[Mode, ModePlan]]


def steps(
    kubectl: Kubectl, captured: Snapshot, plans: Plans, *, holder: Holder, service: Object | None
) -> tuple[KubectlCommand, ...]:
    """Every command that changes the cluster.

    Args:
        kubectl: writes the command lines.
        captured: production as it is.
        plans: what is applied for each candidate.
        holder: takes the lock.
        service: made for candidates beside production; ``None`` in its place.
    """
    return tuple(_steps(kubectl, captured, plans, holder, service))


def _steps(
    kubectl: Kubectl, captured: Snapshot, plans: Plans, holder: Holder, service: Object | None
) -> Iterator[KubectlCommand]:
    namespace = captured.namespace
    yield _write(kubectl, "create", lease.lease(holder, namespace=namespace), "take the lock of the namespace")
    written = [plan.deployment for modes in plans.values() for plan in modes.values()]
    kept = snapshots.secret(captured.knowing(written))
    yield _write(kubectl, "create", kept, "store a snapshot of production, from which anybody can put it back")
    for place, image in enumerate(plans):
        pod = prepare.pod(
            namespace,
            image,
            plans[image][Mode.ML].deployment["spec"]["template"],
            f"vllm-qualify-{place}-0",
            run=captured.run,
            env={},
            command=[*probe.pod_command()[:2], "(the probe of the argument parser)"],
        )
        yield _write(kubectl, "create", pod, f"pull {image} to the node and run its parser; production still serves")
        yield _delete(kubectl, "Pod", namespace, pod["metadata"]["name"], "the pod has answered")
    marked = snapshots.secret(replace(captured.knowing(written), touched=True))
    yield _write(kubectl, "replace", marked, "record that production is no longer as it was from now on")
    for held in captured.gitops:
        yield _change(kubectl, held, f"pause {held}, which would write production back")
    if service is not None:
        yield _write(kubectl, "create", service, "the Service of candidates that run beside production")
    yield from _candidates(kubectl, captured, plans)
    yield from _back(kubectl, captured, {plan.name for modes in plans.values() for plan in modes.values()})


def _candidates(kubectl: Kubectl, captured: Snapshot, plans: Plans) -> Iterator[KubectlCommand]:
    serving = {one["metadata"]["name"]: one for one in captured.deployments if objects.replicas(one)}
    there = {one["metadata"]["name"] for one in captured.deployments}
    for image, modes in plans.items():
        order = [*modes, Mode.ML] if len(modes) > 1 else [*modes]
        for mode in order:
            for name, one in serving.items():
                why = f"scale Deployment {name} to 0, and wait until its pods are gone"
                yield _write(kubectl, "replace", objects.with_replicas(one, 0), why)
            plan, why = modes[mode], f"start {image} in the {mode.value} mode, and test it"
            # The operator's own command takes down what it put up; ours scales only what served before the first call.
            serving = {} if plan.command else {plan.name: plan.deployment}
            verb = "replace" if plan.name in there else "create"
            there.add(plan.name)
            yield (
                KubectlCommand(argv=plan.command, why=why)
                if plan.command
                else _write(kubectl, verb, plan.deployment, why)
            )


def _back(kubectl: Kubectl, captured: Snapshot, written: Container[str]) -> Iterator[KubectlCommand]:
    namespace = captured.namespace
    for kind, name in captured.absent:
        yield _delete(kubectl, kind, namespace, name, "it was not there before")
    for one in sorted(captured.deployments, key=objects.replicas):
        yield _write(kubectl, "replace", one, f"put {objects.name_of(one)} back as it was, and verify it")
    for one in sorted(captured.deployments, key=objects.replicas):
        why = f"return the fields of {objects.name_of(one)} to their owners; nothing else in it changes"
        yield _write(kubectl, "replace", one, why)
    for name in (str(one["metadata"]["name"]) for one in captured.deployments):
        if name in written:
            # What the ReplicaSets of candidates are called is known only when they were made.
            why = f"remove each candidate from the history of Deployment {name}, by uid; your own revisions stay"
            yield _delete(kubectl, "ReplicaSet", namespace, f"{name}-HASH", why)
    for held in captured.gitops:
        yield _change(kubectl, held, f"resume {held}")
    yield _delete(kubectl, "Secret", namespace, snapshots.NAME, "production is back")
    yield _delete(kubectl, "Lease", namespace, lease.NAME, "release the lock")


def _write(kubectl: Kubectl, verb: str, obj: Object, why: str) -> KubectlCommand:
    path = paths.place(obj) if verb == "create" else paths.of(obj)
    return KubectlCommand(argv=tuple(kubectl.writing_argv(verb, path)), why=why, stdin=obj)


def _change(kubectl: Kubectl, held: PausedObject, why: str) -> KubectlCommand:
    """One field of an object that is otherwise sent back as it is found at that time."""
    path = paths.path(held.kind, held.namespace, held.name)
    return KubectlCommand(argv=tuple(kubectl.writing_argv("replace", path)), why=why)


def _delete(kubectl: Kubectl, kind: str, namespace: str, name: str, why: str) -> KubectlCommand:
    path = paths.path(kind, namespace, name)
    return KubectlCommand(argv=tuple(kubectl.argv("delete", "--raw", path)), why=why)


def changes(commands: Sequence[KubectlCommand]) -> tuple[tuple[str, str], ...]:
    """Verb and path of each, to be compared with what a run did."""
    raw = [one for one in commands if "--raw" in one.argv]
    return tuple((one.argv[one.argv.index("--raw") - 1], one.argv[one.argv.index("--raw") + 1]) for one in raw)
