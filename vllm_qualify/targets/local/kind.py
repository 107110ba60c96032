"""This machine as a target: its row in the table of targets, which every start reads; what a method needs it loads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from vllm_qualify.core import fact_names, verdict_facts
from vllm_qualify.targets.kind import Ability, Lack, TargetKind, TargetRun

if TYPE_CHECKING:
    from vllm_qualify.config import Settings
    from vllm_qualify.core.images import ImageRef
    from vllm_qualify.core.standing import PresentFacts
    from vllm_qualify.doctor.findings import MachineFacts
    from vllm_qualify.preflight import NodeFacts
    from vllm_qualify.targets.base import Target
    from vllm_qualify.targets.local.cpu_builds import EnginePlan, NoBuild

_OF_THE_IMAGE = (
    "preflight judges the images on this machine's GPU and driver; a wheel lacks an image's own CUDA compatibility "
    "libraries, so what those break may run here all the same: --force tries it"
)
_AMPLE_MIB = 1024 * 1024
_LACKS = {
    Ability.TAKES_PRODUCTION_AWAY: Lack(reason="the local target takes no production down"),
    Ability.PAUSES_GITOPS: Lack(reason="the local target has no GitOps controller that writes anything back"),
    Ability.STARTS_COLD: Lack(reason="the local target's canaries have no model cache to empty"),
    Ability.SETS_VARIABLES: Lack(
        reason="sets variables in the container that your manifests start, but an engine on this machine runs "
        "without one"
    ),
    Ability.ASKS_OWN_DOCUMENTS: Lack(reason="the local target serves canaries, which only know their own documents"),
    Ability.PULLS_IMAGES: Lack(reason="the local target pulls no images"),
    Ability.BEHIND_PROXY: Lack(reason="no proxy leads to engines on this machine"),
}


class LocalKind(TargetKind):
    """This machine: official CUDA wheels on its GPU, where NVML shows one, else CPU builds."""

    name = "local"
    holds_for = (
        *(fact_names.BUILD, fact_names.DRIVER, fact_names.GPUS, fact_names.PROCESSOR),
        *verdict_facts.ANYWHERE,
    )

    def make(self, settings: Settings, run: TargetRun) -> Target:
        """This machine, for a run."""
        from vllm_qualify.client.openai import new_http_client
        from vllm_qualify.system import caches
        from vllm_qualify.targets.local import devices
        from vllm_qualify.targets.local.target import LocalTarget

        http = new_http_client()
        run.at_end(http.close)
        device, asked = devices.of_this_machine(settings.local.device), run.wishes
        return LocalTarget(
            settings=settings,
            cache=caches.default(),
            http=http,
            say=run.say,
            offline=asked.offline,
            port=asked.port,
            device=device,
        )

    def lacks(self, _settings: Settings) -> Mapping[Ability, Lack]:
        """All that is about production, or about the operator's own models."""
        return _LACKS

    def reach(self, settings: Settings) -> None:
        """Make sure that a GPU that was asked for is there.

        Raises:
            NoGpu: it is not.
        """
        from vllm_qualify.targets.local import devices

        devices.of_this_machine(settings.local.device)

    def node(self, settings: Settings) -> tuple[NodeFacts, str] | None:
        """What NVML tells of the GPU; its memory is taken for ample, since canaries fit every card."""
        from vllm_qualify.preflight import node_lookup
        from vllm_qualify.targets.local import devices

        card = devices.of_this_machine(settings.local.device).gpu
        if card is None:
            return None
        known = node_lookup.of_card(card)
        return replace(known, gpus=1, gpus_told=False, memory_mib=_AMPLE_MIB), _OF_THE_IMAGE

    def obstacle(self, image: ImageRef, settings: Settings) -> str:
        """That there is no build of its release for what engines run on."""
        from vllm_qualify.targets.local.cpu_builds import NoBuild

        plan = _plan(image, settings)
        return plan.reason if isinstance(plan, NoBuild) else ""

    def build(self, image: ImageRef, settings: Settings) -> str:
        """The stand-in with its lock, which says all that is installed."""
        from vllm_qualify.targets.local import installing
        from vllm_qualify.targets.local.cpu_builds import NoBuild

        plan = _plan(image, settings)
        return "" if isinstance(plan, NoBuild) else installing.fingerprint(plan)

    def surroundings(self, settings: Settings, *, offline: bool = False) -> PresentFacts:  # noqa: ARG002 - it is here.
        """The GPU that engines use here, or none."""
        from vllm_qualify.core.standing import PresentFacts
        from vllm_qualify.doctor import machine
        from vllm_qualify.targets import gpu_facts
        from vllm_qualify.targets.local import devices

        gpu = devices.of_this_machine(settings.local.device).gpu
        seen = gpu_facts.of((gpu,)) if gpu is not None else gpu_facts.WITHOUT
        return seen | PresentFacts(known={fact_names.PROCESSOR: machine.processor()})

    def missing(self, facts: MachineFacts) -> tuple[str, ...]:
        """What an engine needs."""
        from vllm_qualify.doctor import findings

        return findings.lacks_for_local(facts)


def _plan(image: ImageRef, settings: Settings) -> EnginePlan | NoBuild:
    """What stands in for an image on what engines run on here."""
    from vllm_qualify.targets.local import build_choice, devices

    device = devices.of_this_machine(settings.local.device)
    return build_choice.of(image, settings.local, gpu=device.gpu is not None)
