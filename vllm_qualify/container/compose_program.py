"""How a Compose project is rendered: only its own program knows what files, profiles and ``.env`` make of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ComposeProgram(Enum):
    """The programs that read Compose files; the value is the command that starts one."""

    DOCKER = ("docker", "compose")
    DOCKER_V1 = ("docker-compose",)
    PODMAN = ("podman", "compose")
    PODMAN_COMPOSE = ("podman-compose",)

    @property
    def escapes(self) -> bool:
        """Whether what it renders has ``$$`` for each dollar, so that it could be read as a Compose file again."""
        return self is not ComposeProgram.PODMAN_COMPOSE

    @property
    def joins_names(self) -> str:
        """What stands between the project's name and the service's in the name of an image that is built."""
        return "_" if self in {ComposeProgram.DOCKER_V1, ComposeProgram.PODMAN_COMPOSE} else "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComposeFiles:
    """What an operator names a project by.

    Attributes:
        files: in the order in which later ones change what is above them.
        env_file: in the place of ``.env``; ``""`` for that.
        profiles: that are switched on.
        project: its name; ``""`` where files, ``.env`` or the folder say it.
    """

    files: tuple[str, ...]
    env_file: str = ""
    profiles: tuple[str, ...] = ()
    project: str = ""


def rendering(program: ComposeProgram, files: ComposeFiles) -> tuple[str, ...]:
    """The command that prints a project as it is after all files, variables and profiles.

    JSON where a program has it: ``podman compose`` then also says by its exit code that what is behind it is
    ``podman-compose``, which has not, and which writes dollars another way.
    """
    json = ("--format", "json") if program in {ComposeProgram.DOCKER, ComposeProgram.PODMAN} else ()
    return (*_project(program, files), "config", *json)


def command(program: ComposeProgram, files: ComposeFiles, *words: str) -> tuple[str, ...]:
    """Any other command of a project, such as ``up -d SERVICE``."""
    return (*_project(program, files), *words)


def _project(program: ComposeProgram, files: ComposeFiles) -> tuple[str, ...]:
    return (
        *program.value,
        *(("--project-name", files.project) if files.project else ()),
        *(word for file in files.files for word in ("-f", file)),
        *(("--env-file", files.env_file) if files.env_file else ()),
        *(word for profile in files.profiles for word in ("--profile", profile)),
    )
