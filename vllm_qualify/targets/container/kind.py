"""A container engine as a target: its row in the table of targets, which every start reads.

What a method needs it loads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vllm_qualify.config import ContainerSettings
from vllm_qualify.core import fact_names, verdict_facts
from vllm_qualify.core.errors import UserError
from vllm_qualify.targets.kind import Ability, Lack, TargetKind, TargetRun

if TYPE_CHECKING:
    from vllm_qualify.config import ModeSettings, Settings
    from vllm_qualify.core.images import ImageRef
    from vllm_qualify.core.standing import PresentFacts
    from vllm_qualify.doctor.findings import MachineFacts
    from vllm_qualify.targets.base import Target
    from vllm_qualify.targets.container.engines import Offer

_DEVICE = Path("/dev/nvidiactl")
_ALWAYS = {
    Ability.PAUSES_GITOPS: Lack(reason="no GitOps controller writes containers back"),
    Ability.STARTS_COLD: Lack(reason="the container target does not empty model caches"),
    Ability.RUNS_ENGINES_HERE: Lack(reason="applies to engines on this machine without a container"),
}
_NO_PRODUCTION = "[container] in qualify.toml names no container of production"
_WITHOUT = {
    Ability.BEHIND_PROXY: Lack(reason="no proxy leads to a canary"),
    Ability.TAKES_PRODUCTION_AWAY: Lack(reason=f"{_NO_PRODUCTION}, so none is taken down"),
    Ability.SETS_VARIABLES: Lack(reason=f"{_NO_PRODUCTION}, and the canaries need no variables"),
    Ability.ASKS_OWN_DOCUMENTS: Lack(reason="canaries only know their own documents"),
}


class ContainerKind(TargetKind):
    """Docker or Podman, here or on another host."""

    name = "container"
    holds_for = (*verdict_facts.OF_AN_IMAGE, *verdict_facts.ANYWHERE)

    def make(self, settings: Settings, run: TargetRun) -> Target:
        """The engine, for a run."""
        from vllm_qualify.targets.container import engines, target

        wanted = asked(settings)
        offer = engines.found(wanted)
        if isinstance(offer, str):
            raise UserError(offer)
        return target.made(settings, wanted, run, offer=offer)

    def lacks(self, settings: Settings) -> Mapping[Ability, Lack]:
        """What belongs to a cluster; without production, what is about it as well."""
        return _ALWAYS if asked(settings).production else {**_ALWAYS, **_WITHOUT}

    def unnamed(self, settings: Settings) -> str:
        """That nothing names it, and there is no GPU that it would give to containers."""
        if settings.container is not None or settings.target == self.name:
            return ""
        if not _DEVICE.exists():
            return "this machine has no NVIDIA GPU"
        from vllm_qualify.targets.container import engines

        return engines.no_gpu(asked(settings))

    def reach(self, settings: Settings) -> None:
        """Ask whether it answers.

        Raises:
            UserError: it does not.
        """
        from vllm_qualify.targets.container import engines

        offer: Offer | str = engines.found(asked(settings))
        if isinstance(offer, str):
            raise UserError(f"--target container: {offer}")

    def settled(self, settings: Settings) -> Settings:
        """The modes are what production's containers serve, read from the engine.

        Raises:
            UserError: no engine answers, a container is not there, or its command line cannot be read.
        """
        from vllm_qualify.system import caches
        from vllm_qualify.targets.container import engines, modes, subjects
        from vllm_qualify.targets.container.host import ContainerHost

        wanted = asked(settings)
        if not wanted.production:
            return settings
        offer = engines.found(wanted)
        if isinstance(offer, str):
            raise UserError(offer)
        host = ContainerHost(engine=offer.engine, run="", step=_unheard, say=_unheard)
        return replace(settings, modes=modes.of(subjects.found(host, wanted), folder=caches.default().root))

    def elsewhere(self, settings: Settings) -> str:
        """The host of the engine, unless it is this one."""
        return self.asks(settings)

    def production(self, settings: Settings) -> str:
        """Which container makes room, and for how long."""
        wanted = asked(settings)
        if not wanted.production:
            return super().production(settings)
        of = f"the service {wanted.service or 'that runs vLLM'} of {wanted.compose[0]}" if wanted.compose else ""
        return f"{of or f'the container {wanted.container}'} is stopped {wanted.downtime}, and started again"

    def stored(self, image: ImageRef, settings: Settings) -> PresentFacts:
        """The digest of an image that the engine has."""
        from vllm_qualify.container import inspection
        from vllm_qualify.core.standing import PresentFacts
        from vllm_qualify.targets.container import engines

        try:
            found = engines.answering(asked(settings)).image(str(image))
        except UserError as problem:
            return PresentFacts(unknown={fact_names.DIGEST: str(problem)})
        digest = inspection.digest(found or {})
        if digest:
            return PresentFacts(known={fact_names.DIGEST: digest})
        why = f"the engine has no {image}" if found is None else f"the engine knows no digest of {image}"
        return PresentFacts(unknown={fact_names.DIGEST: why})

    def surroundings(self, settings: Settings, *, offline: bool = False) -> PresentFacts:  # noqa: ARG002 - it is here.
        """The host of the engine; one elsewhere tells nothing without a container on it."""
        from vllm_qualify.core.standing import PresentFacts
        from vllm_qualify.doctor import machine
        from vllm_qualify.targets import gpu_facts
        from vllm_qualify.targets.local import devices

        away = self.asks(settings)
        if not away:
            return gpu_facts.of_machine(devices.here(), toolkit=machine.toolkit)
        why = f"the engine runs on {away}, which is not asked for this"
        return PresentFacts(known={fact_names.NODE: away}, unknown=dict.fromkeys(verdict_facts.OF_THE_NODE, why))

    def revision(self, settings: Settings, mode: ModeSettings, model: str) -> str:
        """The commit in the model cache that is bound into the container, where that is a folder of this host."""
        from vllm_qualify.targets.container import model_files

        if self.asks(settings) or not asked(settings).production:
            return ""
        return model_files.revision(_text(str(mode.manifest)) or "", model, _text)

    def asks(self, settings: Settings) -> str:
        """The host of the engine, unless it is this one."""
        from vllm_qualify.targets.container import engines

        return engines.away(asked(settings))

    def missing(self, facts: MachineFacts) -> tuple[str, ...]:
        """What makes containers, and what gives them a GPU."""
        from vllm_qualify.doctor import findings

        return findings.lacks_for_container(facts)


def _text(path: str) -> str | None:
    from vllm_qualify.system import text_files

    try:
        return text_files.read(Path(path))
    except text_files.UnreadableText:
        return None


def _unheard(*_words: str) -> None:
    """Nothing is done here that anybody has to hear of."""


def asked(settings: Settings) -> ContainerSettings:
    """What the settings say of the engine; without a word, any engine and no production."""
    return settings.container or ContainerSettings()
