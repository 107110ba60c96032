"""A container engine as a target: its row in the table of targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from vllm_qualify.config import ContainerSettings, Settings
from vllm_qualify.core.errors import UserError
from vllm_qualify.doctor import findings as doctor
from vllm_qualify.doctor.findings import MachineFacts
from vllm_qualify.system import caches
from vllm_qualify.targets.base import Target
from vllm_qualify.targets.container import engines
from vllm_qualify.targets.container.engines import Offer
from vllm_qualify.targets.container.host import ContainerHost
from vllm_qualify.targets.kind import Ability, Lack, TargetKind, TargetRun

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

    def make(self, settings: Settings, run: TargetRun) -> Target:
        """The engine, for a run."""
        from vllm_qualify.targets.container import target  # noqa: PLC0415 - HTTP; doctor reads the table too.

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
        return engines.no_gpu(asked(settings))

    def reach(self, settings: Settings) -> None:
        """Ask whether it answers.

        Raises:
            UserError: it does not.
        """
        offer: Offer | str = engines.found(asked(settings))
        if isinstance(offer, str):
            raise UserError(f"--target container: {offer}")

    def settled(self, settings: Settings) -> Settings:
        """The modes are what production's containers serve, read from the engine.

        Raises:
            UserError: a container is not there, or its command line cannot be read.
        """
        from vllm_qualify.targets.container import modes, subjects  # noqa: PLC0415 - libraries; as above.

        wanted = asked(settings)
        offer = engines.found(wanted)
        if not wanted.production or isinstance(offer, str):
            return settings
        host = ContainerHost(engine=offer.engine, run="", step=_unheard, say=_unheard)
        return replace(settings, modes=modes.of(subjects.found(host, wanted), folder=caches.default().root))

    def missing(self, facts: MachineFacts) -> tuple[str, ...]:
        """What makes containers, and what gives them a GPU."""
        return doctor.lacks_for_container(facts)


def _unheard(*_words: str) -> None:
    """Nothing is done here that anybody has to hear of."""


def asked(settings: Settings) -> ContainerSettings:
    """What the settings say of the engine; without a word, any engine and no production."""
    return settings.container or ContainerSettings()
