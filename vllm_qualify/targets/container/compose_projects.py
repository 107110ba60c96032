"""Asks the Compose program what a project's files come to, and the engine for the container that was made of it."""

from __future__ import annotations

import os
from pathlib import Path

from vllm_qualify.config import ContainerSettings
from vllm_qualify.container import compose_config, compose_program
from vllm_qualify.container.compose_config import ComposedService
from vllm_qualify.container.compose_program import ComposeFiles, ComposeProgram
from vllm_qualify.container.engine import ContainerEngine
from vllm_qualify.system import path_checks, text_files
from vllm_qualify.system.text_files import UnreadableText
from vllm_qualify.targets.base import NotReady

_SECONDS = 60.0


def composed(engine: ContainerEngine, settings: ContainerSettings, name: str) -> ComposedService:
    """One service of the project as its program renders it.

    Args:
        engine: whose program is asked.
        settings: name the files.
        name: of the service; ``""`` for the only one that runs vLLM.

    Raises:
        NotReady: no program reads the files.
        UnreadableContainer: they hold no such service, or one that cannot be carried over.
    """
    files = ComposeFiles(
        files=tuple(map(str, settings.compose)),
        env_file=str(settings.env_file or ""),
        profiles=settings.profiles,
    )
    folder = path_checks.resolved(settings.compose[0]).parent
    program, text = _rendered(engine, files, folder)

    def read(path: str) -> str | None:
        try:
            return text_files.read(folder / Path(path).expanduser())
        except UnreadableText:
            return None

    project = compose_config.read(
        text, program=program, folder=str(folder), read_file=read, environment=dict(os.environ)
    )
    return project.service(name)


def container_of(engine: ContainerEngine, service: ComposedService) -> str:
    """The id of the container that was made of a service.

    Raises:
        NotReady: there is none, or several.
        EngineRefused: the engine does not tell.
    """
    found = engine.containers(*(f"label={name}={value}" for name, value in service.labels.items()))
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotReady(
            f"service {service.name} of project {service.project} has no container on {engine.program}; create it "
            f"first: `docker compose create {service.name}` or `podman-compose up --no-start {service.name}`"
        )
    raise NotReady(f"service {service.name} of project {service.project} has {len(found)} containers; scale it to 1")


def _rendered(engine: ContainerEngine, files: ComposeFiles, folder: Path) -> tuple[ComposeProgram, str]:
    docker = (ComposeProgram.DOCKER, ComposeProgram.DOCKER_V1)
    # Docker's read files without any engine, and podman-compose does not before 1.0.6.
    programs = (ComposeProgram.PODMAN_COMPOSE, ComposeProgram.PODMAN, *docker) if engine.podman else docker
    problems = []
    for program in programs:
        argv = list(compose_program.rendering(program, files))
        try:
            ended = engine.run(argv, env=dict(os.environ), cwd=folder, stdin="", deadline_seconds=_SECONDS)
        except (OSError, TimeoutError) as problem:
            problems.append(f"{' '.join(program.value)}: {problem}")
            continue
        if not ended.exit_code:
            return program, ended.stdout
        said = (ended.stderr.strip().splitlines() or [f"exit code {ended.exit_code}"])[-1]
        problems.append(f"{' '.join(program.value)}: {said}")
    raise NotReady(f"the Compose files cannot be read by any program: {'; '.join(problems)}")
