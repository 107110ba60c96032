"""What is run for one mode of a candidate; ``run_plan`` makes it and ``attempt`` carries it out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from vllm_qualify.checks import Death
from vllm_qualify.core.images import ImageRef
from vllm_qualify.kube.objects import Object
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.targets.base import Mode, StartAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class ModePlan:
    """How one mode of a candidate is run.

    Attributes:
        mode: which.
        serving: the container, as the operator's manifest has it.
        deployment: what is applied, with the server's defaults.
        cold: the same with an empty model cache; ``None`` where nobody asked for that.
        switch: the operator's own command that switches to the mode; ``None`` where Deployments are scaled directly.
        command: what that runs, for a rehearsal.
    """

    mode: Mode
    serving: ServingManifest
    deployment: Object = field(repr=False)
    cold: Object | None = field(default=None, repr=False)
    switch: Callable[[ImageRef], None] | None = None
    command: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the Deployment."""
        return str(self.deployment["metadata"]["name"])

    def failed(self, started: datetime, reason: str = "", death: Death | None = None) -> StartAttempt:
        """A try to start it that did not become ready."""
        model = next(iter(self.serving.served_model_names), "")
        return StartAttempt(
            mode=self.mode,
            model=model,
            parser=self.serving.flag("--reasoning-parser") is not None,
            tool_parser=self.serving.flag("--tool-call-parser") or "",
            started=started,
            reason=reason,
            death=death,
        )

    @property
    def port(self) -> int:
        """On which the container listens."""
        return self.serving.port
