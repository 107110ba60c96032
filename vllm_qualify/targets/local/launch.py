"""How each mode of a candidate is started on this machine: with which words, on a canary, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vllm_qualify.arguments import command_line
from vllm_qualify.config import ModeSettings, Settings
from vllm_qualify.core.images import ImageRef
from vllm_qualify.core.shipped import CANARY
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.preflight import settings_subject
from vllm_qualify.targets.base import Description, Mode, Unavailable
from vllm_qualify.targets.local import installing, parsers
from vllm_qualify.targets.local.command import TOOL_PARSERS, LocalArguments, local_arguments
from vllm_qualify.targets.local.cpu_builds import EnginePlan, NoBuild
from vllm_qualify.targets.local.devices import Device

MODELS = {Mode.ML: CANARY / "ml", Mode.R1: CANARY / "r1"}
"""The canary of each mode."""
_ON_A_CPU = "float32"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalLaunch:
    """A candidate as this machine would start it.

    Attributes:
        image: the candidate.
        settings: the operator's.
        plan: what takes the image's place, or why nothing can.
        device: what it runs on.
    """

    image: ImageRef
    settings: Settings
    plan: EnginePlan | NoBuild
    device: Device

    @property
    def gpu(self) -> bool:
        """It runs on the GPU of this machine."""
        return isinstance(self.plan, EnginePlan) and self.plan.gpu

    @property
    def dtype(self) -> str:
        """The number format that is set here; ``""`` where the manifest's own counts."""
        asked = self.settings.local.dtype
        return asked if asked != "auto" else "" if self.gpu else _ON_A_CPU

    def argv(self, mode: Mode, *, python: Path, port: int) -> list[str]:
        """The command line of a mode, on a port of the loopback interface."""
        arguments = self._arguments(mode)
        return [
            *(str(python), "-m", "vllm.entrypoints.openai.api_server"),
            *("--model", str(MODELS[mode]), "--served-model-name", MODELS[mode].name),
            *("--host", "127.0.0.1", "--port", str(port)),
            *(("--dtype", self.dtype) if self.dtype else ()),
            *arguments.kept,
            *arguments.added,
        ]

    def mode(self, mode: Mode) -> ModeSettings:
        """The settings of a mode; of the everyday one where it has none of its own."""
        modes = self.settings.modes
        return modes.named.get(mode.value, modes.ml)

    def tool_parser(self, mode: Mode) -> str:
        """The parser of tool calls that a mode is started with; ``""`` for none."""
        arguments = self._arguments(mode)
        found = (
            group.values
            for group in command_line.split((*arguments.kept, *arguments.added))
            if command_line.canonical(group.flag) == "--tool-call-parser"
        )
        return next(iter(next(found, ())), "")

    def manifests(self) -> dict[Mode, ServingManifest]:
        """What each configured mode serves in production."""
        named = self.settings.modes.named
        return {Mode(name): settings_subject.serving(settings) for name, settings in named.items()}

    def description(self) -> Description:
        """What really runs when this candidate is tried."""
        if isinstance(self.plan, NoBuild):
            return Description(obstacle=self.plan.reason)
        facts = {"dtype": self.dtype or "as the manifest says"} | self._gpu_facts(self.plan)
        try:
            for mode in self.manifests():
                arguments, name = self._arguments(mode), f"the {mode.value} mode"
                facts[f"arguments of {name}"] = " ".join(arguments.kept)
                facts[f"left out of {name}"] = ", ".join(arguments.left_out)
                facts[f"added to {name}"] = " ".join(arguments.added) or "nothing"
        except Unavailable as error:
            return Description(stand_in=self.plan.stand_in, obstacle=str(error))
        return Description(stand_in=self.plan.stand_in, facts=facts)

    def _gpu_facts(self, plan: EnginePlan) -> dict[str, str]:
        card = self.device.gpu
        if card is None or not plan.gpu:
            return {}
        before = "unknown" if card.memory_used_mib is None else f"{card.memory_used_mib} MiB"
        return {
            "GPU": f"{card.name}, driver {card.driver}, {before} in use before the run",
            "requirements": installing.origin(plan),
        }

    def _arguments(self, mode: Mode) -> LocalArguments:
        settings = self.mode(mode)
        words = parsers.arguments(self.image, settings_subject.serving(settings))
        return local_arguments(
            words,
            reasoning_parser=settings.reasoning_parser,
            tool_parser=TOOL_PARSERS.get(mode.value, ""),
            release=self.image.release,
            gpu=self.gpu,
            dtype=self.dtype,
        )
