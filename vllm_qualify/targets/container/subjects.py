"""What serves each mode in production, as the settings name it: containers that exist on the engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from vllm_qualify.config import ContainerSettings
from vllm_qualify.container import manifest_text
from vllm_qualify.container.compose_config import ComposedService
from vllm_qualify.container.inspection import Container
from vllm_qualify.container.spec import ContainerSpec
from vllm_qualify.kube import manifests
from vllm_qualify.kube.serving import ServingManifest
from vllm_qualify.preflight.compose import services
from vllm_qualify.preflight.compose.services import Project
from vllm_qualify.targets.base import Mode, NotReady
from vllm_qualify.targets.container import compose_projects
from vllm_qualify.targets.container.host import ContainerHost


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeContainer:
    """What serves one mode.

    Attributes:
        container: as it was found.
        composed: what its Compose files say now; ``None`` where none are named.
        manifest: its command line and variables, read as a manifest's are.
    """

    mode: Mode
    container: Container
    manifest: ServingManifest
    composed: ComposedService | None = None


def found(host: ContainerHost, settings: ContainerSettings) -> Mapping[Mode, ModeContainer]:
    """Look up production; empty where the settings name none.

    Raises:
        NotReady: what they name is not there.
        UnreadableContainer: the Compose files hold no such service.
        BadManifest: its command line cannot be read.
        EngineRefused: the engine does not tell.
    """
    if settings.r1 and not settings.production:
        raise NotReady("[container] r1 is set without container; name the container of the everyday mode as well")
    if settings.compose:
        wanted = {Mode.ML: settings.service} | ({Mode.R1: settings.r1} if settings.r1 else {})
        composed = {mode: compose_projects.composed(host.engine, settings, name) for mode, name in wanted.items()}
        return {
            mode: replace(_subject(host, mode, compose_projects.container_of(host.engine, one)), composed=one)
            for mode, one in composed.items()
        }
    named = {Mode.ML: settings.container, Mode.R1: settings.r1}
    return {mode: _subject(host, mode, name) for mode, name in named.items() if name}


def _subject(host: ContainerHost, mode: Mode, name: str) -> ModeContainer:
    container = host.find(name)
    if container is None:
        there = host.engine.read("ps", "--all", "--format", "{{.Names}}").split()
        raise NotReady(
            f"there is no container {name} on {host.engine.program}; there are {', '.join(there) or 'none'}; "
            "correct [container] in qualify.toml, or create it first"
        )
    return ModeContainer(mode=mode, container=container, manifest=manifest(container.spec, name=container.name))


def manifest(spec: ContainerSpec, *, name: str) -> ServingManifest:
    """The command line and the variables of a container, read as those of a Compose service are.

    Raises:
        BadManifest: a script in it cannot be read.
    """
    text = manifest_text.text(spec, service=name)
    (document,) = manifests.documents_of(text, source=f"container {name}")
    return services.serving(Project(document=document, source=f"container {name}"), name=name)
