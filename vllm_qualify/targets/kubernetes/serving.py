"""Production's pod as it serves now, for the turns of the baseline. Nothing is written, and no lock is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace

from vllm_qualify.kube import expected_state, objects
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.pods import facts, state
from vllm_qualify.kube.pods.events import instant
from vllm_qualify.kube.refusals import Refused
from vllm_qualify.kube.serving import BadManifest
from vllm_qualify.targets.base import Unavailable
from vllm_qualify.targets.kubernetes.pod_view import PodView
from vllm_qualify.targets.kubernetes.run_plan import ModeManifest
from vllm_qualify.targets.kubernetes.server_access import ServerAccess, Unreachable
from vllm_qualify.targets.serving_production import ServingProduction


@contextmanager
def taken(reach: ServerAccess, manifest: ModeManifest, *, hang_seconds: float) -> Iterator[ServingProduction]:
    """Take it up.

    Args:
        reach: the run's way to servers, by production's own Service; it may have ended by now.
        manifest: of the everyday mode.
        hang_seconds: of silence, after which it is called hung.

    Raises:
        Unavailable: it does not serve.
    """
    with ExitStack() as exits:
        try:
            found = _now(replace(reach, exits=exits), manifest, hang_seconds)
        except (Refused, Unreachable, BadManifest) as problem:
            raise Unavailable(f"production cannot be asked: {problem}") from problem
        yield found


def _now(reach: ServerAccess, manifest: ModeManifest, hang_seconds: float) -> ServingProduction:
    site, serving, name = reach.site, manifest.serving, manifest.place["name"]
    deployment = site.find("Deployment", name)
    pods = [one for one in (site.pods_of(deployment) if deployment else ()) if state.ready(one)]
    if not pods:
        raise Unavailable(f"Deployment {name} has no pod that is ready, so production does not serve the everyday mode")
    pod, container = pods[0], serving.container
    # Callers come through the Service, but counters that a second pod answers for are nobody's.
    by_service = len(pods) == 1
    port = serving.port
    client = reach.service(pod, container=container) if by_service else reach.pod(pod, container=container, port=port)
    model = next(iter(serving.served_model_names), "")
    listed = client.models()
    if listed.problems:
        said = "; ".join(listed.problems)
        raise Unavailable(f"Deployment {name} is ready, but production does not serve: /v1/models: {said}")
    if model not in listed.ids:
        served = ", ".join(listed.ids) or "nothing"
        raise Unavailable(f"production serves {served} and the manifest {model}, which cannot be compared")
    view = PodView(site, pod, container=container)
    digest = expected_state.digest(pod, container=container)
    told = {"digest": digest, "arguments of the ml mode": " ".join(serving.command_line)}
    return ServingProduction(
        reference=objects.image(pod, container=container),
        server=client,
        model=model,
        parser=serving.flag("--reasoning-parser") is not None,
        digest=digest,
        facts={key: value for key, value in told.items() if value},
        started=instant(_began(pod, container)),
        printed=tuple(view.log().splitlines()),
        changed=lambda: _changed(view, pod, container),
        look=view.memory,
        hang_seconds=hang_seconds,
        clock=site.clock,
        sleep=site.sleep,
    )


def _changed(view: PodView, was: Object, container: str) -> str:
    try:
        there = view.look()
    except Refused as refusal:
        raise Unavailable(f"the cluster refuses to show production: {refusal}") from refusal
    if not there:
        return f"pod {view.name} was deleted"
    return "" if _began(view.pod, container) == _began(was, container) else f"pod {view.name} was restarted"


def _began(pod: Object, container: str) -> str | None:
    begun: str | None = facts.status_of(pod, container).get("state", {}).get("running", {}).get("startedAt")
    return begun
