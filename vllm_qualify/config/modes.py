"""The modes in ``qualify.toml``: which models the node serves, and by which manifests. No I/O."""

from __future__ import annotations

from dataclasses import dataclass

from vllm_qualify.config.values import NO_OTHER_KEYS, FilePath
from vllm_qualify.core.shipped import HOME_LAB


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeSettings:
    """One model that the node serves, and the Deployment that serves it.

    Attributes:
        manifest: YAML file with the Deployment, relative to qualify.toml. Only its image is ever changed. For what
            needs no cluster also a Compose file, a quadlet, a unit or a script that starts vLLM.
        model: model that the manifest must serve; empty: whatever its --model says.
        served_model_name: name under which /v1/models must list it; empty: what the manifest's arguments make of it.
        reasoning_parser: reasoning parser for candidates that know one, added to the manifest's arguments by the local
            target; empty: the manifest alone decides.
        workload: name of the Deployment, where the manifest has several that run vLLM; empty: the only one.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    manifest: FilePath
    model: str = ""
    served_model_name: str = ""
    reasoning_parser: str = ""
    workload: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """What the operator's gpu-mode switches between.

    Attributes:
        ml: the everyday mode, which classifies documents.
        r1: the reasoning mode; without it the requirement R1 is not applicable.
    """

    __pydantic_config__ = NO_OTHER_KEYS

    ml: ModeSettings
    r1: ModeSettings | None = None

    @property
    def named(self) -> dict[str, ModeSettings]:
        """Those that are configured, by name, the everyday mode first."""
        return {"ml": self.ml} | ({"r1": self.r1} if self.r1 is not None else {})


def built_in_modes() -> Modes:
    """The modes of the example folder, whose manifests stand for the operator's until a file names others."""
    applications = HOME_LAB / "applications" / "vllm"
    return Modes(
        ml=ModeSettings(manifest=applications / "deployment.yaml"),
        r1=ModeSettings(manifest=applications / "deployment-r1.yaml", reasoning_parser="deepseek_r1"),
    )
