"""What became of an engine in a pod: its container's end, its own word, or silence; for the cluster target."""

from __future__ import annotations

from vllm_qualify.checks import Death, Hang
from vllm_qualify.client.liveness import Look
from vllm_qualify.kube.pods.state import PodPhase, PodState
from vllm_qualify.targets import vitals
from vllm_qualify.targets.base import Unavailable
from vllm_qualify.targets.kubernetes.namespace import Namespace
from vllm_qualify.targets.kubernetes.pod_view import PodView
from vllm_qualify.targets.vitals import HealthClient


def end(
    view: PodView, client: HealthClient, *, site: Namespace, limit_seconds: float, model: str = ""
) -> Death | Hang | None:
    """Look at the pod and ask its server, until it is known whether the engine lives.

    Args:
        view: of the pod.
        client: asks it by its own address; a Service stops knowing a pod that is late, which is no silence of its own.
        site: where it is.
        limit_seconds: of silence, beyond which an engine hangs.
        model: that must complete a token as well; ``""`` for none.

    Raises:
        Unavailable: it ended by no fault of the image, or could not be asked.
    """
    states: list[PodState] = []

    def look() -> Look:
        states[:] = [view.state()]
        if states[0].phase in {PodPhase.HOPELESS, PodPhase.GONE}:
            return Look(ended=states[0].message or f"pod {view.name} is being deleted")
        return vitals.asked(client, model=model, deadline_seconds=limit_seconds)

    found = vitals.examine(look, limit_seconds=limit_seconds, clock=site.clock, sleep=site.sleep, who="container")
    if states[0].final and not states[0].image_at_fault:
        raise Unavailable(f"the candidate ended for a reason that is not its own: {found.reason}")
    return vitals.end(found, lambda reason: view.post_mortem(reason, states[0]))
