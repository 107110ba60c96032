"""How one mode of a candidate is started; ``starts`` makes it and ``attempt`` carries it out."""

from __future__ import annotations

from dataclasses import dataclass

from vllm_qualify.container.spec import ContainerSpec
from vllm_qualify.kube.serving import ServingManifest


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeStart:
    """How one mode of a candidate is started.

    Attributes:
        spec: its container.
        manifest: the same as its parser and its clients see it.
        model: the name under which it must be served.
        parser: a reasoning parser is configured.
        canary: a canary is served in the place of the operator's model.
    """

    spec: ContainerSpec
    manifest: ServingManifest
    model: str
    parser: bool = False
    canary: bool = False
