"""This machine as a target: its row in the table of targets."""

from __future__ import annotations

from collections.abc import Mapping

from vllm_qualify.config import Settings
from vllm_qualify.core.images import ImageRef
from vllm_qualify.doctor import findings as doctor
from vllm_qualify.doctor.findings import MachineFacts
from vllm_qualify.targets.base import Target
from vllm_qualify.targets.kind import Ability, Lack, TargetKind, TargetRun
from vllm_qualify.targets.local import build_choice
from vllm_qualify.targets.local.cpu_builds import NoCpuBuild

_LACKS = {
    Ability.TAKES_PRODUCTION_AWAY: Lack(reason="the local target takes no production down"),
    Ability.PAUSES_GITOPS: Lack(reason="the local target has no GitOps controller that writes anything back"),
    Ability.STARTS_COLD: Lack(reason="the local target's canaries have no model cache to empty"),
    Ability.SETS_VARIABLES: Lack(
        reason="sets variables in the container that your manifests start, but a CPU build on this machine runs "
        "without one"
    ),
    Ability.ASKS_OWN_DOCUMENTS: Lack(reason="the local target serves canaries, which only know their own documents"),
    Ability.PULLS_IMAGES: Lack(reason="the local target pulls no images"),
    Ability.BEHIND_PROXY: Lack(reason="no proxy leads to engines on this machine"),
}


class LocalKind(TargetKind):
    """CPU builds on this machine."""

    name = "local"

    def make(self, settings: Settings, run: TargetRun) -> Target:
        """This machine, for a run."""
        from vllm_qualify.client.openai import new_http_client  # noqa: PLC0415 - HTTP; doctor reads the table too.
        from vllm_qualify.system import caches  # noqa: PLC0415 - as above.
        from vllm_qualify.targets.local.target import LocalTarget  # noqa: PLC0415 - as above.

        http = new_http_client()
        run.at_end(http.close)
        cache, asked = caches.default(), run.wishes
        return LocalTarget(
            settings=settings, cache=cache, http=http, say=run.say, offline=asked.offline, port=asked.port
        )

    def lacks(self, _settings: Settings) -> Mapping[Ability, Lack]:
        """All that is about production, or about the operator's own models."""
        return _LACKS

    def obstacle(self, image: ImageRef, settings: Settings) -> str:
        """That there is no CPU build of its release."""
        plan = build_choice.of(image, settings.local)
        return plan.reason if isinstance(plan, NoCpuBuild) else ""

    def missing(self, facts: MachineFacts) -> tuple[str, ...]:
        """What an engine needs."""
        return doctor.lacks_for_local(facts)
