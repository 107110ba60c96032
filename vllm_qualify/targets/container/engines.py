"""Finds the container engine of this host, and whether it gives GPUs to containers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vllm_qualify.container.engine import ContainerEngine, EngineRefused
from vllm_qualify.core.errors import UserError

if TYPE_CHECKING:
    from vllm_qualify.config import ContainerSettings
    from vllm_qualify.core.events import StepTaken

_CDI_FOLDERS = (Path("/etc/cdi"), Path("/var/run/cdi"))
_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An engine that answers.

    Attributes:
        gpus: it gives GPUs to containers.
        free_bytes: room where it keeps images; ``None`` where that is not known.
    """

    engine: ContainerEngine
    gpus: bool
    free_bytes: int | None = None


def found(settings: ContainerSettings) -> Offer | str:
    """The engine that the settings name, or the first that answers; else why there is none, and what to do."""
    problems = []
    for program in ("docker", "podman") if settings.engine == "auto" else (settings.engine,):
        engine = of(program, settings.host)
        try:
            info = json.loads(engine.read("info", "--format", "{{json .}}", seconds=_SECONDS))
        except (EngineRefused, ValueError) as problem:
            problems.append(str(problem))
        else:
            # Docker's client tells of itself, and exits well, where no daemon answers it.
            if not (said := info.get("ServerErrors")):
                free = None if engine.remote else _free_bytes(info)
                return Offer(engine=engine, gpus=_gives_gpus(info, remote=engine.remote), free_bytes=free)
            problems.append(f"{program}: {said[0]}")
    return f"no container engine answers: {'; '.join(problems)}; `vllm-qualify doctor` says what is missing"


def answering(settings: ContainerSettings) -> ContainerEngine:
    """The engine that the settings name, or the first that answers.

    Raises:
        UserError: none does.
    """
    offer = found(settings)
    if isinstance(offer, str):
        raise UserError(offer)
    return offer.engine


def of(program: str, host: str, *, environ: Mapping[str, str] = os.environ) -> ContainerEngine:
    """An engine by its program and by where it runs.

    Args:
        program: ``docker`` or ``podman``, or the path of one.
        host: context, connection or address; ``""`` for what its own configuration says.
        environ: may name another host.
    """
    docker = not Path(program).name.startswith("podman")
    named = host or environ.get("DOCKER_HOST" if docker else "CONTAINER_HOST", "")
    address = "://" in host
    option = ("--host" if address else "--context") if docker else ("--url" if address else "--connection")
    away = bool(named) and not named.startswith(("unix://", "default"))
    return ContainerEngine(program=program, options=(option, host) if host else (), remote=away)


def away(settings: ContainerSettings, *, environ: Mapping[str, str] = os.environ) -> str:
    """The context or address of an engine on another machine; ``""`` for this machine's own.

    Args:
        settings: the operator's; with ``auto`` the first engine that another host is named for.
        environ: may name another host.
    """
    for program in ("docker", "podman") if settings.engine == "auto" else (settings.engine,):
        if of(program, settings.host, environ=environ).remote:
            return settings.host or environ["DOCKER_HOST" if program == "docker" else "CONTAINER_HOST"]
    return ""


def no_gpu(settings: ContainerSettings) -> str:
    """Why a run on a host with a GPU does not take the engine unless it is told to; ``""`` where it does."""
    offer = found(settings)
    if isinstance(offer, str):
        return offer
    return "" if offer.gpus else f"{offer.engine.program} gives no GPU to containers; `vllm-qualify doctor` says why"


def journalled(engine: ContainerEngine, journal: Callable[[StepTaken], None]) -> ContainerEngine:
    """The same, each change written down before it is made."""
    from vllm_qualify.core.events import StepTaken  # noqa: PLC0415 - with all records, which a collection does without.

    def written(argv: Sequence[str]) -> None:
        at, command = datetime.now(UTC), tuple(argv)
        journal(StepTaken(at=at, phase="command", what="change the container engine", command=command))

    return replace(engine, on_change=written)


def _free_bytes(info: Mapping[str, Any]) -> int | None:
    """Room in the folder where an engine keeps its images, as this machine sees it."""
    folder = info.get("DockerRootDir") or (info.get("store") or {}).get("graphRoot")
    try:
        seen = os.statvfs(str(folder))
    except OSError:
        return None
    return seen.f_bavail * seen.f_frsize


def _gives_gpus(info: Mapping[str, Any], *, remote: bool) -> bool:
    runtimes = info.get("Runtimes") or {}
    if "nvidia" in runtimes or any("nvidia" in str(one) for one in info.get("DiscoveredDevices") or ()):
        return True
    specs = (path for folder in _CDI_FOLDERS if not remote for path in folder.glob("*nvidia*"))
    return any(specs)
